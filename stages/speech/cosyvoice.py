"""CosyVoice's own FastAPI server: the model's speakers, or voices cloned from a bank of prompts.

The protocol is that of ``runtime/python/fastapi/server.py`` in https://github.com/FunAudioLLM/CosyVoice: a form is
posted to ``/inference_sft`` (`tts_text`, `spk_id`) or ``/inference_zero_shot`` (`tts_text`, `prompt_text`, the file
`prompt_wav`), and the answer is a stream of bare 16-bit little-endian mono PCM, sentence by sentence, with neither
header nor sample rate. The status is sent before the model has said anything, so a fault of the model looks like a
200 whose stream is empty or breaks off. The server splits long texts by itself.
"""

from typing import Any

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError
from stages.speech.base import Clip
from stages.speech.engine_config import CosyVoiceAssistant, CosyVoiceUsers
from stages.speech.prompts import FILE_FAULTS, Prompt, read_bank
from stages.speech.retrying import PassingFaultError
from stages.speech.speakable import speakable
from stages.speech.tts_server import TtsServer
from stages.speech.voices import cast_of

_LONGEST_ANSWER_S = 600
"""A server that sends more is running away: 2,000 characters take three minutes."""
_BYTES_PER_SAMPLE = 2


class CosyVoiceEngine:
    """Speaks through a CosyVoice server. It draws its own random numbers: the stored audio is the record.

    Raises:
        BuildError: the variable that should hold the key is not set; no bank, or a voice that it does not hold.
    """

    def __init__(self, config: CosyVoiceAssistant | CosyVoiceUsers) -> None:
        self._config = config
        self._names = cast_of(config)
        self._prompts = read_bank(config.prompts).prompts if config.prompts is not None else None
        self._server = TtsServer(
            config,
            "/inference_sft" if self._prompts is None else "/inference_zero_shot",
            _LONGEST_ANSWER_S * config.sample_rate * _BYTES_PER_SAMPLE,
            "that CosyVoice's runtime/python/fastapi/server.py of 2025 or later is running there",
        )

    def synthesize(self, text: str, voice: str, language: str, speed: float, rng: np.random.Generator) -> Clip:
        """Return the text as the server spoke it, at the config's rate; the language is not sent.

        Raises:
            BuildError: no call can succeed (`TtsServer`), an answer that is not PCM, a prompt that has vanished.
            OSError: a prompt's storage can't be reached for now.
            RejectedError: ``unspeakable``; ``tts_failed``, for a text that is refused or once the retries are spent.
        """
        form = self._form(speakable(text), voice, speed)
        return Clip(self._server.ask(form, voice, self._decoded, rng), self._config.sample_rate)

    @property
    def draws(self) -> bool:
        """Whether clips differ: yes, the server draws its own seed."""
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

    def _form(self, text: str, voice: str, speed: float) -> dict[str, Any]:
        fields = {"tts_text": text}
        if self._config.sends_speed and speed != 1.0:
            fields["speed"] = f"{speed:.3f}"
        if self._prompts is None:
            return {"data": {**fields, "spk_id": voice}}
        prompt = self._prompts[voice]
        # The server sees the audio's kind but not its name: a bank's file names are nobody else's business.
        upload = (f"prompt{prompt.audio.suffix.lower()}", _recording(prompt), "application/octet-stream")
        return {
            "data": {**fields, "prompt_text": self._config.prompt_prefix + prompt.text},
            "files": {"prompt_wav": upload},
        }

    def _decoded(self, pcm: bytes) -> Samples:
        if pcm.startswith(b"RIFF"):
            raise self._server.hopeless("it returns WAV files, not bare PCM; this is not CosyVoice's own server.py")
        if len(pcm) % _BYTES_PER_SAMPLE:
            raise PassingFaultError(f"the answer broke off inside a sample ({len(pcm)} bytes)")
        return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(2**15)


def _recording(prompt: Prompt) -> bytes:
    try:
        return prompt.audio.read_bytes()
    except FILE_FAULTS as error:
        raise BuildError(
            f"speech: prompt {prompt.audio} of voice {prompt.speaker!r} was readable when the run began but no "
            f"longer is ({error}); restore it and resume"
        ) from error
