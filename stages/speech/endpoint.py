"""Any server of OpenAI's route `/v1/audio/speech`: JSON in, a WAV or FLAC file out."""

from typing import Any

import numpy as np

from manifests.audio import decode_audio
from manifests.errors import RejectedError
from stages.speech.base import Clip
from stages.speech.engine_config import EndpointAssistant, EndpointUsers
from stages.speech.speakable import speakable
from stages.speech.takes import RefusedTakeError
from stages.speech.tts_server import TtsServer
from stages.speech.voices import cast_of
from stages.speech.wav_length import whole_wav

_LOWEST_RATE, _HIGHEST_RATE = 8_000, 192_000
"""Hz; a header that says otherwise is broken, and resampling from it could fill the memory."""
_MOST_BYTES = 600 * 48_000 * 4
"""Ten minutes of 48 kHz float32; 2,000 characters take three."""


class EndpointEngine:
    """Speaks through a server. Its answers can't be reproduced: the stored audio is the record.

    Raises:
        BuildError: the variable that should hold the key is not set.
    """

    def __init__(self, config: EndpointAssistant | EndpointUsers) -> None:
        self._config = config
        self._names = cast_of(config)
        advice = f"that the server is running and knows the model {config.model!r}"
        self._server = TtsServer(config, "/audio/speech", _MOST_BYTES, advice)

    def synthesize(self, text: str, voice: str, language: str, speed: float, rng: np.random.Generator) -> Clip:
        """Return the text as the server spoke it; the language and the generator are not sent.

        Raises:
            BuildError: no call can succeed (`TtsServer`).
            RefusedTakeError: ``unreadable_audio``; ``wrong_rate``.
            RejectedError: ``unspeakable``; ``tts_failed``, for a text that is refused or once the retries are spent.
        """
        body: dict[str, Any] = {
            "model": self._config.model,
            "voice": voice,
            "input": speakable(text),
            "response_format": self._config.response_format,
        }
        if speed != 1.0:
            body["speed"] = speed
        return self._server.ask({"json": body}, voice, _decoded, rng)

    @property
    def draws(self) -> bool:
        """Whether clips differ: yes, servers draw their own seeds."""
        return True

    @property
    def concurrency(self) -> int:
        """Number of simultaneous calls, as configured."""
        return self._config.concurrency

    def voices(self) -> tuple[str, ...]:
        """Return the names of the voices that are cast."""
        return self._names

    def close(self) -> None:
        """Close the connections."""
        self._server.close()


def _decoded(file: bytes) -> Clip:
    try:
        samples, sample_rate = decode_audio(whole_wav(file))
    except RejectedError as unreadable:
        raise RefusedTakeError(unreadable.reason, unreadable.detail) from unreadable
    if not _LOWEST_RATE <= sample_rate <= _HIGHEST_RATE:
        raise RefusedTakeError("wrong_rate", f"the server's file says {sample_rate} Hz")
    return Clip(samples, sample_rate)
