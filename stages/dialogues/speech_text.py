"""Normalises written text for speech: numbers, dates, amounts and abbreviations become words (wetext)."""

import re
from collections.abc import Callable

from manifests.errors import RejectedError
from stages.dialogues.config import Language
from stages.dialogues.english_readings import as_read

_ESCAPED = re.compile(r'\\([\\"])')
"""Quotation marks and backslashes, as wetext gives them back."""


class SpeechText:
    """Normalises the text of one language; constructing one loads its grammars (offline)."""

    def __init__(self, language: Language) -> None:
        from wetext import Normalizer

        self._normalizer = Normalizer(lang=language)
        self._as_read: Callable[[str], str] = as_read if language == "en" else str

    def spoken(self, text: str) -> str:
        """Return the text as it is spoken.

        Raises:
            RejectedError: ``unspeakable`` when nothing that has letters is left, or the grammar can't read the text.
        """
        try:
            normalized = str(self._normalizer.normalize(self._as_read(text)))
        except AssertionError as error:  # wetext's way of saying that no path leads through its grammar
            raise RejectedError("unspeakable", repr(text)) from error
        spoken = " ".join(_ESCAPED.sub(r"\1", normalized).split())
        if not any(character.isalpha() for character in spoken):
            raise RejectedError("unspeakable", repr(text))
        return spoken
