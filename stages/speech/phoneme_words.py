"""Words of a text among the phonemes that an engine spoke, whose times it knows. Pure."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from manifests.records import Word
from stages.speech.word_alignment import TimedSymbol, find_words
from stages.written_words import split_words

_LENGTHS = "ːˑ"
"""Part of the phone before them; a word said alone has more of them than in its sentence."""


@dataclass(frozen=True)
class TimedPhoneme:
    """A symbol as an engine was given it: a phone, a stress mark, a space, a comma."""

    symbol: str
    start_s: float
    end_s: float


def words_among(
    text: str, phonemes: Sequence[TimedPhoneme], phonemes_of: Callable[[str], str]
) -> tuple[tuple[Word, ...], int] | None:
    """Return the words of a text with their times, and how many of them share a stretch; None if nothing is audible.

    Args:
        text: as the engine got it.
        phonemes: all of it, in order; words, as far as the front end keeps them apart, are parted by spaces.
        phonemes_of: the front end's phonemes of one word of the text alone.
    """
    sounding: list[TimedSymbol] = []
    group = 0
    for phoneme in phonemes:
        if phoneme.symbol in _LENGTHS and sounding:
            sounding[-1] = replace(sounding[-1], end_s=phoneme.end_s)
        elif _sounds(phoneme.symbol):
            sounding.append(TimedSymbol(phoneme.symbol, phoneme.start_s, phoneme.end_s, group))
        else:
            group += 1
    if not sounding:
        return None
    words = split_words(text)
    spoken = ["".join(filter(_sounds, phonemes_of(word.text))) if _has_letters(word.text) else "" for word in words]
    spans = find_words(spoken, sounding)
    timed = tuple(Word(word.text, span.start_s, span.end_s) for word, span in zip(words, spans, strict=True))
    return timed, sum(span.shared for span in spans)


def _has_letters(word: str) -> bool:
    return any(mark.isalnum() for mark in word)


def _sounds(symbol: str) -> bool:
    """Tell phones, stress and tone marks from spaces, punctuation and length marks."""
    return unicodedata.category(symbol[0])[0] not in "PZ" and symbol not in _LENGTHS
