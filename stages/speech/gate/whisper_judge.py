"""What a clip says and when, according to Whisper."""

import difflib
import hashlib
import re
import threading
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from manifests.audio import Samples, resample
from manifests.digests import files_sha256
from manifests.errors import BuildError
from manifests.extras import installed_version
from manifests.local_paths import expanded
from manifests.records import EngineInfo, Word
from stages.hub_faults import hub_faults
from stages.speech.gate.config import EMBEDDED_JUDGE, NO_JUDGE, AsrConfig
from stages.voice_activity import frame_energy_db
from stages.weights import digest, ensure, weights

JUDGE = "speech judge"

_WHAT_TO_NAME = (
    "name `whisper-tiny.en`, a size of faster-whisper, a Hub id, a folder with a Whisper model in CTranslate2's "
    "format, or `none`"
)

_RATE = 16000
_FRAMES_PER_S = 100
_FULL_WINDOW_S = 30.0
_SHORT_WINDOW_S = 12.0
_MARGIN_S = 3.0
"""Silence after the clip in a short window. Whisper was trained on 30 s; windows cut close make tiny.en repeat itself
(word error 25 % in 8 s windows with 1.5 s, 3.7 % in 10 s with 2 s, 3.1 % in 30 s)."""
_LONGEST_PIECE_S = 28.0
_SEAM_S = 8.0
"""How far before its longest a piece may end: at the quietest place."""
_MAX_TOKENS = 224
"""Half of Whisper's text context, as its own decoder stops."""
_LOADED = (
    "config.json",
    "model.bin",
    "preprocessor_config.json",
    "tokenizer.json",
    "vocabulary.json",
    "vocabulary.txt",
)
"""What faster-whisper reads of a model's folder, if it is there."""
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class RecognisedText:
    """A transcript.

    Attributes:
        words: as heard, in order, with their times in the clip; empty unless they were asked for.
    """

    text: str
    words: tuple[Word, ...] = ()


class WhisperJudge:
    """Greedy transcription at temperature 0, each clip by itself: the same clip gives the same text.

    Raises:
        BuildError: no such model.
        OSError: it is on the Hub, which can't be reached now.
    """

    def __init__(self, config: AsrConfig) -> None:
        from faster_whisper import WhisperModel

        self._lock = threading.Lock()
        folder = ensure(config.model) if config.model == EMBEDDED_JUDGE else own_folder(config.model)
        folder = folder or _fetched(config)
        try:
            self._whisper = WhisperModel(
                str(folder),
                device=config.device,
                compute_type=config.compute_type,
                cpu_threads=config.threads,
                num_workers=1,
            )
        except (OSError, RuntimeError, ValueError) as error:
            raise BuildError(
                f"speech.gate.asr.model {config.model!r}: can't be opened ({error}); {_WHAT_TO_NAME}"
            ) from error

    def understands(self, language: str) -> bool:
        """Tell whether the model was trained on a language (ISO 639-1, with or without a region)."""
        code = _code(language)
        if not self._whisper.model.is_multilingual:
            return code == "en"
        return self._whisper.hf_tokenizer.token_to_id(f"<|{code}|>") is not None

    def hear(
        self, samples: Samples, sample_rate: int, language: str, *, full_window: bool, timed: bool = False
    ) -> RecognisedText:
        """Return what the clip says.

        Args:
            samples: shape (n,).
            sample_rate: in Hz.
            language: one that it `understands`.
            full_window: encode 30 s whatever the clip's length, as Whisper was trained: less error by a fifth, at
                four times the work.
            timed: find when each word is said, from the decoder's attention to the sound. Beside the engines' own times
                tiny.en puts half of the beginnings within 50 ms and nine in ten within 120 ms, ends mostly 70 ms late.
        """
        clip = resample(samples, sample_rate, _RATE)
        texts: list[str] = []
        words: list[Word] = []
        begins_s = 0.0
        with self._lock:
            for piece in _pieces(clip):
                heard = self._hear_piece(piece, _code(language), full_window, timed)
                texts.append(heard.text)
                words += [Word(word.text, begins_s + word.start_s, begins_s + word.end_s) for word in heard.words]
                begins_s += len(piece) / _RATE
        return RecognisedText(" ".join(texts), tuple(words))

    def _hear_piece(self, samples: Samples, language: str, full_window: bool, timed: bool) -> RecognisedText:
        from faster_whisper.audio import pad_or_trim
        from faster_whisper.tokenizer import Tokenizer

        shortest = _FULL_WINDOW_S if full_window else max(_SHORT_WINDOW_S, len(samples) / _RATE + _MARGIN_S)
        window_s = min(shortest, _FULL_WINDOW_S)
        features = pad_or_trim(self._whisper.feature_extractor(samples), round(window_s * _FRAMES_PER_S))
        multilingual: bool = self._whisper.model.is_multilingual
        tokenizer = Tokenizer(self._whisper.hf_tokenizer, multilingual, task="transcribe", language=language)
        encoded = self._whisper.encode(features)
        (result,) = self._whisper.model.generate(
            encoded,
            [[*tokenizer.sot_sequence, tokenizer.no_timestamps]],
            beam_size=1,
            sampling_temperature=0,
            max_length=_MAX_TOKENS,
        )
        ids: list[int] = result.sequences_ids[0]
        text = str(tokenizer.decode(ids)).strip()
        return RecognisedText(text, self._times(tokenizer, ids, encoded, len(samples)) if timed else ())

    def _times(self, tokenizer: Any, ids: list[int], encoded: Any, length_samples: int) -> tuple[Word, ...]:
        spoken = [token for token in ids if token < tokenizer.eot]
        frames = min(round(length_samples / _RATE * _FRAMES_PER_S), round(_FULL_WINDOW_S * _FRAMES_PER_S))
        (words,) = self._whisper.find_alignment(tokenizer, [spoken], encoded, frames)
        return tuple(Word(word["word"].strip(), float(word["start"]), float(word["end"])) for word in words)


