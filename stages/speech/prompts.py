"""A bank of prompt voices for zero-shot TTS: short recordings with their transcripts, a voice per speaker.

A bank is one of

- a ``.jsonl`` file, one object a line: ``{"audio": "spk7.wav", "text": "...", "speaker": "spk7"}``;
- a ``.tsv`` file whose first line names the columns ``audio``, ``text`` and, if wanted, ``speaker``;
- a folder: each ``NAME.wav`` or ``NAME.flac`` with its transcript in ``NAME.txt``. The speaker is the folder that the
  file lies in, or NAME for a file at the top.

Paths are relative to the bank's folder; without a speaker the audio's name is one. Other keys and columns (gender,
for example) are left alone. One prompt speaks for a speaker: the first in order that can be used.

Policy: a bank that can't be understood stops the run (the message names file and line). A prompt that can't be used
does not, because banks cut from large corpora always hold some: it is skipped with its fault, the faults are counted
in the engine's entry of the dataset card, and a speaker without any usable prompt is no voice. A bank without any
usable prompt, or a speaker that the config names and that has none, stops the run.
"""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from manifests.audio import decode_audio
from manifests.errors import BuildError, RejectedError
from manifests.local_paths import expanded
from stages.read_json import read_json

FILE_FAULTS = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)
"""Of one file, that will be there again tomorrow. Other OSErrors are the machine's, and may pass: a speaker who is left
out for them would be missing for good."""

LONGEST_S = 30.0
"""CosyVoice's speech tokenizer takes no more (an assertion in its front end)."""
SHORTEST_S = 1.0
"""Ours: less holds too little of a voice to clone."""
LOWEST_RATE = 16000
"""Hz; CosyVoice's `load_wav` refuses less."""
_SILENT_PEAK = 1e-3
_LONGEST_NAME = 64
_AUDIO_SUFFIXES = (".flac", ".wav")


@dataclass(frozen=True)
class Prompt:
    """A recording that a voice is cloned from.

    Attributes:
        text: what is said in it.
        sha256: of the file.
    """

    speaker: str
    audio: Path
    text: str
    sha256: str


@dataclass(frozen=True)
class SkippedPrompt:
    """A prompt that can't be used.

    Attributes:
        place: the line, or the file in the folder.
        kind: of the fault, for counts: ``"too long"``.
    """

    place: str
    speaker: str
    kind: str
    detail: str

    def __str__(self) -> str:
        name = self.speaker if self.speaker.isprintable() else repr(self.speaker)
        return f"{self.place}, {name:.{_LONGEST_NAME}}: {self.kind}, {self.detail}"


@dataclass(frozen=True)
class PromptBank:
    """The usable prompts by speaker, in the bank's order, and the others."""

    prompts: dict[str, Prompt]
    skipped: tuple[SkippedPrompt, ...]

    def summary(self) -> str:
        """Return the counts, for example ``"118 prompt voices, 2 prompts skipped (1 too long, 1 unreadable)"``."""
        voices = f"{len(self.prompts)} prompt voices"
        if not self.skipped:
            return voices
        kinds = Counter(skipped.kind for skipped in self.skipped)
        return (
            f"{voices}, {len(self.skipped)} prompts skipped ({', '.join(f'{n} {kind}' for kind, n in kinds.items())})"
        )


@dataclass(frozen=True)
class _Entry:
    """A line, or a file of the folder; `audio` is as it is written there, relative to `folder`."""

    place: str
    speaker: str
    folder: Path
    audio: str
    text: str


@cache
def read_bank(setting: str) -> PromptBank:
    """Return the bank that a config names, every prompt checked; read once a process.

    Raises:
        BuildError: the bank doesn't exist, can't be parsed, or has no usable prompt.
        OSError: storage can't be reached for now.
    """
    path = expanded(setting, "speech: prompts")
    prompts: dict[str, Prompt] = {}
    skipped: list[SkippedPrompt] = []
    for entry in _entries(path):
        if entry.speaker in prompts:
            continue
        checked = _check(entry)
        if isinstance(checked, Prompt):
            prompts[entry.speaker] = checked
        else:
            skipped.append(checked)
    if not prompts:
        seen = "; ".join(map(str, skipped[:3])) or "it is empty"
        raise BuildError(
            f"speech: prompts {path}: no prompt is usable ({seen}). A prompt is a recording of {SHORTEST_S:g}-"
            f"{LONGEST_S:g} s at {LOWEST_RATE} Hz or more, with its transcript"
        )
    return PromptBank(prompts, tuple(skipped))


