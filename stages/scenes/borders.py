"""Where a turn's phrases end: at its punctuation, in the silence that the clip has there."""

import re
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from manifests.audio import Samples
from stages.scenes.utterance import Border
from stages.scenes.words import TimedWord
from stages.written_words import is_abbreviated, split_words

_PHRASE_END = re.compile(
    "[,.;:!?\u2026\u2014\u3002\u3001\uff0c\uff1b\uff1a\uff01\uff1f][\"'\u2019\u201d)\\]\u300d\u300f\uff09]*$"
)
_SENTENCE_MAY_END = ("a.m.", "p.m.", "etc.")
"""Abbreviations that hardly ever stand before a name: a capital letter behind them begins a sentence."""
_FRAME_S = 0.005
_SILENT_POWER = 1e-4
"""-40 dB under the clip's loudest frame: pauses of engines lie far below, weak fricatives 20-35 dB under the vowels."""


def phrase_ends(words: Sequence[str]) -> list[int]:
    """Return after how many words of a text a phrase ends, judging by punctuation.

    The full stop of an abbreviation ends one with the text alone, or before a new sentence: "at 9 p.m. Then we close."
    """
    pairs = zip_longest(words, words[1:], fillvalue="")
    return [number for number, (word, following) in enumerate(pairs, start=1) if _ends_phrase(word, following)]


def borders_in(text: str) -> int:
    """Return how many phrases of a text end before its last word."""
    words = [word.text for word in split_words(text)]
    return sum(number < len(words) for number in phrase_ends(words))


def phrase_borders(words: Sequence[TimedWord], speech: Samples, sample_rate: int) -> tuple[Border, ...]:
    """Return the phrase boundaries inside a turn.

    Word times are good to some 50 ms and engines need not pause at a comma, so the silence is looked for in the clip:
    the longest one between the middles of the words on either side, or the quietest 5 ms if there is none.

    Args:
        words: timed from the onset of the speech.
        speech: shape (n,), from its onset to its end.
        sample_rate: in Hz.
    """
    ending = [number for number in phrase_ends([word.text for word in words]) if number < len(words)]
    frame = round(_FRAME_S * sample_rate)
    frames = len(speech) // frame
    if not ending or not frames:
        return ()
    samples = speech[: frames * frame].reshape(frames, frame)
    power = np.einsum("ij,ij->i", samples, samples) / frame
    silent = power < power.max() * _SILENT_POWER
    borders: list[Border] = []
    for number in ending:
        first, last = (_middle(word) // frame for word in words[number - 1 : number + 1])
        first = max(first, borders[-1].end_samples // frame) if borders else first
        if first < min(last, frames):
            start, end = _longest_silence(silent, power, first, min(last, frames))
            borders.append(Border(number, start * frame, end * frame))
    return tuple(borders)


def _ends_phrase(word: str, following: str) -> bool:
    if not _PHRASE_END.search(word):
        return False
    new_sentence = not following or (word.lower().endswith(_SENTENCE_MAY_END) and following[0].isupper())
    return new_sentence or not is_abbreviated(word, following)


def _middle(word: TimedWord) -> int:
    return (word.start_samples + word.end_samples) // 2


def _longest_silence(
    silent: np.ndarray[tuple[int], np.dtype[np.bool_]], power: Samples, first: int, last: int
) -> tuple[int, int]:
    """Return the frames of the longest silence in [first, last), or an empty one in the middle of the quietest."""
    edges = np.diff(np.concatenate(([0], silent[first:last].astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(starts):
        quietest = first + int(power[first:last].argmin())
        return quietest, quietest
    longest = int((ends - starts).argmax())
    return first + int(starts[longest]), first + int(ends[longest])
