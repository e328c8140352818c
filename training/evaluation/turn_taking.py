"""Turn-taking, scored as in OmniFlatten (arXiv 2410.17799): whether the K-th token after a moment is right. Pure.

The assistant is a boolean array, one value a frame of units: True where it holds anything but silent_speech_token. A
unit that sounds like silence inside a turn is speech here. Frames count from the dialogue's beginning.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.moments import Moment, UserTurn
from training.loop.voicing import MERGED_S, PATIENCE_S, ROUNDING_S, Voiced

KS = (1, 5, 10, 25)
BACKCHANNEL_S = 1.0
"""A stretch no longer than this that begins and ends while the user speaks is a backchannel, as in `timing fit`."""


@dataclass(frozen=True)
class Reaction:
    """The assistant's behaviour at one moment.

    Attributes:
        right: for each of `KS`, whether the K-th token is what the moment asks for; None where nothing is known: behind
            the end of the array, or of the turn that the assistant should keep.
        response_s: from the moment to the first right token; None if that takes longer than `PATIENCE_S`.
        before: whether the last token that ends by the moment was right already.
        left_s: from the moment to the first wrong token within `PATIENCE_S`; None if there is none.
    """

    right: tuple[bool | None, ...]
    response_s: float | None
    before: bool
    left_s: float | None


@dataclass(frozen=True)
class TurnTaking:
    """Statistics of the reactions to some moments; shares are None if there are no moments.

    Attributes:
        moments: how many.
        acc: for each of `KS`, the share of moments whose K-th token is right.
        reacted: share with a right token within `PATIENCE_S`.
        mean_ms, median_ms: response over those.
        before: share that were right before the moment: there the score says nothing about a reaction.
        left: share with a wrong token within `PATIENCE_S`; where the assistant should go on, its false stops.
    """

    moments: int
    acc: tuple[float | None, ...]
    reacted: float | None
    mean_ms: float | None
    median_ms: float | None
    before: float | None
    left: float | None


@dataclass(frozen=True)
class FloorKeeping:
    """The assistant's behaviour while the user holds the floor.

    Attributes:
        user_turns: how many leave such time.
        minutes: of them, in which the assistant has no business.
        false_starts: stretches of the assistant's speech in that time, backchannels left out.
        turns_spoken_over: user turns with at least one.
        backchannels: the short stretches that were left out.
    """

    user_turns: int
    minutes: float
    false_starts: int
    turns_spoken_over: int
    backchannels: int

    @property
    def per_minute(self) -> float | None:
        """False starts per minute of time that is the user's."""
        return self.false_starts / self.minutes if self.minutes else None

    @property
    def per_turn(self) -> float | None:
        """Share of the user's turns that the assistant speaks over."""
        return self.turns_spoken_over / self.user_turns if self.user_turns else None


def react(moment: Moment, voiced: Voiced, frames_hz: float) -> Reaction:
    """Return the reaction to a moment.

    The K-th token after a moment is the K-th frame that begins at it or later.

    Args:
        moment: in the dialogue that `voiced` is of.
        voiced: shape (n,), from the dialogue's beginning on; may end before the dialogue does.
        frames_hz: frames a second.
    """
    first = _frame_from(moment.at_s, frames_hz)
    right = ~voiced if moment.task == "user_takes" else voiced
    known = min(len(right), _whole_frames(moment.until_s, frames_hz))
    last = _whole_frames(moment.at_s, frames_hz) - 1
    patient = _whole_frames(moment.at_s + PATIENCE_S, frames_hz) + 1
    window = right[first : min(known, patient)]
    return Reaction(
        right=tuple(bool(right[first + k - 1]) if first + k - 1 < known else None for k in KS),
        response_s=_delay(window, first, moment.at_s, frames_hz),
        before=bool(right[last]) if 0 <= last < len(right) else moment.task == "user_takes",
        left_s=_delay(~window, first, moment.at_s, frames_hz),
    )


def summarise(reactions: Sequence[Reaction]) -> TurnTaking:
    """Return the shares and means over reactions to moments of one task; there may be none."""
    responses = [reaction.response_s for reaction in reactions if reaction.response_s is not None]
    return TurnTaking(
        moments=len(reactions),
        acc=tuple(_share([reaction.right[place] for reaction in reactions]) for place in range(len(KS))),
        reacted=_share([reaction.response_s is not None for reaction in reactions]),
        mean_ms=1000 * float(np.mean(responses)) if responses else None,
        median_ms=1000 * float(np.median(responses)) if responses else None,
        before=_share([reaction.before for reaction in reactions]),
        left=_share([reaction.left_s is not None for reaction in reactions]),
    )


def keep_floor(turn: UserTurn, voiced: Voiced, frames_hz: float) -> FloorKeeping:
    """Return what the assistant does during one of the user's turns.

    Frames count that lie in the time that is the user's alone, whole. A stretch of speech that reaches into it counts
    once, also when it began before; silences below `MERGED_S` don't part it. One of at most `BACKCHANNEL_S` that
    begins and ends inside the user's turn is a backchannel.

    Args:
        turn: in the dialogue that `voiced` is of.
        voiced: shape (n,), from the dialogue's beginning on, at least to the turn's end.
        frames_hz: frames a second.
    """
    start, alone = _frame_from(turn.start_s, frames_hz), _frame_from(turn.alone_from_s, frames_hz)
    end = _whole_frames(turn.end_s, frames_hz)
    if alone >= end:
        return FloorKeeping(0, 0.0, 0, 0, 0)
    counted = backchannels = 0
    for begins, ends in _stretches(voiced, round(MERGED_S * frames_hz)):
        if ends <= alone or begins >= end:
            continue
        if start <= begins and ends < end and ends - begins <= BACKCHANNEL_S * frames_hz:
            backchannels += 1
        else:
            counted += 1
    return FloorKeeping(1, (end - alone) / frames_hz / 60, counted, int(counted > 0), backchannels)


def add_up(turns: Sequence[FloorKeeping]) -> FloorKeeping:
    """Return the sums over user turns."""
    return FloorKeeping(
        sum(turn.user_turns for turn in turns),
        sum(turn.minutes for turn in turns),
        sum(turn.false_starts for turn in turns),
        sum(turn.turns_spoken_over for turn in turns),
        sum(turn.backchannels for turn in turns),
    )


def stretches(voiced: Voiced) -> list[tuple[int, int]]:
    """Return the half-open ranges of frames in which the array is True."""
    edges = np.diff(np.concatenate([[0], voiced.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _stretches(voiced: Voiced, merged_frames: int) -> list[tuple[int, int]]:
    """Return the stretches of speech, those that less than `merged_frames` of silence parts as one."""
    merged: list[tuple[int, int]] = []
    for begins, ends in stretches(voiced):
        if merged and begins - merged[-1][1] < merged_frames:
            merged[-1] = merged[-1][0], ends
        else:
            merged.append((begins, ends))
    return merged


def _frame_from(time_s: float, frames_hz: float) -> int:
    """Return the first frame that begins at a time or later."""
    return math.ceil((time_s - ROUNDING_S) * frames_hz)


def _whole_frames(time_s: float, frames_hz: float) -> int:
    """Return how many whole frames lie before a time."""
    return sys.maxsize if math.isinf(time_s) else math.floor((time_s + ROUNDING_S) * frames_hz)


def _delay(window: Voiced, first: int, at_s: float, frames_hz: float) -> float | None:
    found = np.flatnonzero(window)
    return max((first + int(found[0])) / frames_hz - at_s, 0.0) if len(found) else None


def _share(values: Sequence[bool | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