def check_judge(config: AsrConfig) -> None:
    """Find anything that would keep the judge from being opened, without loading or fetching a model.

    Raises:
        BuildError: the model doesn't exist; it is on the Hub but has no commit, or the reverse; a number
            format that this machine's processor doesn't support.
    """
    import ctranslate2

    model = config.model
    fetched = model != EMBEDDED_JUDGE and own_folder(model) is None
    if fetched and not _HUB_ID.fullmatch(model):
        from faster_whisper import available_models

        sizes: list[str] = available_models()
        if model not in sizes:
            known = (EMBEDDED_JUDGE, NO_JUDGE, *sizes)
            nearest = max(known, key=lambda name: difflib.SequenceMatcher(None, model, name).ratio())
            raise BuildError(
                f"speech.gate.asr.model {model!r}: no Whisper model has that name; did you mean {nearest!r}? "
                f"{_WHAT_TO_NAME}. Sizes: {', '.join(sizes)}"
            )
    if fetched and config.revision is None:
        raise BuildError(
            f"speech.gate.asr.model {model!r} is fetched from the Hub: set speech.gate.asr.revision to its full "
            "40-digit commit, so that the judge stays the same"
        )
    if not fetched and config.revision is not None:
        raise BuildError(
            f"speech.gate.asr.revision: {model!r} is not fetched from the Hub and has no commit; remove the key"
        )
    if config.device == "cpu":
        types = sorted(ctranslate2.get_supported_compute_types("cpu"))
        if config.compute_type not in types:
            raise BuildError(
                f"speech.gate.asr.compute_type {config.compute_type!r}: this processor supports {', '.join(types)}"
            )


def fetch_judge(config: AsrConfig) -> None:
    """Fetch a judge from the Hub into its cache; does nothing for the bundled one or one in a folder.

    Raises:
        BuildError: the Hub does not have it at that commit, or refuses to give it.
        OSError: the Hub can't be reached for now.
    """
    if config.model != EMBEDDED_JUDGE and own_folder(config.model) is None:
        _fetched(config)


def _fetched(config: AsrConfig) -> Path:
    """Return a folder in the Hub's cache; a full commit that is already there needs no request."""
    from faster_whisper import download_model

    with hub_faults(f"speech.gate.asr.model {config.model!r}", f"check speech.gate.asr.revision, or {_WHAT_TO_NAME}"):
        return Path(download_model(config.model, revision=config.revision))


def judge_engine(config: AsrConfig) -> EngineInfo:
    """Return the judge's identity; loads nothing.

    Raises:
        BuildError: its packages are not installed, or its folder holds no model that can be read.
    """
    engine = f"{installed_version('faster-whisper')}, {installed_version('ctranslate2')}"
    if config.model == EMBEDDED_JUDGE:
        entry = weights(config.model)
        return EngineInfo(JUDGE, engine, entry.name, entry.licence, digest(entry.name), (entry.name,))
    folder = own_folder(config.model)
    if folder is None:
        identity = hashlib.sha256(f"{config.model}\n{config.revision}".encode()).hexdigest()
        return EngineInfo(JUDGE, engine, config.model, "see the model's card", identity)
    return EngineInfo(JUDGE, engine, folder.name, "see the model's card", files_sha256(_loaded(folder)))


def _loaded(folder: Path) -> list[Path]:
    """Return the files of a folder that decide what the judge hears."""
    return [folder / name for name in _LOADED if (folder / name).is_file()]


def own_folder(model: str) -> Path | None:
    """Return the folder that `speech.gate.asr.model` names; None for a model that is bundled or fetched by name.

    Raises:
        BuildError: a folder without a model.
    """
    if model == EMBEDDED_JUDGE:
        return None
    folder = expanded(model, "speech.gate.asr.model")
    if (folder / "model.bin").is_file():
        return folder
    if folder.is_absolute() or model.startswith((".", "~")) or folder.exists():
        raise BuildError(
            f"speech.gate.asr.model {model!r}: the folder has no model.bin; name one with a Whisper model in "
            f"CTranslate2's format, the same on every node"
        )
    return None


def _code(language: str) -> str:
    return language.split("-")[0].lower()


def _pieces(samples: Samples) -> list[Samples]:
    """Cut a clip that is too long for one window at its quietest places."""
    frame = _RATE // _FRAMES_PER_S
    cuts = [0]
    while len(samples) - cuts[-1] > _LONGEST_PIECE_S * _RATE:
        first = cuts[-1] + round((_LONGEST_PIECE_S - _SEAM_S) * _RATE)
        levels = frame_energy_db(samples[first : first + round(_SEAM_S * _RATE)], frame)
        smooth = np.convolve(levels, np.ones(20) / 20, "same")
        cuts.append(first + int(smooth.argmin()) * frame)
    return [samples[start:end] for start, end in pairwise([*cuts, len(samples)])]
