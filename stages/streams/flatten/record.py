"""What flattening reads and returns. Everything in this folder is pure: units and ids in, rows out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from manifests.names import Split
from manifests.records import Reject, Role, TokenConfig, TokenRow
from stages.streams.vocabulary import Ids

STAGE = "streams"

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class TurnTokens:
    """A turn's text, and where it speaks.

    Attributes:
        start, end: the half-open range of units on the turn's own channel, whole frames.
        text: token ids of what is heard.
        written: (unit, token id) of the whole text, for the text stream: no token comes in a chunk before its unit's;
            None: `text`, from `start` on.
        gives_way: for a cut turn, the unit in whose chunk it stops, or in whose chunk it is interrupted if that is
            later, as in a pause; None: it was not cut.
    """

    role: Role
    start: int
    end: int
    text: tuple[int, ...]
    written: tuple[tuple[int, int], ...] | None = None
    gives_way: int | None = None


@dataclass(frozen=True)
class SceneTokens:
    """A scene, both its channels tokenized from end to end, once.

    Attributes:
        user, assistant: units from 0, shape (n,) each, n a whole number of chunks.
        turns: in order of their starts.
        asides: speech that doesn't take the floor, in order of onset; only the full-duplex configs have it.
    """

    dialogue_id: str
    split: Split
    user: Ids
    assistant: Ids
    turns: tuple[TurnTokens, ...]
    asides: tuple[TurnTokens, ...] = ()

    @property
    def heard(self) -> tuple[TurnTokens, ...]:
        """Turns and asides in order of their starts."""
        return tuple(sorted((*self.turns, *self.asides), key=lambda turn: turn.start))

    def units_of(self, turn: TurnTokens) -> Ids:
        """Return the turn's span of its channel."""
        channel = self.user if turn.role == "user" else self.assistant
        return channel[turn.start : turn.end]


@dataclass(frozen=True)
class Flattened:
    """The rows of a scene.

    Attributes:
        rejects: what could not go into a row; none is final.
        notes: oddities in what went in, and how often.
    """

    rows: tuple[TokenRow, ...]
    rejects: tuple[Reject, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Piece:
    """Some tokens of a row, all with loss or all without."""

    ids: tuple[int, ...]
    loss: bool


def row_of(scene: SceneTokens, config: TokenConfig, name: str, task: str, pieces: tuple[Piece, ...]) -> TokenRow:
    """Return the row of pieces one after the other; `name` ends its id."""
    lengths = [len(piece.ids) for piece in pieces]
    return TokenRow(
        config=config,
        row_id=f"{scene.dialogue_id}-{config}-{name}",
        dialogue_id=scene.dialogue_id,
        split=scene.split,
        task=task,
        start_s=0.0,
        input_ids=np.array([token for piece in pieces for token in piece.ids], np.int32),
        loss_mask=np.repeat(np.array([piece.loss for piece in pieces], np.bool_), lengths),
    )


def left_out(scene: SceneTokens, reason: str, detail: str) -> Reject:
    """Return the record of something left out of a dialogue that lives on."""
    return Reject(scene.dialogue_id, STAGE, reason, detail, final=False)
