"""Words found in something whose times are known: phonemes of an engine, or words that were written otherwise. Pure.

Both sides are strings of symbols, phonemes or letters. They are aligned by edit distance; a word whose symbols are
mostly found again stands where they stand. What espeak-ng runs together ("of the"), a normaliser spells out ("25")
or a recogniser misheard lies between two words that were found, and shares that stretch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

_FOUND_SHARE = 0.5
"""A word is found if so many of its symbols are; the rest may be weak forms or misheard."""


@dataclass(frozen=True)
class TimedSymbol:
    """A phoneme or letter.

    Attributes:
        group: what it belongs to, a word of its own side; groups count upwards.
    """

    symbol: str
    start_s: float
    end_s: float
    group: int


@dataclass(frozen=True)
class Span:
    """A stretch of time.

    Attributes:
        shared: it is a part, by length, of a stretch that more than one word stands in.
    """

    start_s: float
    end_s: float
    shared: bool = False


def symbols_within(text: str, start_s: float, end_s: float, group: int) -> list[TimedSymbol]:
    """Return the letters and digits of a word, spread evenly over its time."""
    letters = letters_of(text)
    step = (end_s - start_s) / max(len(letters), 1)
    return [
        TimedSymbol(letter, start_s + place * step, start_s + (place + 1) * step, group)
        for place, letter in enumerate(letters)
    ]


def letters_of(text: str) -> str:
    """Return what two spellings of the same words have in common: letters and digits, case folded."""
    return "".join(mark for mark in text.casefold() if mark.isalnum())


def find_words(words: Sequence[str], timed: Sequence[TimedSymbol]) -> list[Span]:
    """Return the time of each word, in order and without overlap.

    Args:
        words: the symbols of each word, in order; a word without any has no duration.
        timed: in order, at least one.
    """
    found = _found(words, timed)
    spans: list[Span] = []
    place = 0
    while place < len(words):
        here = found[place]
        if here is not None:
            spans.append(Span(timed[here[0]].start_s, timed[here[1]].end_s))
            place += 1
            continue
        after = next((number for number in range(place, len(words)) if found[number]), len(words))
        spans += _shared(words[place:after], _between(timed, _last(found[:place]), _first(found[after:], timed)))
        place = after
    return spans


Stretch = tuple[int, int]
"""First and last symbol of a word, in the timed ones."""


def _found(words: Sequence[str], timed: Sequence[TimedSymbol]) -> list[Stretch | None]:
    """Return where each word stands among the timed symbols; None for one that can't be told."""
    from rapidfuzz.distance import Levenshtein

    ends = list(accumulate((len(word) for word in words), initial=0))
    same: dict[int, int] = {}
    for step in Levenshtein.opcodes([mark for word in words for mark in word], [one.symbol for one in timed]):
        if step.tag == "equal":
            same |= zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True)
    stretches: list[Stretch | None] = []
    for first, end in pairwise(ends):
        places = [same[place] for place in range(first, end) if place in same]
        stretches.append((places[0], places[-1]) if places and len(places) >= _FOUND_SHARE * (end - first) else None)
    return _with_edges(stretches, timed)


def _with_edges(stretches: list[Stretch | None], timed: Sequence[TimedSymbol]) -> list[Stretch | None]:
    """Give each word the symbols of its own groups that no other one needs: words rarely begin inside a group."""
    widened = list(stretches)
    for number, stretch in enumerate(stretches):
        if stretch is None:
            continue
        first, last = stretch
        before, after = _last(widened[:number]), _first(stretches[number + 1 :], timed)
        same_before = [place for place in range(first - 1, before, -1) if timed[place].group == timed[first].group]
        same_after = [place for place in range(last + 1, after) if timed[place].group == timed[last].group]
        # A word beside it that was not found must stand somewhere, if need be in the same group.
        if number == 0 or stretches[number - 1] or len(same_before) < first - 1 - before:
            first -= len(same_before)
        if number + 1 == len(stretches) or stretches[number + 1] or len(same_after) < after - last - 1:
            last += len(same_after)
        widened[number] = (first, last)
    return widened


def _last(stretches: Sequence[Stretch | None]) -> int:
    return max((stretch[1] for stretch in stretches if stretch), default=-1)


def _first(stretches: Sequence[Stretch | None], timed: Sequence[TimedSymbol]) -> int:
    return next((stretch[0] for stretch in stretches if stretch), len(timed))


def _between(timed: Sequence[TimedSymbol], before: int, after: int) -> Span:
    """Return the time of the symbols between two places; where there are none, the silence between them."""
    if after - before > 1:
        return Span(timed[before + 1].start_s, timed[after - 1].end_s)
    start_s = timed[before].end_s if before >= 0 else timed[0].start_s
    end_s = timed[after].start_s if after < len(timed) else timed[-1].end_s
    return Span(start_s, max(start_s, end_s))


def _shared(words: Sequence[str], span: Span) -> list[Span]:
    reached = list(accumulate((len(word) for word in words), initial=0))
    shared = sum(map(bool, words)) > 1
    step = (span.end_s - span.start_s) / max(reached[-1], 1)
    return [
        Span(span.start_s + first * step, span.start_s + end * step, shared and end > first)
        for first, end in pairwise(reached)
    ]
