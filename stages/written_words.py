"""The words of a written text, and what their full stops mean: what several stages have to see alike."""

import re
from typing import NamedTuple

# Chinese and Japanese put no spaces between words: each character counts as one, and takes along the punctuation
# that follows it. Everything else is split at white space.
_IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_PUNCTUATION = "\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2010-\u2027!-/:-@\\[-`{-~"
_WORD = re.compile(f"[{_IDEOGRAPH}][{_PUNCTUATION}]*|[^\\s{_IDEOGRAPH}]+")

TITLES = frozenset({"mr.", "mrs.", "ms.", "dr.", "prof.", "st."})
"""In lower case; written with a full stop that ends neither a phrase nor a sentence."""


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
