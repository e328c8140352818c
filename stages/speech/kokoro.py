"""Kokoro-82M: one graph, many voices, words timed by the graph's own durations.

Kokoro's prosody and sound are a function of its inputs alone: no noise is drawn, and one or two threads give the
same samples. Model: https://huggingface.co/hexgrad/Kokoro-82M (Apache-2.0).
"""

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError
from manifests.local_paths import expanded
from manifests.randomness import generator
from stages.onnx_sessions import open_session
from stages.speech.base import Clip
from stages.speech.blends import Styles, draw_blends
from stages.speech.casting_config import SpeedLaw
from stages.speech.engine_config import KokoroAssistant, KokoroSettings, KokoroUsers
from stages.speech.kokoro_phonemes import phonemes_of_word, to_phonemes
from stages.speech.missing import require_packages
from stages.speech.phoneme_words import TimedPhoneme, words_among
from stages.speech.speakable import check_letters, speakable
from stages.speech.voices import ARCHIVE_FAULTS, VOICES_FILE, blend_names, cast_of, kokoro_pool
from stages.weights import ensure

WEIGHTS = ("kokoro-82m", "kokoro-voices-ja")
_GRAPH = "kokoro-v1.0.int8.onnx"
_TABLES = "voices_ja.npz"
_TABLE_SHAPE = (510, 1, 256)
"""A style vector for each number of phonemes."""
_SLOWEST, _FASTEST = 0.5, 2.0
"""Times Kokoro's own pace: beyond, it stumbles."""
_RATE = 24000
_FRAMES = "/encoder/Clip_output_0"
"""Inside the graph: frames that each token lasts, with a mark at either end."""
_SENTENCE_PAUSE_S, _CLAUSE_PAUSE_S = 0.25, 0.1
"""Behind a part of a text that is too long for the graph, where it ends with a mark; kokoro-onnx's own."""


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
        from kokoro_onnx.tokenizer import Tokenizer

        self._lock = threading.Lock()
        self._voices = {name: voice for name, voice in read_voices(config, seed).items() if name in self._names}
        self._tokenizer = Tokenizer()
        self._session = open_session(_with_frames(ensure(WEIGHTS[0]) / _GRAPH), config.threads)

    def synthesize(self, text: str, voice: str, language: str, speed: float, rng: np.random.Generator) -> Clip:
        """Return the spoken text, at 24 kHz; the generator is not used."""
        chosen = self._voices[voice]
        written = speakable(text)
        check_letters(written, language)
        phonemes = to_phonemes(written, language, self._tokenizer.phonemize)
        pace = chosen.speed * speed
        with self._lock:
            samples, timed = self._parts(phonemes, chosen.style, pace)
        found = words_among(written, timed, lambda word: phonemes_of_word(word, language, self._tokenizer.phonemize))
        return Clip(samples, _RATE, *found) if found else Clip(samples, _RATE)

    @property
    def draws(self) -> bool:
        """Whether clips differ: no, a clip is a function of text, voice and speed."""
        return False

    @property
    def concurrency(self) -> int:
        """Number of simultaneous calls: one."""
        return 1

    def voices(self) -> tuple[str, ...]:
        """Return the names of the voices that are cast."""
        return self._names

    def close(self) -> None:
        """Free the graph."""
        del self._session

    def _parts(self, phonemes: str, style: Styles, pace: float) -> tuple[Samples, list[TimedPhoneme]]:
        """Speak a text in parts that the graph takes, trimmed and joined as kokoro-onnx does it."""
        from kokoro_onnx.chunker import pause_after, split_phonemes
        from kokoro_onnx.config import MAX_PHONEME_LENGTH
        from kokoro_onnx.trim import trim

        pieces: list[Samples] = []
        timed: list[TimedPhoneme] = []
        parts = split_phonemes(phonemes, MAX_PHONEME_LENGTH)
        for number, part in enumerate(parts):
            audio, frames = self._speak(part, style, pace)
            spoken, (head, _) = trim(audio)
            begins_s = (sum(map(len, pieces)) - head) / _RATE
            edges_s = begins_s + np.cumsum(frames) * (len(audio) / _RATE / frames.sum())
            timed += [
                TimedPhoneme(symbol, float(edges_s[place]), float(edges_s[place + 1]))
                for place, symbol in enumerate(self._tokenizer.known(part))
            ]
            timed.append(TimedPhoneme(" ", float(edges_s[-1]), float(edges_s[-1])))
            pieces.append(np.asarray(spoken, dtype=np.float32))
            if number + 1 < len(parts):
                pause_s = pause_after(part, _SENTENCE_PAUSE_S, _CLAUSE_PAUSE_S)
                pieces.append(np.zeros(int(pause_s * _RATE), dtype=np.float32))
        return np.concatenate(pieces), timed

    def _speak(self, phonemes: str, style: Styles, pace: float) -> tuple[Samples, Samples]:
        """Return (audio, frames of each token and of the marks around them)."""
        tokens = self._tokenizer.tokenize(phonemes)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": style[min(len(tokens), len(style)) - 1],
            "speed": np.array([pace], dtype=np.float32),
        }
        audio, frames = self._session.run(None, inputs)
        return audio.reshape(-1), frames.reshape(-1)


