"""The words of a written text, and what their full stops mean: several stages have to agree on both."""

import re
from typing import NamedTuple

# Chinese and Japanese put no spaces between words: each character counts as one, and takes along the punctuation
# that follows it. Everything else is split at white space.
_IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_PUNCTUATION = "\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2010-\u2027!-/:-@\\[-`{-~"
_WORD = re.compile(f"[{_IDEOGRAPH}][{_PUNCTUATION}]*|[^\\s{_IDEOGRAPH}]+")

_INITIALS = re.compile(r"[a-z]\.|[\d:]*(?:[a-z]\.){2,}")
_ABBREVIATED = (
    "apr. approx. apt. aug. ave. blvd. capt. co. corp. dec. dept. dr. etc. ext. feb. inc. jan. jr. lt. ltd. mr. "
    "mrs. ms. nov. oct. ph.d. prof. rd. sept. sgt. sr. st. tel. vs."
)
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_BEFORE_NUMBERS = frozenset({"no.", "nos.", "pp.", "vol.", "fig.", "ch."})
"""Words of their own, or abbreviations when a number follows."""


class WrittenWord(NamedTuple):
    """A word with the punctuation that clings to it.

    Attributes:
        end: index after its last character in the text.
    """

    text: str
    end: int


def split_words(text: str) -> tuple[WrittenWord, ...]:
    """Return the words of a text, in order; every visible character is in one of them."""
    return tuple(WrittenWord(match.group(), match.end()) for match in _WORD.finditer(text))


def is_abbreviated(word: str, following: str) -> bool:
    """Tell whether the full stop that a word ends on belongs to an abbreviation: "Dr.", "p.m.", "J.", "No." of "No. 5".

    Args:
        word: with the marks around it.
        following: the text behind it, or its next word; may be empty.
    """
    bare = word.lower().strip("\"'()[]")
    if bare in _BEFORE_NUMBERS:
        return following[:1].isdigit()
    return bare in _ABBREVIATIONS or _INITIALS.fullmatch(bare) is not None
