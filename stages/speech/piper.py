"""Piper: one VITS graph per voice, its noise drawn from the turn's generator."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError, RejectedError
from stages.speech.engine_config import PiperAssistant, PiperSettings, PiperUsers
from stages.speech.missing import require_packages
from stages.speech.piper_graph import with_noise_inputs
from stages.speech.sessions import open_session
from stages.speech.speakable import check_letters, speakable
from stages.speech.voices import PIPER_WEIGHTS, cast_of, piper_path, speaks
from stages.weights import ensure

_NOISE_PER_ID = 192 * 8
"""Normal numbers drawn per phoneme id and noise input: VITS's 192 latent channels x 8 frames of 11.6 ms, twice what
an id lasts on average (padding ids included). Slower speech reads the numbers again from the start."""


class PiperEngine:
    """Speaks with one or more Piper voices.

    Raises:
        BuildError: an unknown voice, a missing package, missing weights, a voice's file that is no Piper voice.
    """

    def __init__(self, config: PiperAssistant | PiperUsers) -> None:
        self._names = cast_of(config)
        self._draws = config.noise_scale > 0 or config.noise_w > 0
        check_packages()
        settings = (config.voice,) if isinstance(config, PiperAssistant) else config.voices
        self._turn = threading.Lock()
        self._voices = {name: _open_voice(setting, config) for name, setting in zip(self._names, settings, strict=True)}

    def synthesize(
        self, text: str, voice: str, language: str, speed: float, generator: np.random.Generator
    ) -> tuple[Samples, int]:
        """Return (samples, the voice's rate), the sentences of the text one after the other."""
        chosen = self._voices[voice]
        chosen.check_language(language)
        # Piper reads [[...]] as raw phonemes; text from outside must not reach that door.
        written = speakable(text)
        check_letters(written, language)
        written = written.replace("[[", "[").replace("]]", "]")
        with self._turn:
            sentences = chosen.piper.phonemize(written)
            spoken = [chosen.speak(phonemes, speed, generator) for phonemes in sentences if phonemes]
        if not spoken:
            raise RejectedError("unspeakable", f"no phonemes in {text!r}")
        return np.concatenate(spoken), chosen.piper.config.sample_rate

    @property
    def draws(self) -> bool:
        """Noise, unless both its scales are 0."""
        return self._draws

    @property
    def concurrency(self) -> int:
        """One call at a time."""
        return 1

    def voices(self) -> tuple[str, ...]:
        """Return the cast."""
        return self._names

    def close(self) -> None:
        """Free the graphs."""
        self._voices.clear()


@dataclass(frozen=True)
class _Voice:
    name: str
    piper: Any
    noise_inputs: tuple[str, ...]
    scales: np.ndarray[tuple[int], np.dtype[np.float32]]
    """float32: spread of the latent, length, spread of the durations."""

    def check_language(self, language: str) -> None:
        own = str(self.piper.config.espeak_voice)
        if not speaks(own, language):
            raise RejectedError("unsupported_language", f"voice {self.name} speaks {own!r}, not {language!r}")

    def speak(self, phonemes: list[str], speed: float, generator: np.random.Generator) -> Samples:
        ids = self.piper.phonemes_to_ids(phonemes)
        inputs: dict[str, Any] = {
            "input": np.array([ids], dtype=np.int64),
            "input_lengths": np.array([len(ids)], dtype=np.int64),
            "scales": self.scales / np.array([1, speed, 1], dtype=np.float32),
        }
        for name in self.noise_inputs:
            inputs[name] = generator.standard_normal(len(ids) * _NOISE_PER_ID, dtype=np.float32)
        samples: Samples = self.piper.session.run(None, inputs)[0].reshape(-1)
        return samples


def check_packages() -> None:
    """Check that Piper's packages are installed, without importing them."""
    require_packages("piper", "piper", "onnx", "onnxruntime")


def voice_file(setting: str) -> Path:
    """Return the .onnx file of a voice, pulled if it is one of the registry's."""
    if setting in PIPER_WEIGHTS:
        return next(ensure(PIPER_WEIGHTS[setting]).glob("*.onnx"))
    return piper_path(setting)


def _open_voice(setting: str, settings: PiperSettings) -> _Voice:
    from piper.config import PiperConfig
    from piper.voice import PiperVoice

    path = voice_file(setting)
    description = path.with_name(path.name + ".json")
    try:
        config = PiperConfig.from_dict(json.loads(description.read_text(encoding="utf-8")))
        seeded = with_noise_inputs(path)
        session = open_session(seeded.graph, settings.threads)
    except Exception as error:
        raise BuildError(f"{path}: no Piper voice with its {description.name} ({error})") from error
    if config.num_speakers > 1:
        raise BuildError(f"{path}: holds {config.num_speakers} speakers; only voices of one speaker can be cast")
    scales = np.array([settings.noise_scale, settings.length_scale, settings.noise_w], dtype=np.float32)
    return _Voice(path.stem, PiperVoice(session=session, config=config), seeded.noise_inputs, scales)
