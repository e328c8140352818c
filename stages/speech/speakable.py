"""The part of a text that an engine is given: nothing silent, nothing in a foreign alphabet that it would spell out.

espeak-ng does odd things with what it does not know: it reads an emoji's name ("grinning face") and says "Chinese
letter" for each Han character of an English sentence. Such words are in no transcript, so they must not be spoken.
"""

import unicodedata

from manifests.errors import RejectedError
from stages.plain_letters import PLAIN_LETTERS

_SCRIPTS = {"en": ("LATIN", "GREEK", "MICRO"), "zh": ("CJK", "IDEOGRAPHIC", "LATIN", "GREEK", "MICRO")}
"""First words of the Unicode names of the letters that a language is written in here; Greek ones are read by name."""
_SOUNDLESS = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Me", "Sk", "So"})
"""Categories of controls, joiners, emoji and their parts."""
_LATIN_1_END = "\u00ff"
"""Up to here symbols have names that people say (° and ©)."""
_SHOWN = 80


def speakable(text: str) -> str:
    """Return the text in NFC without emoji and other signs that nobody pronounces, white space collapsed.

    Full-width letters and digits and the apostrophe that is a letter become the everyday ones.

    Raises:
        RejectedError: ``unspeakable``, when no letter or digit is left.
    """
    marks = unicodedata.normalize("NFC", text).translate(PLAIN_LETTERS)
    kept = " ".join("".join(" " if _is_soundless(mark) else mark for mark in marks).split())
    if not any(mark.isalnum() for mark in kept):
        raise RejectedError("unspeakable", f"nothing to pronounce in {text[:_SHOWN]!r}")
    return kept


def check_letters(text: str, language: str) -> None:
    """Refuse letters that espeak-ng would spell out; checked for English and Chinese only.

    Args:
        language: ISO 639-1, with or without a region.

    Raises:
        RejectedError: ``unspeakable``, when a letter is of another script than the language's.
    """
    scripts = _SCRIPTS.get(language.split("-")[0].lower())
    foreign = [mark for mark in text if mark.isalpha() and scripts and not _name(mark).startswith(scripts)]
    if foreign:
        raise RejectedError(
            "unspeakable",
            f"letters that {language!r} isn't written in: {''.join(foreign[:20])!r} in {text[:_SHOWN]!r}",
        )


def _is_soundless(mark: str) -> bool:
    if unicodedata.category(mark) in _SOUNDLESS:
        return mark > _LATIN_1_END or not mark.isprintable()
    return _name(mark).startswith("VARIATION SELECTOR")


def _name(mark: str) -> str:
    return unicodedata.name(mark, "")
