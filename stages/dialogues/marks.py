"""Backchannels that a script marks: which words of a turn they follow, and what the listener says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from manifests.errors import RejectedError
from manifests.records import BackchannelMark
from stages.dialogues.cleaning import clean, words

MARK_NOWHERE = "mark_nowhere"
_MOST_WORDS = 4
"""A listener who says more takes the floor."""
_WORD_BEGINS = r"(?<![^\W\u3400-\u9fff])"
_WORD_ENDS = r"[^\w\s]*(?=\s|$|[\u3400-\u9fff])"
"""Chinese characters are words of their own; the punctuation behind a word is part of it."""


@dataclass(frozen=True)
class RawMark:
    """A mark as a model or a file wrote it: the words right before it, copied from the turn, and what is said."""

    after: str
    says: str


def place_marks(text: str, marks: Sequence[RawMark]) -> tuple[BackchannelMark, ...]:
    """Return the marks of a turn in the order of their places.

    Args:
        text: the turn's, cleaned.
        marks: as written.

    Raises:
        RejectedError: ``mark_nowhere`` when the words are not in the text, or end it; ``long_backchannel`` or
            ``empty_backchannel``.
    """
    return tuple(sorted((_placed(text, mark) for mark in marks), key=lambda mark: mark.after))


def _placed(text: str, mark: RawMark) -> BackchannelMark:
    said, before = clean(mark.says), clean(mark.after)
    count = len(words(said))
    if not count:
        raise RejectedError("empty_backchannel", f"after {before!r}")
    if count > _MOST_WORDS:
        raise RejectedError("long_backchannel", f"{said!r} has {count} words; more than {_MOST_WORDS} take the floor")
    whole_words = rf"{_WORD_BEGINS}{re.escape(before)}{_WORD_ENDS}"
    found = re.search(whole_words, text, re.IGNORECASE) if before else None
    if found is None or not text[found.end() :].strip():
        raise RejectedError(MARK_NOWHERE, f"{said!r} after {before!r}, which doesn't occur inside the turn: {text}")
    return BackchannelMark(found.end(), said)
