"""From written text to what is spoken: numbers, dates, amounts and abbreviations as words (wetext)."""

import re

from manifests.errors import RejectedError
from stages.dialogues.config import Language

_ENGLISH_READINGS = (
    (re.compile(r"(?<!\w)#(?=\d)"), "number "),
    (re.compile(r"(?<!\w)\+(?=\d)"), "plus "),
    (re.compile(r"(?<=\d)\s?×\s?(?=\w)"), " times "),
    (re.compile(r"(?<![\d.,])1¢"), "1 cent"),
    (re.compile(r"(?<=\d)¢"), " cents"),
    (re.compile(r"(?<![\w$€£¥.,])(\d+(?:[.,]\d+)*)\s?([$€£¥])(?!\w)"), r"\2\1"),
)
"""How people read signs beside digits where wetext's English grammar finds no way through them ("bus #7", "50€")."""
_ESCAPED = re.compile(r'\\([\\"])')
"""Quotation marks and backslashes, as wetext gives them back."""


class SpeechText:
    """Normalises the text of one language; constructing one loads its grammars (offline)."""

    def __init__(self, language: Language) -> None:
        from wetext import Normalizer

        self._normalizer = Normalizer(lang=language)
        self._readings = _ENGLISH_READINGS if language == "en" else ()

    def spoken(self, text: str) -> str:
        """Return the text as it is spoken.

        Raises:
            RejectedError: ``unspeakable`` when nothing that has letters is left, or the grammar can't read the text.
        """
        readable = text
        for sign, reading in self._readings:
            readable = sign.sub(reading, readable)
        try:
            normalized = str(self._normalizer.normalize(readable))
        except AssertionError as error:  # wetext's way of saying that no path leads through its grammar
            raise RejectedError("unspeakable", repr(text)) from error
        spoken = " ".join(_ESCAPED.sub(r"\1", normalized).split())
        if not any(character.isalpha() for character in spoken):
            raise RejectedError("unspeakable", repr(text))
        return spoken
