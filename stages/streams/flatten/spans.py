"""Bracketed spans, [SOS] units [EOS] and [SOT] text [EOT]: written and read back."""

from dataclasses import dataclass

import numpy as np

from stages.streams.vocabulary import EOS, EOT, SOS, SOT, Ids, Vocabulary


@dataclass(frozen=True)
class Span:
    """A span read back from a row.

    Attributes:
        tokens: units from 0 for speech, text ids for text.
    """

    speech: bool
    tokens: tuple[int, ...]


def speech_span(units: Ids, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Return the ids of [SOS] units [EOS]."""
    return (vocabulary.special(SOS), *vocabulary.unit_ids(units).tolist(), vocabulary.special(EOS))


def text_span(text: tuple[int, ...], vocabulary: Vocabulary) -> tuple[int, ...]:
    """Return the ids of [SOT] text [EOT]."""
    return (vocabulary.special(SOT), *text, vocabulary.special(EOT))


def read_spans(ids: Ids, vocabulary: Vocabulary, start: int = 0) -> tuple[Span, ...]:
    """Return the spans that follow each other from `start` to the end of a row.

    Raises:
        ValueError: a token that is not allowed where it is, with its position.
    """
    spans: list[Span] = []
    position = start
    while position < len(ids):
        speech = int(ids[position]) == vocabulary.special(SOS)
        if not speech and int(ids[position]) != vocabulary.special(SOT):
            raise ValueError(f"position {position}: {int(ids[position])} does not open a span")
        closing = np.flatnonzero(ids[position:] == vocabulary.special(EOS if speech else EOT))
        if not len(closing):
            raise ValueError(f"position {position}: the span {int(ids[position])} opens is never closed")
        end = position + int(closing[0])
        spans.append(Span(speech, _content(ids, position + 1, end, speech, vocabulary)))
        position = end + 1
    return tuple(spans)


def _content(ids: Ids, start: int, end: int, speech: bool, vocabulary: Vocabulary) -> tuple[int, ...]:
    positions = np.arange(start, end, dtype=np.int32)
    if not speech:
        check_range(ids, positions, 0, vocabulary.text_size, "text")
        return tuple(ids[start:end].tolist())
    check_units(ids, positions, vocabulary, "a unit")
    if len(positions) % vocabulary.codebooks:
        raise ValueError(f"position {end}: the span's last frame doesn't have all {vocabulary.codebooks} codebooks")
    return tuple((ids[start:end] - vocabulary.unit_offset).tolist())


def check_range(ids: Ids, positions: Ids, low: int, high: int, what: str) -> None:
    """Check that the ids at the positions lie in a half-open range.

    Raises:
        ValueError: the first one that doesn't, with its position.
    """
    values = ids[positions]
    wrong = np.flatnonzero((values < low) | (values >= high))
    if len(wrong):
        place = int(wrong[0])
        raise ValueError(f"position {int(positions[place])}: {int(values[place])} is not {what}")


def check_units(ids: Ids, positions: Ids, vocabulary: Vocabulary, what: str) -> None:
    """Check that the ids at the positions, which begin a frame, are units, each of the codebook whose turn it is.

    Raises:
        ValueError: the first one that isn't, with its position.
    """
    check_range(ids, positions, vocabulary.unit_offset, vocabulary.size, what)
    units = ids[positions] - vocabulary.unit_offset
    books = np.arange(len(positions)) % vocabulary.codebooks
    wrong = np.flatnonzero(units // vocabulary.codebook_size != books)
    if len(wrong):
        place = int(wrong[0])
        raise ValueError(
            f"position {int(positions[place])}: {int(ids[positions[place]])} is not {what} of codebook "
            f"{int(books[place])}"
        )
