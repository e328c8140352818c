"""Means of losses, and the rate, over the steps since the last line of the log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from training.duplex.steps import Step


class Meter:
    """Takes steps as they are done; evaluating and saving between them do not count for the rate."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._seconds = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time a step."""
        started = time.perf_counter()
        yield
        self._seconds += time.perf_counter() - started

    def add(self, step: Step) -> None:
        """Take a step into the means."""
        self._steps.append(step)

    def means(self) -> dict[str, float]:
        """Return the mean over steps of every loss they have."""
        names = dict.fromkeys(name for step in self._steps for name in step.losses)
        of_name = {name: [step.losses[name] for step in self._steps if name in step.losses] for name in names}
        return {name: sum(losses) / len(losses) for name, losses in of_name.items()}

    def steps_per_s(self) -> float:
        """Return the rate."""
        return len(self._steps) / self._seconds
