"""Rows packed into sequences of one length, so that almost no token of a step is padding.

A pack's position ids begin at 0 in every sample: attention that is given them, and no mask, keeps samples apart.
"""

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from manifests.errors import BuildError
from stages.streams.vocabulary import EOS, SILENT_SPEECH, SILENT_TEXT, SOT, Ids
from training.duplex.kinds import KINDS
from training.duplex.rows import Row
from training.duplex.token_map import TokenMap

IGNORED = -100
"""The label of positions without loss, as `transformers` has it."""

WASTE = 0.02
"""Largest share of a sequence that stays empty while a row can be cut to fill it."""

Kinds = np.ndarray[tuple[int], np.dtype[np.int8]]


@dataclass(frozen=True)
class Pack:
    """One sequence; all arrays are `max_length` long, and int32 except `kinds` (int8).

    Attributes:
        input_ids: model ids; padding is `silent_text_token`.
        labels: model ids where the loss is taken, `IGNORED` elsewhere; a sample's first token has no loss, since
            nothing of its own predicts it.
        position_ids: from 0 in every sample, and in the padding.
        kinds: places in `KINDS`.
        row_ids: of the samples, in order.
        tokens: that are no padding.
    """

    input_ids: Ids
    labels: Ids
    position_ids: Ids
    kinds: Kinds
    row_ids: tuple[str, ...]
    tokens: int


def fitting_pieces(row: Row, max_length: int) -> list[Row]:
    """Return the row, cut at its borders into as long pieces as fit; without what has no border where it would."""
    pieces = []
    while len(row) > max_length:
        place = bisect_right(row.borders, max_length)
        if place:
            piece, row = row.cut(int(row.borders[place - 1]))
            pieces.append(piece)
        elif len(row.borders):
            _, row = row.cut(int(row.borders[0]))
        else:
            return pieces
    return [*pieces, row]


def best_fit(rows: Sequence[Row], max_length: int) -> list[list[Row]]:
    """Return groups of rows that each fill `max_length`, the last one as far as there are rows.

    The longest row opens a group, then the longest that still fits follows. Where none does and more than `WASTE` of
    the group is empty, the longest row that has a border there is cut, and its end goes back to the others.

    Args:
        rows: none longer than `max_length`.
        max_length: tokens of a group.
    """
    pool = sorted(rows, key=len)
    groups = []
    while pool:
        group = [pool.pop()]
        room = max_length - len(group[0])
        while pool and room:
            place = bisect_right(pool, room, key=len)
            if place:
                group.append(pool.pop(place - 1))
            elif room <= WASTE * max_length or (head := _cut_one(pool, room)) is None:
                break
            else:
                group.append(head)
            room -= len(group[-1])
        groups.append(group)
    return groups


def pack_of(rows: Sequence[Row], token_map: TokenMap, max_length: int) -> Pack:
    """Return rows as one sequence.

    A text id that the map does not know is read as `unknown`, and no loss is taken on it.

    Raises:
        BuildError: a row has an id outside the vocabulary.
    """
    padding = token_map.special(SILENT_TEXT)
    input_ids = np.full(max_length, padding, np.int32)
    labels = np.full(max_length, IGNORED, np.int32)
    position_ids = np.empty(max_length, np.int32)
    kinds = np.zeros(max_length, np.int8)
    start = 0
    for row in rows:
        span = slice(start, start + len(row))
        try:
            ids = token_map.to_model(row.ids)
        except ValueError as error:
            raise BuildError(f"row {row.row_id}: {error}; run build-corpus validate to see what is wrong") from None
        taken = row.loss_mask.copy()
        taken[0] = False
        if token_map.unknown is not None:
            taken &= ids != token_map.unknown
        input_ids[span] = ids
        labels[span][taken] = ids[taken]
        position_ids[span] = np.arange(len(row))
        kinds[span] = _kinds_of(ids, row.loss_mask, token_map)
        start = span.stop
    position_ids[start:] = np.arange(max_length - start)
    return Pack(input_ids, labels, position_ids, kinds, tuple(row.row_id for row in rows), start)


def packs_in_order(rows: Iterator[Row], token_map: TokenMap, max_length: int) -> Iterator[Pack]:
    """Yield packs of rows in their order, for evaluation; what can't be cut to fit is dropped."""
    held: list[Row] = []
    room = max_length
    for piece in (piece for row in rows for piece in fitting_pieces(row, max_length)):
        if len(piece) > room:
            yield pack_of(held, token_map, max_length)
            held, room = [], max_length
        held.append(piece)
        room -= len(piece)
    if held:
        yield pack_of(held, token_map, max_length)


def _cut_one(pool: list[Row], room: int) -> Row | None:
    """Take from the pool, which stays sorted, the piece of a row that fills the room best from its start."""
    for place in range(len(pool) - 1, -1, -1):
        borders = pool[place].borders
        below = bisect_right(borders, room)
        if below:
            head, tail = pool.pop(place).cut(int(borders[below - 1]))
            insort(pool, tail, key=len)
            return head
    return None


def _kinds_of(ids: Ids, loss_mask: np.ndarray, token_map: TokenMap) -> Kinds:
    """Return the kind of every token; a span of text right after speech without loss is that speech's transcript."""
    names = {name: place for place, name in enumerate(KINDS)}
    is_text, is_unit = ids < token_map.text_size, ids >= token_map.unit_offset
    kinds = np.full(len(ids), names["markers"], np.int8)
    kinds[is_text] = names["text"]
    kinds[is_unit] = names["units"]
    kinds[ids == token_map.special(SILENT_TEXT)] = names["silent_text"]
    kinds[ids == token_map.special(SILENT_SPEECH)] = names["silent_speech"]
    opens = ids == token_map.special(SOT)
    after_heard = np.concatenate([[False], (ids[:-1] == token_map.special(EOS)) & ~loss_mask[:-1]])
    opening = np.maximum.accumulate(np.where(opens, np.arange(len(ids)), -1))
    kinds[is_text & (opening >= 0) & after_heard[opening]] = names["user_text"]
    return kinds
