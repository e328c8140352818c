"""When the written words of a turn are spoken in its clip, from the best timing available. Pure.

An engine that knows how long it makes every phone is asked first, then the judge that has heard the clip; where there
is neither, words are spread over the measured speech in proportion to their length.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from manifests.records import Word, WordsFrom
from stages.speech.word_alignment import Span, TimedSymbol, find_words, letters_of, symbols_within
from stages.written_words import split_words


@dataclass(frozen=True)
class TurnWords:
    """The words of a turn's text.

    Attributes:
        words: in order, without overlap, inside the bounds of the speech; seconds from the clip's beginning. The first
            begins where speech begins, the last ends where it ends.
        found_by: where the times come from.
        shared: how many words have a part, by length, of a stretch that more than one stands in.
    """

    words: tuple[Word, ...]
    found_by: WordsFrom
    shared: int


@dataclass(frozen=True)
class KnownWords:
    """Words that were timed, whether or not they are written as in the turn's text."""

    words: Sequence[Word]
    found_by: WordsFrom
    shared: int = 0


def turn_words(text: str, start_s: float, end_s: float, known: KnownWords | None) -> TurnWords:
    """Return the words of a turn's text.

    Args:
        text: as written.
        start_s: where speech begins in the clip, as measured.
        end_s: where it ends.
        known: what was timed in the clip, in order; None if nothing was.
    """
    words = [word.text for word in split_words(text)]
    timed = _symbols(known.words) if known else []
    if known is None or not timed:
        return TurnWords(_inside(words, _spread(words, start_s, end_s), start_s, end_s), "characters", 0)
    spans = find_words([letters_of(word) for word in words], timed)
    shared = known.shared + sum(span.shared for span in spans)
    return TurnWords(_inside(words, spans, start_s, end_s), known.found_by, min(shared, len(words)))


def _symbols(words: Sequence[Word]) -> list[TimedSymbol]:
    return [
        symbol
        for group, word in enumerate(words)
        for symbol in symbols_within(word.text, word.start_s, word.end_s, group)
    ]


def _spread(words: Sequence[str], start_s: float, end_s: float) -> list[Span]:
    total = max(sum(map(len, words)), 1)
    spans, reached = [], 0
    for word in words:
        first, reached = reached, reached + len(word)
        step = (end_s - start_s) / total
        spans.append(Span(start_s + step * first, start_s + step * reached))
    return spans


def _inside(words: Sequence[str], spans: Sequence[Span], start_s: float, end_s: float) -> tuple[Word, ...]:
    """Return the words inside the bounds of the speech, which are measured on the sound and reach to its edges."""
    if not words:
        return ()
    starts = [start_s, *(min(max(span.start_s, start_s), end_s) for span in spans[1:])]
    ends = [*(min(max(span.end_s, start_s), end_s) for span in spans[:-1]), end_s]
    return tuple(Word(word, first, max(first, last)) for word, first, last in zip(words, starts, ends, strict=True))
