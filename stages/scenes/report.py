"""Requested against achieved timing, for the corpus card."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from manifests.records import Event
from stages.scenes.config import PaperTiming
from stages.scenes.laws import Law


@dataclass(frozen=True)
class TimingRow:
    """One transition of the timing model over a whole corpus; None where nothing happened.

    Attributes:
        transition: ``assistant turn``, ``user turn`` (offsets from the turn before) or ``interruption``
            (reaction times).
        law: what the config asks for.
        count: how many happened.
        requested_mean_s, requested_sd_s: of the offsets drawn from the law.
        achieved_mean_s, achieved_sd_s: of the offsets between the events themselves.
        worst_error_s: greatest distance between an offset drawn and achieved.
    """

    transition: str
    law: str
    count: int
    requested_mean_s: float | None
    requested_sd_s: float | None
    achieved_mean_s: float | None
    achieved_sd_s: float | None
    worst_error_s: float | None


def timing_table(scenes: Iterable[Sequence[Event]], timing: PaperTiming) -> tuple[TimingRow, ...]:
    """Compare what the laws asked for with what stands in the scenes.

    Args:
        scenes: the events of each scene, in any order; read once.
        timing: the laws the scenes were made with.
    """
    laws: dict[str, Law] = {
        "assistant turn": timing.assistant_offset_s,
        "user turn": timing.user_offset_s,
        "interruption": timing.reaction_s,
    }
    requested = {transition: _Moments() for transition in laws}
    achieved = {transition: _Moments() for transition in laws}
    worst = dict.fromkeys(laws, 0.0)
    for events in scenes:
        for transition, asked, got in _offsets(events):
            requested[transition].add(asked)
            achieved[transition].add(got)
            worst[transition] = max(worst[transition], abs(asked - got))
    return tuple(
        TimingRow(
            transition,
            str(law),
            requested[transition].count,
            requested[transition].mean,
            requested[transition].sd,
            achieved[transition].mean,
            achieved[transition].sd,
            worst[transition] if requested[transition].count else None,
        )
        for transition, law in laws.items()
    )


def _offsets(events: Sequence[Event]) -> Iterable[tuple[str, float, float]]:
    """Yield (transition, offset drawn, offset achieved) of every event whose offset was drawn."""
    turns = {event.turn: event for event in events if event.kind == "turn"}
    for event in events:
        if event.offset_s is None:
            continue
        if event.kind == "turn":
            yield f"{event.role} turn", event.offset_s, event.start_s - turns[event.turn - 1].end_s
        elif event.kind == "interruption":
            yield "interruption", event.offset_s, event.end_s - event.start_s


@dataclass
class _Moments:
    """Running mean and standard deviation (Welford's recurrence)."""

    count: int = 0
    _mean: float = field(default=0.0)
    _squares: float = field(default=0.0)

    def add(self, value: float) -> None:
        self.count += 1
        delta = value - self._mean
        self._mean += delta / self.count
        self._squares += delta * (value - self._mean)

    @property
    def mean(self) -> float | None:
        return self._mean if self.count else None

    @property
    def sd(self) -> float | None:
        return math.sqrt(self._squares / self.count) if self.count else None
