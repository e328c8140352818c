"""Progress and rate of a part of the evaluation: a bar in a terminal, lines in a log, and a final line in both."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress

LINE_EVERY_S = 30.0
"""Between the lines of a log."""


@dataclass
class Rate:
    """The progress of a part.

    Attributes:
        seconds: that it took; known when it is done.
    """

    unit: str
    done: int = 0
    seconds: float = 0.0

    @property
    def per_s(self) -> float:
        """Units per second."""
        return self.done / self.seconds if self.seconds else 0.0

    @property
    def described(self) -> str:
        """The rate in words."""
        rate = f"{self.per_s:,.0f}" if self.per_s >= 10 else f"{self.per_s:.2g}"
        return f"{self.done:,} {self.unit} in {self.seconds:.1f} s, {rate} per second"


@contextmanager
def part(console: Console, doing: str, total: int | None, unit: str) -> Iterator[tuple[Callable[[int], None], Rate]]:
    """Show the progress of a part, with its total number of units if known, until the block ends.

    Yields a function to call with the number of units done, and the rate.
    """
    rate = Rate(unit)
    begins = said = time.monotonic()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task(doing, total=total)

        def advance(units: int) -> None:
            nonlocal said
            rate.done += units
            bars.advance(bar, units)
            now = time.monotonic()
            if not console.is_terminal and now - said >= LINE_EVERY_S:
                said = now
                left = f" of {total:,}, {(total - rate.done) * (now - begins) / rate.done:.0f} s left" if total else ""
                console.print(f"{doing}: {rate.done:,}{left}", highlight=False, soft_wrap=True)

        yield advance, rate
    rate.seconds = time.monotonic() - begins
    console.print(f"{doing}: {rate.described}", highlight=False, soft_wrap=True)
