"""Where the assistant's text goes in time: a few slots in every chunk, filled from each turn's onset or word."""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.streams.flatten.record import TurnTokens


@dataclass(frozen=True)
class TextLayout:
    """The placed text of a scene.

    Attributes:
        slots: slot and token of everything placed, slots rising; slot s is in chunk s // slots_per_chunk.
        chunks: how many chunks the text needs, at least.
        outlives: turns whose text continues after their speech has ended.
        dropped: tokens of heard words that found no slot before a cut.
    """

    slots: tuple[tuple[int, int], ...]
    chunks: int
    outlives: int
    dropped: int


def lay_out_text(turns: Sequence[TurnTokens], chunk_units: int, slots_per_chunk: int) -> TextLayout:
    """Return where each token of the assistant's turns goes.

    Each takes the first free slot after the previous token's that is no earlier than the chunk of its own unit: the
    turn's onset, or where its word begins. A cut turn has the tokens of its whole text that find a slot up to the chunk
    in which it gives way: until then its text is the same as if it continued. Backchannels are placed like turns.
    """
    placed: list[tuple[int, int]] = []
    free = outlives = dropped = 0
    for turn in turns:
        if turn.role != "assistant":
            continue
        last = max(turn.end - 1, turn.start) if turn.gives_way is None else turn.gives_way
        limit = (last // chunk_units + 1) * slots_per_chunk
        written = [(turn.start, token) for token in turn.text] if turn.written is None else turn.written
        before = len(placed)
        for unit, token in written:
            slot = max(free, unit // chunk_units * slots_per_chunk)
            if turn.gives_way is not None and slot >= limit:
                break
            placed.append((slot, token))
            free = slot + 1
        count = len(placed) - before
        dropped += max(len(turn.text) - count, 0)
        outlives += count > 0 and free > limit
    return TextLayout(tuple(placed), -(-free // slots_per_chunk), outlives, dropped)
