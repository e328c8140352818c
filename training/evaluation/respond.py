"""The model's free runs in held-out dialogues: from each decision on, after the true past, or from start to end.

By default every decision is met with the dialogue's true sequence up to its chunk; from that chunk on the model hears
the true user and goes on from what it says itself. So each decision is the corpus's, and an early mistake does not
change the later ones. A whole window lets the model talk from the first chunk to the last, with a user who does not
react to it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from manifests.randomness import generator
from training.evaluation.corpus import HeldOut
from training.evaluation.moments import Moment, UserTurn
from training.evaluation.turn_taking import KS
from training.loop.duplex_model import DuplexModel, Grid
from training.loop.layout import ChunkLayout
from training.loop.voicing import PATIENCE_S

BATCH = 32
BATCH_TOKENS = 49_152
"""Of the pasts that are read at once."""


@dataclass(frozen=True)
class Window:
    """Chunks of a dialogue in which the model speaks by itself, behind the true ones.

    Attributes:
        dialogue: its number among the held-out ones.
        start, end: the half-open range of chunks.
    """

    dialogue: int
    start: int
    end: int


@dataclass(frozen=True)
class Response:
    """The model's behaviour in a window.

    Attributes:
        chunks: true ones up to the window's start, then the model's, to the window's end; shape (n, width).
    """

    chunks: Grid


def moment_window(place: int, dialogue: HeldOut, moment: Moment, layout: ChunkLayout) -> Window:
    """Return the window of a decision, as far as it is scored.

    It begins with the decision's chunk, or with that in which the corpus's own assistant began to answer before the
    user had ended: a past that holds the answer would leave nothing to decide.
    """
    longest_s = max(PATIENCE_S, max(KS) / layout.frames_hz) + 1 / layout.frames_hz
    return _window(place, dialogue, moment.at_s - moment.lead_s, moment.at_s + longest_s, layout)


def turn_window(place: int, dialogue: HeldOut, turn: UserTurn, layout: ChunkLayout) -> Window:
    """Return the window of a user's turn: from the chunk in which the floor is the user's alone, to its end."""
    return _window(place, dialogue, turn.alone_from_s, turn.end_s, layout)


def whole_window(place: int, dialogue: HeldOut) -> Window:
    """Return the window that is the whole dialogue."""
    return Window(place, 0, len(dialogue.chunks))


def respond(
    model: DuplexModel,
    dialogues: Sequence[HeldOut],
    windows: Sequence[Window],
    seed: int,
    advance: Callable[[int], None],
) -> list[Response]:
    """Return the model's response in every window, in the windows' order.

    What is drawn in a window depends on the seed and the window's number alone, not on what else runs beside it.

    Args:
        model: that speaks in them.
        dialogues: that the windows are of.
        windows: any.
        seed: of the draws.
        advance: is told of chunks that have been made.
    """
    responses: dict[int, Response] = {}
    for batch in _batches(windows, model.layout.width):
        chosen = [windows[number] for number in batch]
        open_ones = model.converse([generator(seed, "respond", number) for number in batch])
        open_ones.read([dialogues[window.dialogue].chunks[: window.start] for window in chosen])
        said = []
        for step in range(max(window.end - window.start for window in chosen)):
            user = np.stack([_user(dialogues[window.dialogue], window.start + step, model.layout) for window in chosen])
            spoken = open_ones.step(user)
            said.append(np.hstack([user, spoken.text, spoken.units]))
            advance(sum(window.start + step < window.end for window in chosen))
        for row, (number, window) in enumerate(zip(batch, chosen, strict=True)):
            past = dialogues[window.dialogue].chunks[: window.start]
            own = [chunk[row] for chunk in said[: window.end - window.start]]
            responses[number] = Response(np.concatenate([past, np.stack(own)]) if own else past)
    return [responses[number] for number in range(len(windows))]


def _window(place: int, dialogue: HeldOut, from_s: float, to_s: float, layout: ChunkLayout) -> Window:
    chunk_s = layout.frames / layout.frames_hz
    chunks = len(dialogue.chunks)
    start = min(math.floor(from_s / chunk_s + 1e-6), chunks)
    return Window(place, start, max(start, min(math.ceil(to_s / chunk_s - 1e-6), chunks)))


def _user(dialogue: HeldOut, chunk: int, layout: ChunkLayout) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Return the user's units of a chunk; the last ones again behind the end, where nothing is kept."""
    return dialogue.chunks[min(chunk, len(dialogue.chunks) - 1), layout.user_slots]


def _batches(windows: Sequence[Window], width: int) -> Iterator[list[int]]:
    """Yield numbers of windows with pasts of like length together, that are read and spoken in at once."""
    batch: list[int] = []
    for number in sorted(range(len(windows)), key=lambda place: (windows[place].start, windows[place].end)):
        longest = (windows[number].start + 1) * width
        if batch and (len(batch) == BATCH or (len(batch) + 1) * longest > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
