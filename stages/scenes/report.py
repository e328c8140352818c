"""Requested against achieved timing, for the corpus card."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from manifests.card import TimingRow
from manifests.records import Event
from stages.scenes.profile import TimingProfile

ASSISTANT_ANSWERS = "assistant answers"
USER_CONTINUES = "user takes the next turn"
ASSISTANT_STOPS = "interrupted assistant stops"


def timing_table(scenes: Iterable[Sequence[Event]], timing: TimingProfile) -> tuple[TimingRow, ...]:
    """Compare what the laws ask for with what stands in the scenes.

    Requested moments are the laws' own, truncation included, not those of the numbers that happened to be drawn;
    achieved ones are measured between the events. So the table shows a wrong draw as well as a wrong placement.

    Args:
        scenes: the events of each scene, in any order; read once.
        timing: the laws that the scenes were made with.

    Returns:
        a row per kind of transition, also for those that never happened.
    """
    laws = {
        ASSISTANT_ANSWERS: timing.floor_transfer_s.assistant,
        USER_CONTINUES: timing.floor_transfer_s.user,
        ASSISTANT_STOPS: timing.interruption.reaction_s,
    }
    achieved = {kind: _Moments() for kind in laws}
    for events in scenes:
        for kind, offset_s in _achieved(events):
            achieved[kind].add(offset_s)
    return tuple(
        TimingRow(kind, achieved[kind].count, *law.moments(), achieved[kind].mean, achieved[kind].sd)
        for kind, law in laws.items()
    )


def _achieved(events: Sequence[Event]) -> Iterator[tuple[str, float]]:
    """Yield (kind, offset measured) of every event whose offset was drawn."""
    turns = {event.turn: event for event in events if event.kind == "turn"}
    for event in events:
        if event.offset_s is None:
            continue
        if event.kind == "turn":
            kind = ASSISTANT_ANSWERS if event.role == "assistant" else USER_CONTINUES
            yield kind, event.start_s - turns[event.turn - 1].end_s
        elif event.kind == "interruption":
            yield ASSISTANT_STOPS, event.end_s - event.start_s


@dataclass
class _Moments:
    """Running mean and standard deviation, by Welford's recurrence."""

    count: int = 0
    _mean: float = 0.0
    _squares: float = 0.0

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
