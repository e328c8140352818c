"""Where the floor goes from unit to unit: gaps, overlaps and pauses in the sense of Heldner and Edlund.

Mattias Heldner and Jens Edlund, Pauses, gaps and overlaps in conversations, Journal of Phonetics 38 (2010).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stages.scenes.fit.units import Unit


@dataclass(frozen=True)
class FloorTransfer:
    """The floor goes from one speaker to the other: from the end of `before` to the onset of `after`."""

    before: Unit
    after: Unit

    @property
    def speaker(self) -> str:
        """Who takes the floor."""
        return self.after.speaker

    @property
    def offset_s(self) -> float:
        """A gap if positive, an overlap if negative."""
        return self.after.start_s - self.before.end_s


@dataclass(frozen=True)
class Pause:
    """A silence between two units of a speaker, who keeps the floor."""

    before: Unit
    after: Unit

    @property
    def speaker(self) -> str:
        """Who pauses."""
        return self.after.speaker

    @property
    def duration_s(self) -> float:
        """How long."""
        return self.after.start_s - self.before.end_s


@dataclass(frozen=True)
class OverlapInside:
    """A unit that begins and ends within one of the other's: its speaker does not get the floor."""

    inside: Unit
    around: Unit

    @property
    def speaker(self) -> str:
        """Who does not get the floor."""
        return self.inside.speaker

    @property
    def duration_s(self) -> float:
        """How long both speak."""
        return self.inside.end_s - self.inside.start_s

    @property
    def onset(self) -> float:
        """Where in the other's unit it begins, from 0 to 1."""
        return (self.inside.start_s - self.around.start_s) / (self.around.end_s - self.around.start_s)


def transitions(units: Iterable[Unit]) -> Iterator[FloorTransfer | Pause | OverlapInside]:
    """Yield what happens between the units of two speakers; backchannels are passed over.

    Args:
        units: by onset.
    """
    before: Unit | None = None
    for unit in units:
        if unit.backchannel:
            continue
        if before is not None and unit.speaker != before.speaker and unit.end_s < before.end_s:
            yield OverlapInside(unit, before)
            continue
        if before is not None:
            yield (Pause if unit.speaker == before.speaker else FloorTransfer)(before, unit)
        before = unit
