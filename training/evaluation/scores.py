"""Turn-taking over many answers: by what is asked and what the user does, with false starts and false stops."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from training.evaluation.moments import KINDS, TASKS, Kind, Moment, Task, UserTurn
from training.evaluation.turn_taking import (
    FloorKeeping,
    Reaction,
    TurnTaking,
    add_up,
    keep_floor,
    react,
    summarise,
)
from training.loop.voicing import Voiced

ALL: Literal["all"] = "all"


@dataclass(frozen=True)
class Scores:
    """An assistant's turn-taking.

    Attributes:
        reactions: of every moment, by its task and kind.
        floor: what it did in the user's turns.
    """

    reactions: dict[tuple[Task, Kind], tuple[Reaction, ...]]
    floor: FloorKeeping

    def of(self, task: Task, kind: Kind | Literal["all"] = ALL) -> TurnTaking:
        """Return the shares over the moments of a task, of one kind or of all."""
        return summarise(self.all_of(task) if kind == ALL else self.reactions.get((task, kind), ()))

    def all_of(self, task: Task) -> tuple[Reaction, ...]:
        """Return the reactions to all moments of a task."""
        return tuple(each for kind in KINDS for each in self.reactions.get((task, kind), ()))


def score(
    moments: Sequence[tuple[Moment, Voiced]], turns: Sequence[tuple[UserTurn, Voiced]], frames_hz: float
) -> Scores:
    """Score an assistant.

    Args:
        moments: each with the assistant from the dialogue's beginning on.
        turns: the user's, in the same way.
        frames_hz: frames a second.
    """
    reactions = {
        (task, kind): tuple(
            react(moment, voiced, frames_hz)
            for moment, voiced in moments
            if moment.task == task and moment.kind == kind
        )
        for task in TASKS
        for kind in KINDS
    }
    floor = add_up([keep_floor(turn, voiced, frames_hz) for turn, voiced in turns])
    return Scores({key: found for key, found in reactions.items() if found}, floor)
