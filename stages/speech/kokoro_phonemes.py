"""Text to Kokoro's phonemes: Chinese characters by pinyin, everything else by espeak-ng."""

import re
from collections.abc import Callable

from manifests.errors import RejectedError
from stages.speech.mandarin import mandarin_phonemes

_ESPEAK_VOICES = {
    "en": "en-us",
    "es": "es",
    "fr": "fr-fr",
    "hi": "hi",
    "it": "it",
    "pt": "pt-br",
    "zh": "en-us",  # reads the English words in between
}
"""Kokoro's languages but Japanese, whose front end is not here."""
_RUNS = re.compile(r"([\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
_MARKS = str.maketrans(
    {
        "，": ", ",
        "、": ", ",
        "。": ". ",
        "．": ". ",
        "！": "! ",
        "？": "? ",
        "：": ": ",
        "；": "; ",
        "（": " (",
        "）": ") ",
        **dict.fromkeys("《「『【〈", " “"),
        **dict.fromkeys("》」』】〉", "” "),
    }
)
"""Chinese punctuation in the marks that Kokoro knows."""
_STRAY_SPACES = re.compile(r"\s+(?=[,.!?:;)”…])|(?<=[“(])\s+")


def to_phonemes(text: str, language: str, espeak: Callable[[str, str], str]) -> str:
    """Return the phonemes of a text, spaces collapsed.

    Args:
        text: normalised for speech; in Chinese text, digits and Latin words are read in English.
        language: ISO 639-1, with or without a region.
        espeak: returns the phonemes of a text that an espeak-ng voice reads, punctuation kept.

    Raises:
        RejectedError: ``unsupported_language``, ``unspeakable``.
    """
    code = language.split("-")[0].lower()
    voice = _ESPEAK_VOICES.get(code)
    if voice is None:
        raise RejectedError(
            "unsupported_language", f"Kokoro does not speak {language!r} here, only {', '.join(_ESPEAK_VOICES)}"
        )
    phonemes = " ".join((_mixed(text, voice, espeak) if code == "zh" else espeak(text, voice)).split())
    if not any(mark.isalpha() for mark in phonemes):
        raise RejectedError("unspeakable", f"no phonemes in {text!r}")
    return phonemes


def phonemes_of_word(word: str, language: str, espeak: Callable[[str, str], str]) -> str:
    """Return the phonemes of one word of a text that was spoken; nothing for one without any."""
    try:
        return to_phonemes(word, language, espeak)
    except RejectedError:
        return ""


def _mixed(text: str, voice: str, espeak: Callable[[str, str], str]) -> str:
    parts = []
    for number, run in enumerate(_RUNS.split(text)):
        if number % 2:
            parts.append(mandarin_phonemes(run))
            continue
        between = run.translate(_MARKS)
        parts.append(espeak(between, voice) if any(mark.isalnum() for mark in between) else between)
    return _STRAY_SPACES.sub("", " ".join(parts))
