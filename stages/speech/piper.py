"""Piper: VITS graphs, for one voice or several; noise comes from the turn's generator, word times from durations."""

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError, RejectedError
from stages.onnx_sessions import open_session
from stages.speech.base import Clip
from stages.speech.engine_config import PiperAssistant, PiperUsers
from stages.speech.missing import require_packages
from stages.speech.phoneme_words import TimedPhoneme, words_among
from stages.speech.piper_graph import with_noise_inputs
from stages.speech.speakable import check_letters, speakable
from stages.speech.voices import PIPER_WEIGHTS, cast_of, describe_piper_voice, piper_voice, speaks
from stages.weights import ensure

_NOISE_PER_ID = 192 * 8
"""Normal numbers drawn per phoneme id and noise input: VITS's 192 latent channels x 8 frames of 11.6 ms, twice what
an id lasts on average (padding ids included). Slower speech reads the numbers again from the start."""


class PiperEngine:
    """Speaks with one or more Piper voices.

    Raises:
        BuildError: an unknown voice, a missing package, missing weights, a file that is not a Piper voice.
    """

    def __init__(self, config: PiperAssistant | PiperUsers) -> None:
        self._names = cast_of(config)
        self._draws = config.noise_scale > 0 or config.noise_w > 0
        check_packages()
        settings = _settings(config)
        self._lock = threading.Lock()
        files = {setting: voice_file(setting) for setting in settings}
        graphs = {path: _open_graph(path, config.threads) for path in set(files.values())}
        scales = np.array([config.noise_scale, config.length_scale, config.noise_w], dtype=np.float32)
        self._voices = {
            name: _Voice(name, graphs[files[setting]], _speaker(setting), scales)
            for name, setting in zip(self._names, settings, strict=True)
        }

    def synthesize(self, text: str, voice: str, language: str, speed: float, rng: np.random.Generator) -> Clip:
        """Return the sentences of the text one after the other, at the voice's rate."""
        chosen = self._voices[voice]
        chosen.check_language(language)
        # Piper reads [[...]] as raw phonemes; text from outside must not reach that door.
        written = speakable(text)
        check_letters(written, language)
        written = re.sub(r"([\[\]])\1+", r"\1", written)
        with self._lock:
            sentences = chosen.piper.phonemize(written)
            spoken = [chosen.speak(phonemes, speed, rng) for phonemes in sentences if phonemes]
            if not spoken:
                raise RejectedError("unspeakable", f"no phonemes in {text!r}")
            return chosen.joined(written, spoken)

    @property
    def draws(self) -> bool:
        """Whether clips differ: yes, by their noise, unless both its scales are 0."""
        return self._draws

    @property
    def concurrency(self) -> int:
        """Number of simultaneous calls: one."""
        return 1

    def voices(self) -> tuple[str, ...]:
        """Return the names of the voices that are cast."""
        return self._names

    def close(self) -> None:
        """Free the graphs."""
        self._voices.clear()


@dataclass(frozen=True)
class _Sentence:
    """A spoken sentence.

    Attributes:
        samples: shape (n,).
        phonemes: as the voice was given them.
        frames: shape (ids,), how long each id of them lasts; None if the graph does not tell.
    """

    samples: Samples
    phonemes: list[str]
    frames: np.ndarray[tuple[int], np.dtype[np.float32]] | None


@dataclass(frozen=True)
class _Graph:
    """An opened file; its speakers share it."""

    piper: Any
    noise_inputs: tuple[str, ...]
    tells_frames: bool


