"""How the floor passes from IPU to IPU: gaps, overlaps and pauses as defined by Heldner and Edlund.

Mattias Heldner and Jens Edlund, Pauses, gaps and overlaps in conversations, Journal of Phonetics 38 (2010).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stages.scenes.fit.ipus import Ipu


@dataclass(frozen=True)
class FloorTransfer:
    """The floor goes from one speaker to the other: from the end of `before` to the onset of `after`."""

    before: Ipu
    after: Ipu

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
    """A silence between two IPUs of a speaker, who keeps the floor."""

    before: Ipu
    after: Ipu

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
    """An IPU that begins and ends within one of the other's: its speaker does not get the floor."""

    inside: Ipu
    around: Ipu

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
        """Where in the other's IPU it begins, from 0 to 1."""
        return (self.inside.start_s - self.around.start_s) / (self.around.end_s - self.around.start_s)


def transitions(ipus: Iterable[Ipu]) -> Iterator[FloorTransfer | Pause | OverlapInside]:
    """Yield what happens between the IPUs of two speakers; backchannels are skipped.

    Args:
        ipus: by onset.
    """
    before: Ipu | None = None
    for ipu in ipus:
        if ipu.backchannel:
            continue
        if before is not None and ipu.speaker != before.speaker and ipu.end_s < before.end_s:
            yield OverlapInside(ipu, before)
            continue
        if before is not None:
            yield (Pause if ipu.speaker == before.speaker else FloorTransfer)(before, ipu)
        before = ipu
