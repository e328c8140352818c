"""Where the assistant's text stands in time: a few slots in every chunk, filled from each turn's onset."""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.streams.flatten.record import TurnTokens


@dataclass(frozen=True)
class TextLayout:
    """The placed text of a scene.

    Attributes:
        slots: slot and token of everything placed, slots rising; slot s is in chunk s // slots_per_chunk.
        chunks: how many chunks the text needs, at least.
        outlives: turns whose text goes on after their speech has ended.
        dropped: tokens of cut turns that found no slot before the cut.
    """

    slots: tuple[tuple[int, int], ...]
    chunks: int
    outlives: int
    dropped: int


def lay_out_text(turns: Sequence[TurnTokens], chunk_units: int, slots_per_chunk: int) -> TextLayout:
    """Return where each token of the assistant's turns goes.

    A turn's text starts in the chunk of its onset, or right behind the text before it if that is later, and fills
    every slot. A cut turn has no text after the chunk of its cut. Backchannels stand among the turns like these.
    """
    placed: list[tuple[int, int]] = []
    free = outlives = dropped = 0
    for turn in turns:
        if turn.role != "assistant":
            continue
        first = max(free, turn.start // chunk_units * slots_per_chunk)
        spoken_until = (max(turn.end - 1, turn.start) // chunk_units + 1) * slots_per_chunk
        text = turn.text[: max(spoken_until - first, 0)] if turn.cut else turn.text
        dropped += len(turn.text) - len(text)
        outlives += bool(text) and first + len(text) > spoken_until
        placed += [(first + place, token) for place, token in enumerate(text)]
        free = first + len(text)
    return TextLayout(tuple(placed), -(-free // slots_per_chunk), outlives, dropped)
