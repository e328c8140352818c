"""CosyVoice's own FastAPI server: the model's speakers, or voices cloned from a bank of prompts.

The protocol is that of ``runtime/python/fastapi/server.py`` in https://github.com/FunAudioLLM/CosyVoice: a form is
posted to ``/inference_sft`` (`tts_text`, `spk_id`) or ``/inference_zero_shot`` (`tts_text`, `prompt_text`, the file
`prompt_wav`), and the answer is a stream of bare 16-bit little-endian mono PCM, sentence by sentence, with neither
header nor sample rate. The status is sent before the model has said anything, so a fault of the model looks like a
200 whose stream is empty or breaks off. The server splits long texts by itself.
"""

import threading
from typing import Any

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError, RejectedError
from stages.speech.engine_config import CosyVoiceAssistant, CosyVoiceUsers
from stages.speech.prompts import read_bank
from stages.speech.retrying import PassingFaultError, with_retries
from stages.speech.server_key import key_of
from stages.speech.speakable import speakable
from stages.speech.voices import cast_of

_LONGEST_ANSWER_S = 600.0
"""A server that sends more has lost itself: 2,000 characters take three minutes."""


class CosyVoiceEngine:
    """Speaks through a CosyVoice server. It draws its own random numbers: the stored audio is the record.

    Raises:
        BuildError: the variable that should hold the key is not set; no bank, or a voice that it does not hold.
    """

    def __init__(self, config: CosyVoiceAssistant | CosyVoiceUsers) -> None:
        import httpx2

        self._config = config
        self._names = cast_of(config)
        self._prompts = read_bank(config.prompts).prompts if config.prompts is not None else None
        key = key_of(config)
        self._client = httpx2.Client(
            base_url=config.base_url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=config.timeout_s,
            limits=httpx2.Limits(max_connections=config.concurrency, max_keepalive_connections=config.concurrency),
        )
        self._places = threading.BoundedSemaphore(config.concurrency)

    @property
    def draws(self) -> bool:
        """The server draws as it likes."""
        return True

    @property
    def concurrency(self) -> int:
        """As many calls as the config allows."""
        return self._config.concurrency

    def synthesize(
        self, text: str, voice: str, language: str, speed: float, generator: np.random.Generator
    ) -> tuple[Samples, int]:
        """Return what the server made of the text, at the config's rate; the language is not sent.

        Raises:
            BuildError: no connection, a refusal of the key, the address or the form: no call will succeed.
            RejectedError: ``unspeakable``; ``tts_failed``, once the retries are spent.
        """
        written = speakable(text)
        with self._places:
            try:
                pcm = with_retries(lambda: self._ask(written, voice, speed), self._config.retries, generator)
            except PassingFaultError as fault:
                if isinstance(fault, _NoConnectionError):
                    raise self._hopeless(str(fault)) from fault
                raise RejectedError(
                    "tts_failed", f"{fault}, after {self._config.retries + 1} call(s) with voice {voice!r}"
                ) from fault
        return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(2**15), self._config.sample_rate

    def voices(self) -> tuple[str, ...]:
        """Return the cast."""
        return self._names

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, text: str, voice: str, speed: float) -> bytes:
        """Return the PCM of one call.

        Raises:
            PassingFaultError: 429, 5xx, a timeout, a lost connection, a stream that is empty or broken off.
            BuildError: any other refusal, or an answer that is no PCM.
        """
        import httpx2

        try:
            with self._client.stream("POST", self._route, **self._form(text, voice, speed)) as answer:
                self._check_status(answer)
                pcm = self._read(answer)
        except httpx2.TimeoutException as error:
            raise PassingFaultError(f"nothing came within {self._config.timeout_s:g} s") from error
        except httpx2.ConnectError as error:
            raise _NoConnectionError(f"no connection ({error})") from error
        except httpx2.TransportError as error:
            raise PassingFaultError(f"the answer broke off ({error})") from error
        if not pcm:
            raise PassingFaultError("the answer holds no sound")
        if pcm.startswith(b"RIFF"):
            raise self._hopeless("it answers WAV files, not bare PCM; this is not CosyVoice's own server.py")
        if len(pcm) % 2:
            raise PassingFaultError(f"the answer broke off inside a sample ({len(pcm)} bytes)")
        return pcm

    @property
    def _route(self) -> str:
        return "/inference_sft" if self._prompts is None else "/inference_zero_shot"

    def _form(self, text: str, voice: str, speed: float) -> dict[str, Any]:
        fields = {"tts_text": text}
        if self._config.sends_speed and speed != 1.0:
            fields["speed"] = f"{speed:.3f}"
        if self._prompts is None:
            return {"data": {**fields, "spk_id": voice}}
        prompt = self._prompts[voice]
        # The server sees the audio's kind but not its name: a bank's file names are nobody else's business.
        upload = (f"prompt{prompt.audio.suffix.lower()}", prompt.audio.read_bytes(), "application/octet-stream")
        return {
            "data": {**fields, "prompt_text": self._config.prompt_prefix + prompt.text},
            "files": {"prompt_wav": upload},
        }

    def _check_status(self, answer: Any) -> None:
        status: int = answer.status_code
        if status == 429 or status >= 500:
            raise PassingFaultError(f"the server answered {status}", _seconds(answer.headers.get("retry-after", "")))
        if status != 200:
            raise self._hopeless(f"the server answered {status}")
        kind: str = answer.headers.get("content-type", "")
        if kind.startswith(("text/", "application/json")):
            raise self._hopeless(f"it answers {kind}, not sound")

    def _read(self, answer: Any) -> bytes:
        most = int(_LONGEST_ANSWER_S * self._config.sample_rate) * 2
        pcm = bytearray()
        for part in answer.iter_bytes():
            pcm += part
            if len(pcm) > most:
                raise RejectedError("tts_failed", f"the server did not stop after {_LONGEST_ANSWER_S:g} s of sound")
        return bytes(pcm)

    def _hopeless(self, what: str) -> BuildError:
        key = self._config.api_key_env
        return BuildError(
            f"speech: {self._config.base_url}{self._route}: {what}. Check base_url, that CosyVoice's "
            "runtime/python/fastapi/server.py of 2025 or later runs there"
            + (f", and the key in ${key}." if key else ", and whether api_key_env is needed.")
        )


class _NoConnectionError(PassingFaultError):
    """Nobody listens: a server that restarts is waited for, one that stays away stops the run."""


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdigit() else 0.0
