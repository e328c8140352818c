"""Samples in the folders that Full-Duplex-Bench's scripts read: `<task>/<number>/` with sound, words and annotations.

    python evaluate.py --task smooth_turn_taking --root_dir OUT/full-duplex-bench/smooth_turn_taking

`output.json` is what its `asr.py` writes, by the recogniser at hand; running that again overwrites it. The script of
`backchannel` looks for `icc_gt_distribution.json` where it is started: the one beside the task's folder is these
samples'. Folders are named by number: a dialogue's id never becomes a path.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import soundfile

from manifests.audio import Samples
from manifests.records import Word
from talk.evaluation.clips import Clip, Span
from talk.session import USER_RATE

REFERENCE = "icc_gt_distribution.json"


def write_sample(folder: Path, clip: Clip, user: Samples, sound: Samples, words: Sequence[Word]) -> None:
    """Write a sample.

    Args:
        folder: its own; made if it is not there.
        clip: what it is.
        user, sound: the user's and the assistant's channel, shape (n,) each, at 16 kHz.
        words: the assistant's, with their times in `sound`; after an interruption those behind it alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples in (("input.wav", user), ("output.wav", sound)):
        soundfile.write(folder / name, samples, USER_RATE, subtype="PCM_16")
    _write(
        folder / "output.json",
        {
            "text": " ".join(word.text for word in words),
            "chunks": [{"text": word.text, "timestamp": _times((word.start_s, word.end_s))} for word in words],
        },
    )
    name, annotation = _annotation(clip)
    if name:
        _write(folder / name, annotation)


def write_reference(folder: Path, distributions: dict[str, list[float]]) -> None:
    """Write how the corpus's backchannels are distributed in each `backchannel` sample, next to the task folders."""
    _write(folder / REFERENCE, distributions)


def _annotation(clip: Clip) -> tuple[str, list[dict[str, Any]]]:
    start_s, end_s = clip.turn
    if clip.task == "pause_handling":
        return "pause.json", [{"text": "[PAUSE]", "timestamp": _times(mark)} for mark in clip.marks]
    if clip.task == "smooth_turn_taking":
        return "turn_taking.json", [{"text": clip.text, "timestamp": _times((end_s, end_s))}]
    if clip.task == "user_interruption":
        said = {"context": clip.context, "interrupt": clip.text, "timestamp": _times((start_s, end_s))}
        return "interrupt.json", [said]
    return "", []


def _times(span: Span) -> list[float]:
    return [round(seconds, 3) for seconds in span]


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