def bank_digest(setting: str, voices: tuple[str, ...]) -> str:
    """Return the identity of the prompts that voices are cloned from: names, transcripts and audio."""
    bank = read_bank(setting)
    lines = (json.dumps([name, bank.prompts[name].text, bank.prompts[name].sha256]) for name in voices)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _check(entry: _Entry) -> Prompt | SkippedPrompt:
    def skipped(kind: str, detail: str) -> SkippedPrompt:
        return SkippedPrompt(entry.place, entry.speaker, kind, detail)

    if not entry.speaker.isprintable() or len(entry.speaker) > _LONGEST_NAME:
        return skipped("unusable speaker name", f"not printable, or over {_LONGEST_NAME} characters")
    if not any(character.isalnum() for character in entry.text):
        return skipped("without transcript", f"no words in {entry.text!r}")
    try:
        audio = entry.folder / expanded(entry.audio, "audio")
        data = audio.read_bytes()
        samples, sample_rate = decode_audio(data)
    except FILE_FAULTS as error:
        return skipped("unreadable", error.strerror or str(error))
    except RejectedError as error:
        return skipped("unreadable", error.detail)
    except BuildError as error:  # no path that any file has
        return skipped("unreadable", str(error))
    seconds = len(samples) / sample_rate
    if seconds > LONGEST_S:
        return skipped("too long", f"{seconds:.1f} s (maximum {LONGEST_S:g} s)")
    if seconds < SHORTEST_S:
        return skipped("too short", f"{seconds:.2f} s (minimum {SHORTEST_S:g} s)")
    if sample_rate < LOWEST_RATE:
        return skipped("low sample rate", f"{sample_rate} Hz (minimum {LOWEST_RATE} Hz)")
    peak = float(np.abs(samples).max())
    if not peak >= _SILENT_PEAK:
        return skipped("silent", f"peak {peak:.1e} of full scale")
    return Prompt(entry.speaker, audio, entry.text, hashlib.sha256(data).hexdigest())


def _entries(path: Path) -> Iterator[_Entry]:
    if path.is_dir():
        return _from_folder(path)
    readers = {".jsonl": _jsonl_rows, ".tsv": _tsv_rows}
    if path.suffix not in readers or not path.is_file():
        raise BuildError(f"speech: prompts {path}: no such bank; give an existing folder, .jsonl or .tsv file")
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (*FILE_FAULTS, UnicodeDecodeError) as error:
        raise BuildError(f"speech: prompts {path}: can't be read as UTF-8 ({error})") from error
    return (_entry(path, number, row) for number, row in readers[path.suffix](path, lines))


def _from_folder(folder: Path) -> Iterator[_Entry]:
    for audio in sorted(file for file in folder.rglob("*") if file.suffix.lower() in _AUDIO_SUFFIXES):
        place = audio.relative_to(folder)
        try:
            text = audio.with_suffix(".txt").read_text(encoding="utf-8-sig")
        except (*FILE_FAULTS, UnicodeDecodeError):
            text = ""
        speaker = place.parent.name or place.stem
        yield _Entry(str(place), speaker, Path(), str(audio), " ".join(text.split()))


def _jsonl_rows(path: Path, lines: list[str]) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = read_json(line)
        except RejectedError as error:
            raise BuildError(f"speech: prompts {path}:{number}: not JSON ({error.detail}); fix the line") from error
        if not isinstance(row, dict):
            raise BuildError(f"speech: prompts {path}:{number}: not a JSON object: {line[:80]!r}")
        yield number, row


def _tsv_rows(path: Path, lines: list[str]) -> Iterator[tuple[int, dict[str, object]]]:
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        yield from _named_columns(path, rows)
    except csv.Error as error:
        raise BuildError(f"speech: prompts {path}:{rows.line_num + 1}: {error}; shorten the line") from error


def _named_columns(path: Path, rows: "csv.DictReader[str]") -> Iterator[tuple[int, dict[str, object]]]:
    absent = {"audio", "text"} - set(rows.fieldnames or ())
    if absent:
        raise BuildError(
            f"speech: prompts {path}:1: no column named {' or '.join(sorted(absent))}; the first line names the "
            "columns audio, text and, optionally, speaker, separated by tabs"
        )
    for row in rows:
        yield rows.line_num, {key: value for key, value in row.items() if key is not None}


def _entry(path: Path, number: int, row: dict[str, object]) -> _Entry:
    audio, text, speaker = (row.get(key) for key in ("audio", "text", "speaker"))
    if not isinstance(audio, str) or not audio.strip():
        raise BuildError(f"speech: prompts {path}:{number}: no `audio`; each line must name its audio file")
    name = ("" if speaker is None else str(speaker).strip()) or Path(audio).stem
    words = " ".join(text.split()) if isinstance(text, str) else ""
    return _Entry(f"{path.name}:{number}", name, path.parent, audio, words)