@dataclass(frozen=True)
class _Voice:
    """A speaker of a graph.

    Attributes:
        speaker: its number; None where the graph has one alone and takes no number.
        scales: shape (3,), float32: spread of the latent, length, spread of the durations.
    """

    name: str
    graph: _Graph
    speaker: int | None
    scales: np.ndarray[tuple[int], np.dtype[np.float32]]

    @property
    def piper(self) -> Any:
        return self.graph.piper

    def check_language(self, language: str) -> None:
        own = str(self.piper.config.espeak_voice)
        if not speaks(own, language):
            raise RejectedError("unsupported_language", f"voice {self.name} speaks {own!r}, not {language!r}")

    def speak(self, phonemes: list[str], speed: float, rng: np.random.Generator) -> _Sentence:
        ids = self.piper.phonemes_to_ids(phonemes)
        inputs: dict[str, Any] = {
            "input": np.array([ids], dtype=np.int64),
            "input_lengths": np.array([len(ids)], dtype=np.int64),
            "scales": self.scales / np.array([1, speed, 1], dtype=np.float32),
        }
        if self.speaker is not None:
            inputs["sid"] = np.array([self.speaker], dtype=np.int64)
        for name in self.graph.noise_inputs:
            inputs[name] = rng.standard_normal(len(ids) * _NOISE_PER_ID, dtype=np.float32)
        outputs = self.piper.session.run(None, inputs)
        frames = outputs[-1].reshape(-1) if self.graph.tells_frames else None
        return _Sentence(outputs[0].reshape(-1), phonemes, frames)

    def joined(self, text: str, sentences: Sequence[_Sentence]) -> Clip:
        """Return the sentences as one clip, with the times of the text's words where the voice tells them."""
        samples = np.concatenate([sentence.samples for sentence in sentences])
        rate: int = self.piper.config.sample_rate
        timed: list[TimedPhoneme] = []
        begins_s = 0.0
        for sentence in sentences:
            phonemes = self._timed(sentence, begins_s, rate)
            if phonemes is None:
                return Clip(samples, rate)
            timed += [*phonemes, TimedPhoneme(" ", begins_s, begins_s)]
            begins_s += len(sentence.samples) / rate
        found = words_among(text, timed, self._phonemes_of)
        return Clip(samples, rate, *found) if found else Clip(samples, rate)

    def _phonemes_of(self, word: str) -> str:
        return "".join(phoneme for sentence in self.piper.phonemize(word) for phoneme in sentence)

    def _timed(self, sentence: _Sentence, begins_s: float, rate: int) -> list[TimedPhoneme] | None:
        """Return when each phoneme is spoken; None where the ids are not its phonemes', as in some kinds of voices.

        The ids are a mark and its padding, each phoneme's ids and their padding, and a mark.
        """
        known: dict[str, list[int]] = self.piper.config.phoneme_id_map
        phonemes = [phoneme for phoneme in sentence.phonemes if phoneme in known]
        places = list(accumulate((len(known[phoneme]) + 1 for phoneme in phonemes), initial=2))
        if sentence.frames is None or places[-1] + 1 != len(sentence.frames):
            return None
        reached = np.concatenate([[0.0], np.cumsum(sentence.frames, dtype=np.float64)])
        seconds = begins_s + reached * (len(sentence.samples) / rate / reached[-1])
        return [
            TimedPhoneme(phoneme, float(seconds[first]), float(seconds[end]))
            for phoneme, (first, end) in zip(phonemes, pairwise(places), strict=True)
        ]


def check_packages() -> None:
    """Check that Piper's packages are installed, without importing them."""
    require_packages("piper", "piper", "onnx", "onnxruntime")


def check_pronunciation(config: PiperAssistant | PiperUsers) -> None:
    """Check that espeak-ng knows the languages of the voices that are files.

    Raises:
        BuildError: it doesn't know one; as `describe_piper_voice`.
    """
    for setting in _settings(config):
        if setting not in PIPER_WEIGHTS:
            _check_espeak(piper_voice(setting).path)


def voice_file(setting: str) -> Path:
    """Return the .onnx file of a voice, pulled if it is one of the registry's."""
    if setting in PIPER_WEIGHTS:
        return next(ensure(PIPER_WEIGHTS[setting]).glob("*.onnx"))
    return piper_voice(setting).path


def _settings(config: PiperAssistant | PiperUsers) -> tuple[str, ...]:
    return (config.voice,) if isinstance(config, PiperAssistant) else config.voices


def _check_espeak(path: Path) -> None:
    from piper.phonemize_espeak import EspeakPhonemizer

    described = describe_piper_voice(path)
    if not described.uses_espeak:
        return
    try:
        EspeakPhonemizer().phonemize(described.espeak_voice, "a")
    except RuntimeError as error:
        raise BuildError(
            f"speech: {path}.json: espeak-ng has no voice {described.espeak_voice!r} ({error}); name one that it has "
            "under espeak.voice"
        ) from error


def _speaker(setting: str) -> int | None:
    return None if setting in PIPER_WEIGHTS else piper_voice(setting).speaker


def _open_graph(path: Path, threads: int) -> _Graph:
    from piper.config import PiperConfig
    from piper.voice import PiperVoice

    description = path.with_name(path.name + ".json")
    _check_espeak(path)
    try:
        config = PiperConfig.from_dict(json.loads(description.read_text(encoding="utf-8")))
        seeded = with_noise_inputs(path)
        session = open_session(seeded.graph, threads)
    except Exception as error:
        raise BuildError(f"{path} can't be opened as a Piper voice with its {description.name} ({error})") from error
    wanted = {"input", "input_lengths", "scales", *seeded.noise_inputs, *(["sid"] if config.num_speakers > 1 else [])}
    found = {graph_input.name for graph_input in session.get_inputs()}
    if found != wanted:
        raise BuildError(
            f"{path} is not a Piper voice: its graph takes {', '.join(sorted(found))}, but one with "
            f"{config.num_speakers} speaker(s) takes {', '.join(sorted(wanted))}; use the .onnx file that came with "
            f"{description.name}"
        )
    return _Graph(PiperVoice(session=session, config=config), seeded.noise_inputs, seeded.frames is not None)
