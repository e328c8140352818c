"""Progress of a run: a bar per stage on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from manifests.names import StageName
from pipeline.runners import StageSpec

_LINE_EVERY_S = 15.0


class View(Protocol):
    """Shows the progress of each stage."""

    def advance(self, stage: StageName, items: int, lost: int) -> None:
        """Note that a task of `items` items is done, of which `lost` were rejected."""
        ...


@contextmanager
def progress_view(
    console: Console, stages: tuple[StageSpec, ...], totals: dict[StageName, int], done: dict[StageName, int]
) -> Iterator[View]:
    """Show progress over `totals` items per stage, of which some were `done` before, until the block ends."""
    if not console.is_terminal:
        yield _Lines(console, stages, totals, done)
        return
    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[lost]}", style="yellow"),
    )
    with Progress(*columns, console=console) as bars:
        yield _Bars(bars, stages, totals, done)


class _Bars:
    def __init__(
        self,
        bars: Progress,
        stages: tuple[StageSpec, ...],
        totals: dict[StageName, int],
        done: dict[StageName, int],
    ) -> None:
        self._bars = bars
        self._clock_from: dict[StageName, float] = {}
        self._lost = dict.fromkeys(totals, 0)
        self._bar_of: dict[StageName, TaskID] = {
            stage.name: bars.add_task(
                stage.doing, total=totals[stage.name], completed=done[stage.name], start=False, rate="", lost=""
            )
            for stage in stages
        }

    def advance(self, stage: StageName, items: int, lost: int) -> None:
        bar_id = self._bar_of[stage]
        self._bars.advance(bar_id, items)
        if stage not in self._clock_from:  # the first task starts the clock; the rate counts what comes after it
            self._bars.start_task(bar_id)
            self._clock_from[stage] = self._bars.tasks[bar_id].completed
        self._lost[stage] += lost
        bar = self._bars.tasks[bar_id]
        rate = f"{(bar.completed - self._clock_from[stage]) / bar.elapsed:.2f}/s" if bar.elapsed else ""
        self._bars.update(bar_id, rate=rate, lost=f"{self._lost[stage]} rejected" if self._lost[stage] else "")


class _Lines:
    def __init__(
        self,
        console: Console,
        stages: tuple[StageSpec, ...],
        totals: dict[StageName, int],
        done: dict[StageName, int],
    ) -> None:
        self._console = console
        self._doing = {stage.name: stage.doing for stage in stages}
        self._totals = totals
        self._clock_from: dict[StageName, int] = {}
        self._done = dict(done)
        self._lost = dict.fromkeys(totals, 0)
        self._first: dict[StageName, float] = {}
        self._last_line = 0.0

    def advance(self, stage: StageName, items: int, lost: int) -> None:
        now = time.monotonic()
        first = self._first.setdefault(stage, now)
        self._done[stage] += items
        clock_from = self._clock_from.setdefault(stage, self._done[stage])  # the rate counts what comes after the first
        self._lost[stage] += lost
        complete = self._done[stage] >= self._totals[stage]
        if not complete and now - self._last_line < _LINE_EVERY_S:
            return
        self._last_line = now
        line = f"{time.strftime('%H:%M:%S')} {self._doing[stage]}: {self._done[stage]}/{self._totals[stage]}"
        if self._done[stage] > clock_from:
            rate = (self._done[stage] - clock_from) / (now - first)
            left_s = (self._totals[stage] - self._done[stage]) / rate
            line += f", {rate:.2f}/s" + ("" if complete else f", {left_s:.0f} s left")
        self._console.print(line + (f", {self._lost[stage]} rejected" if self._lost[stage] else ""), highlight=False)
