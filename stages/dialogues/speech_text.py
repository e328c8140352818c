"""From written text to what is spoken: numbers, dates, amounts and abbreviations as words (wetext)."""

from manifests.errors import RejectedError
from stages.dialogues.config import Language


class SpeechText:
    """Normalises the text of one language; constructing one loads its grammars (offline)."""

    def __init__(self, language: Language) -> None:
        from wetext import Normalizer

        self._normalizer = Normalizer(lang=language)

    def spoken(self, text: str) -> str:
        """Return the text as it is spoken.

        Raises:
            RejectedError: ``unspeakable`` when nothing that has letters is left.
        """
        spoken = " ".join(str(self._normalizer.normalize(text)).split())
        if not any(character.isalpha() for character in spoken):
            raise RejectedError("unspeakable", repr(text))
        return spoken
