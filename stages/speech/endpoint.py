"""Any server of `/v1/audio/speech`, through the `openai` client."""

import threading
from typing import Any

import numpy as np

from manifests.audio import Samples, decode_audio
from manifests.errors import BuildError, RejectedError
from stages.speech.engine_config import EndpointAssistant, EndpointUsers
from stages.speech.server_key import key_of
from stages.speech.speakable import speakable
from stages.speech.voices import cast_of

_LOWEST_RATE, _HIGHEST_RATE = 8_000, 192_000
"""Hz; a header that says otherwise is broken, and resampling from it could fill the memory."""
_NO_KEY = "none"
"""Sent where the config names no variable: the client would fall back on OPENAI_API_KEY and hand it to any host."""


class EndpointEngine:
    """Speaks through a server. Its answers can't be reproduced; the stored audio is the record.

    Raises:
        BuildError: the variable that should hold the key is not set.
    """

    def __init__(self, config: EndpointAssistant | EndpointUsers) -> None:
        import openai

        self._config = config
        self._names = cast_of(config)
        self._places = threading.BoundedSemaphore(config.concurrency)
        self._client = openai.OpenAI(
            base_url=config.base_url,
            api_key=key_of(config) or _NO_KEY,
            timeout=config.timeout_s,
            max_retries=config.retries,
        )

    def synthesize(
        self, text: str, voice: str, language: str, speed: float, generator: np.random.Generator
    ) -> tuple[Samples, int]:
        """Return what the server made of the text; the language and the generator are not sent.

        Raises:
            BuildError: no connection, or 401, 403, 404: no call will succeed.
            RejectedError: ``unspeakable``; once the retries are spent, ``tts_failed`` for other refusals, broken-off
                answers and timeouts; ``unreadable_audio``; ``wrong_rate``.
        """
        written = speakable(text)
        with self._places:
            samples, sample_rate = decode_audio(self._request(written, voice, speed))
        if not _LOWEST_RATE <= sample_rate <= _HIGHEST_RATE:
            raise RejectedError("wrong_rate", f"the server's file says {sample_rate} Hz")
        return samples, sample_rate

    @property
    def draws(self) -> bool:
        """Servers draw as they like."""
        return True

    @property
    def concurrency(self) -> int:
        """As many calls as the config allows."""
        return self._config.concurrency

    def voices(self) -> tuple[str, ...]:
        """Return the cast."""
        return self._names

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _request(self, text: str, voice: str, speed: float) -> bytes:
        import httpx2  # the transport under openai's client, which wraps its errors
        import openai

        try:
            answer: Any = self._client.audio.speech.create(
                model=self._config.model,
                voice=voice,
                input=text,
                response_format=self._config.response_format,
                speed=openai.omit if speed == 1.0 else speed,
            )
            content: bytes = answer.content
        except openai.APITimeoutError as error:
            raise RejectedError("tts_failed", f"no answer within {self._config.timeout_s:g} s") from error
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, httpx2.ConnectError):
                raise self._hopeless(f"no connection ({error.__cause__})") from error
            raise RejectedError("tts_failed", f"the answer broke off ({error.__cause__ or error})") from error
        except (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError) as error:
            raise self._hopeless(f"the server answered {error.status_code}") from error
        except openai.APIError as error:
            raise RejectedError("tts_failed", f"voice {voice}: {error.message[:300]}") from error
        return content

    def _hopeless(self, what: str) -> BuildError:
        key = self._config.api_key_env
        return BuildError(
            f"speech: {self._config.base_url}/audio/speech, model {self._config.model!r}: {what}. Check base_url "
            f"and model, that the server runs, and "
            + (f"the key in ${key}." if key else "whether api_key_env is needed.")
        )
