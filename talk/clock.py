"""The clock of a conversation: a chunk completes every 400 ms, in real time or as fast as chunks are answered."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from manifests.audio import Samples
from talk.session import CHUNK_S


class Clock(Protocol):
    """Tells the time in seconds, from an arbitrary start."""

    def now_s(self) -> float:
        """Return the time."""
        ...

    def wait_until(self, time_s: float) -> None:
        """Return at the given time, or at once if it has passed."""
        ...


class WallClock:
    """Real time: waiting takes time."""

    def now_s(self) -> float:
        """Return the time."""
        return time.monotonic()

    def wait_until(self, time_s: float) -> None:
        """Sleep until that time."""
        time.sleep(max(time_s - self.now_s(), 0.0))


class SkippingClock:
    """Real time without waits: whatever is awaited is there at once, so a chunk is late if it would be late live."""

    def __init__(self) -> None:
        self._skipped_s = 0.0

    def now_s(self) -> float:
        """Return the time."""
        return time.monotonic() + self._skipped_s

    def wait_until(self, time_s: float) -> None:
        """Skip to that time."""
        self._skipped_s += max(time_s - self.now_s(), 0.0)


@dataclass(frozen=True)
class UserChunk:
    """A chunk of the user's audio.

    Attributes:
        samples: shape (CHUNK_SAMPLES,), at 16 kHz.
        whole_s: when its last sample had been recorded, on the clock.
    """

    samples: Samples
    whole_s: float


def paced(chunks: Iterable[Samples], clock: Clock) -> Iterator[UserChunk]:
    """Yield the chunks of a recording as a microphone would: each when its 400 ms have passed, none left out.

    A chunk that is requested late is there at once, with the time when it was complete.
    """
    begins_s = clock.now_s()
    for index, samples in enumerate(chunks):
        whole_s = begins_s + (index + 1) * CHUNK_S
        clock.wait_until(whole_s)
        yield UserChunk(samples, whole_s)
