"""Kokoro-82M: one graph, many voices.

Kokoro's prosody and sound are a function of its inputs alone: no noise is drawn, and one or two threads give the
same samples. Model: https://huggingface.co/hexgrad/Kokoro-82M (Apache-2.0).
"""

import threading
from dataclasses import dataclass

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError, RejectedError
from manifests.randomness import generator as seeded
from stages.speech.blends import Styles, draw_blends
from stages.speech.engine_config import KokoroAssistant, KokoroSettings, KokoroUsers
from stages.speech.missing import require_packages
from stages.speech.sessions import open_session
from stages.speech.voices import KOKORO_POOL, blend_names, cast_of
from stages.weights import ensure

WEIGHTS = ("kokoro-82m", "kokoro-voices-ja")
_GRAPH = "kokoro-v1.0.int8.onnx"
_TABLES = "voices_ja.npz"
_ESPEAK_LANGUAGES = {
    "en": "en-us",
    "es": "es",
    "fr": "fr-fr",
    "hi": "hi",
    "it": "it",
    "pt": "pt-br",
}
"""Kokoro's languages that espeak-ng phonemises; Japanese and Chinese need other front ends."""
_SLOWEST, _FASTEST = 0.5, 2.0
"""Times Kokoro's own pace: what kokoro-onnx takes."""


@dataclass(frozen=True)
class KokoroVoice:
    """A voice: its style table, shape (510, 1, 256) by the number of phonemes, and its pace."""

    style: Styles
    speed: float


class KokoroEngine:
    """Speaks with the pool's voices and with blends of them.

    Raises:
        BuildError: an unknown voice, a missing package, missing weights.
    """

    def __init__(self, config: KokoroAssistant | KokoroUsers, seed: int) -> None:
        self._names = cast_of(config)
        check_packages()
        from kokoro_onnx import Kokoro

        self._turn = threading.Lock()
        tables = ensure(WEIGHTS[1]) / _TABLES
        self._voices = {name: voice for name, voice in read_voices(config, seed).items() if name in self._names}
        self._kokoro = Kokoro.from_session(open_session(ensure(WEIGHTS[0]) / _GRAPH, config.threads), str(tables))

    def synthesize(
        self, text: str, voice: str, language: str, speed: float, generator: np.random.Generator
    ) -> tuple[Samples, int]:
        """Return (samples, 24000); the generator is not used."""
        chosen = self._voices[voice]
        espeak = _ESPEAK_LANGUAGES.get(language.split("-")[0].lower())
        if espeak is None:
            raise RejectedError(
                "unsupported_language", f"Kokoro does not speak {language!r}, only {', '.join(_ESPEAK_LANGUAGES)}"
            )
        phonemes = " ".join(self._kokoro.tokenizer.phonemize(text, espeak).split())
        if not any(mark.isalpha() for mark in phonemes):
            raise RejectedError("unspeakable", f"no phonemes in {text!r}")
        pace = min(max(chosen.speed * speed, _SLOWEST), _FASTEST)
        with self._turn:
            samples, sample_rate = self._kokoro.create(phonemes, chosen.style, speed=pace, is_phonemes=True, trim=True)
        return np.asarray(samples, dtype=np.float32), sample_rate

    @property
    def draws(self) -> bool:
        """A clip is a function of text, voice and speed."""
        return False

    @property
    def concurrency(self) -> int:
        """One call at a time."""
        return 1

    def voices(self) -> tuple[str, ...]:
        """Return the cast."""
        return self._names

    def close(self) -> None:
        """Free the graph."""
        del self._kokoro


def check_packages() -> None:
    """Check that Kokoro's packages are installed, without importing them."""
    require_packages("kokoro", "kokoro_onnx", "onnxruntime")


def read_voices(config: KokoroSettings, seed: int) -> dict[str, KokoroVoice]:
    """Return every voice that the config offers, by name: the pool's, then the blends."""
    path = ensure(WEIGHTS[1]) / _TABLES
    with np.load(path, allow_pickle=False) as archive:
        absent = set(KOKORO_POOL) - set(archive.files)
        if absent:
            raise BuildError(f"{path}: holds no voices {', '.join(sorted(absent))}; pull the weights again")
        tables: Styles = np.stack([archive[name] for name in KOKORO_POOL])
    styles = [*tables, *(blend.of(tables) for blend in draw_blends(tables, config.blends, seed))]
    names = KOKORO_POOL + blend_names(config.blends)
    return {
        name: KokoroVoice(style, _pace(config.speed_spread, seed, number))
        for number, (name, style) in enumerate(zip(names, styles, strict=True))
    }


def _pace(spread: float, seed: int, voice: int) -> float:
    return float(seeded(seed, "pace", voice).uniform(1 - spread, 1 + spread))
