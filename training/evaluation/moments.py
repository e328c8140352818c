"""Where in a dialogue the assistant must decide whether to speak, according to the corpus's events. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from manifests.records import Event
from training.loop.voicing import PATIENCE_S

Task = Literal["assistant_takes", "user_takes", "assistant_keeps"]
Kind = Literal["turn", "interruption", "failed_interruption", "backchannel"]

TASKS: tuple[Task, ...] = ("assistant_takes", "user_takes", "assistant_keeps")
KINDS: tuple[Kind, ...] = ("turn", "interruption", "failed_interruption", "backchannel")


@dataclass(frozen=True)
class Moment:
    """A decision.

    Attributes:
        task: ``assistant_takes``: the user's turn ends and the assistant should answer; ``user_takes``: the user starts
            a turn over the assistant, which should fall silent; ``assistant_keeps``: the user says something over the
            assistant that takes no floor, and it should go on.
        kind: what the user does: an ordinary `turn`, an `interruption`, or what takes no floor.
        at_s: the end of the user's turn, or the onset of what the user says.
        until_s: for ``assistant_keeps`` the end of the assistant's turn, behind which nothing is asked of it.
        lead_s: how long before the moment the corpus's own assistant began its answer; 0 where it waited.
    """

    task: Task
    kind: Kind
    at_s: float
    until_s: float = float("inf")
    lead_s: float = 0.0


@dataclass(frozen=True)
class UserTurn:
    """A stretch of time in which the user holds the floor.

    Attributes:
        start_s, end_s: of the user's turn.
        alone_from_s: from when on the assistant has no business there: `start_s`, or `PATIENCE_S` later where the
            user started over the assistant.
    """

    start_s: float
    end_s: float
    alone_from_s: float


def moments_of(events: Sequence[Event]) -> tuple[Moment, ...]:
    """Return the decisions of a dialogue, in order of time.

    The assistant's own backchannels don't count: they answer nothing and don't take the floor.
    """
    turns = _turns(events)
    interrupting = {event.turn for event in events if event.kind == "interruption"}
    found: list[Moment] = []
    for before, turn, after in zip([None, *turns], turns, [*turns[1:], None], strict=False):
        if turn.role != "user":
            continue
        kind: Kind = "interruption" if turn.turn in interrupting else "turn"
        if before and before.role == "assistant" and turn.start_s < before.end_s:
            found.append(Moment("user_takes", kind, turn.start_s))
        if after and after.role == "assistant":
            lead_s = max(turn.end_s - after.start_s, 0.0)
            found.append(Moment("assistant_takes", kind, turn.end_s, lead_s=lead_s))
    ends_s = {turn.turn: turn.end_s for turn in turns if turn.role == "assistant"}
    for event in events:
        if event.role == "user" and event.kind == "backchannel" and event.turn in ends_s:
            found.append(Moment("assistant_keeps", "backchannel", event.start_s, ends_s[event.turn]))
        elif event.role == "user" and event.kind == "failed_interruption" and event.turn - 1 in ends_s:
            found.append(Moment("assistant_keeps", "failed_interruption", event.start_s, ends_s[event.turn - 1]))
    return tuple(sorted(found, key=lambda moment: moment.at_s))


def user_turns_of(events: Sequence[Event]) -> tuple[UserTurn, ...]:
    """Return when the user holds the floor, in order of time."""
    turns = _turns(events)
    found: list[UserTurn] = []
    for before, turn in zip([None, *turns], turns, strict=False):
        if turn.role == "user":
            over = before is not None and before.role == "assistant" and turn.start_s < before.end_s
            found.append(UserTurn(turn.start_s, turn.end_s, turn.start_s + (PATIENCE_S if over else 0.0)))
    return tuple(found)


def _turns(events: Sequence[Event]) -> list[Event]:
    return sorted((event for event in events if event.kind == "turn"), key=lambda event: event.turn)
