"""Mean losses, and the rate, over the updates since the last log line."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from training.duplex.updates import Update


class Meter:
    """Collects updates as they are done; evaluation and saving between them don't count towards the rate."""

    def __init__(self) -> None:
        self._updates: list[Update] = []
        self._seconds = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time an update."""
        started = time.perf_counter()
        yield
        self._seconds += time.perf_counter() - started

    def add(self, update: Update) -> None:
        """Include an update in the means."""
        self._updates.append(update)

    def means(self) -> dict[str, float]:
        """Return the mean over the updates of each of their losses."""
        names = dict.fromkeys(name for update in self._updates for name in update.losses)
        of_name = {name: [update.losses[name] for update in self._updates if name in update.losses] for name in names}
        return {name: sum(losses) / len(losses) for name, losses in of_name.items()}

    def updates_per_s(self) -> float:
        """Return the rate, in tokens per second."""
        return len(self._updates) / self._seconds