def check_packages() -> None:
    """Check that Kokoro's packages are installed, without importing them."""
    require_packages("kokoro", "kokoro_onnx", "onnxruntime", "pypinyin", "rjieba")


def check_pace(config: KokoroSettings, law: SpeedLaw) -> None:
    """Check that Kokoro takes every rate that a dialogue can be given, so that each is spoken as it is stored.

    Raises:
        BuildError: a voice's own pace times a drawn speed may lie beyond what it takes.
    """
    slowest, fastest = law.slowest * (1 - config.speed_spread), law.fastest * (1 + config.speed_spread)
    if slowest < _SLOWEST or fastest > _FASTEST:
        raise BuildError(
            f"speech.casting: with speed_spread {config.speed_spread:g} of Kokoro's voices, speeds reach "
            f"{slowest:.2f}-{fastest:.2f} times Kokoro's pace, which can be {_SLOWEST:g}-{_FASTEST:g}; bring the "
            "role's speed nearer to 1, or lower speed_spread"
        )


def check_tables(config: KokoroSettings) -> None:
    """Read the style tables that a config names; the bundled ones are checked when they are fetched.

    Raises:
        BuildError: they can't be read, or have another shape.
    """
    if config.voices_file is not None:
        _read_tables(tables_file(config), kokoro_pool(config))


def read_voices(config: KokoroSettings, seed: int) -> dict[str, KokoroVoice]:
    """Return every voice that the config offers, by name: the pool's, then the blends."""
    pool = kokoro_pool(config)
    tables = _read_tables(tables_file(config), pool)
    styles = [*tables, *(blend.of(tables) for blend in draw_blends(tables, config.blends, seed))]
    names = pool + blend_names(config.blends)
    return {
        name: KokoroVoice(style, _pace(config.speed_spread, seed, number))
        for number, (name, style) in enumerate(zip(names, styles, strict=True))
    }


def tables_file(config: KokoroSettings) -> Path:
    """Return the archive of the style tables: the config's own, or the embedded one."""
    return expanded(config.voices_file, VOICES_FILE) if config.voices_file else ensure(WEIGHTS[1]) / _TABLES


def _with_frames(graph: Path) -> bytes:
    """Return the graph with the frames as its second output."""
    import onnx

    model = onnx.load(str(graph))
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(_FRAMES))
    serialised: bytes = model.SerializeToString()
    return serialised


def _read_tables(path: Path, names: tuple[str, ...]) -> Styles:
    """Return the tables of the voices, shape (voices, 510, 1, 256)."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            tables = [np.asarray(archive[name], dtype=np.float32) for name in names]
    except ARCHIVE_FAULTS as error:
        raise BuildError(f"speech: can't read style tables from {path} ({error})") from error
    for name, table in zip(names, tables, strict=True):
        if table.shape != _TABLE_SHAPE or not np.isfinite(table).all():
            raise BuildError(
                f"speech: {path}: voice {name!r} has shape {table.shape} or NaN; expected {_TABLE_SHAPE}, finite"
            )
    return np.stack(tables)


def _pace(spread: float, seed: int, voice: int) -> float:
    return float(generator(seed, "pace", voice).uniform(1 - spread, 1 + spread))
