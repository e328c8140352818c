"""The schedule: which units of work are done, ready or waiting. Pure; knows nothing of Ray or storage."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.config import StageName
from pipeline.steps.graph import StepInfo


@dataclass(frozen=True)
class Unit:
    """A step, and the shard it works on; None for a step that runs once for the corpus."""

    step: StageName
    shard: int | None


class Schedule:
    """Hands out units whose inputs are there, shards in order; a call costs as little for many shards as for few."""

    def __init__(self, steps: Iterable[StepInfo], shards: int, done: Iterable[Unit]) -> None:
        self._steps = {step.name: step for step in steps}
        self._shards = shards
        self._left = {step.name: len(self._places(step)) for step in self._steps.values()}
        self._ready: dict[StageName, list[int]] = {name: [] for name in self._steps}
        self.done: set[Unit] = set()
        for unit in done:
            self._note_done(unit)
        for step in self._steps.values():
            for place in self._places(step):
                self._offer(self._unit(step, place))

    @property
    def finished(self) -> bool:
        """Whether every unit is done."""
        return not any(self._left.values())

    @property
    def steps(self) -> tuple[StageName, ...]:
        """The steps that have a unit ready, in the order of the run."""
        return tuple(name for name, ready in self._ready.items() if ready)

    @property
    def unfinished(self) -> tuple[StageName, ...]:
        """The steps that have a unit that is not done, in the order of the run."""
        return tuple(name for name, left in self._left.items() if left)

    def ready(self, step: StageName) -> int:
        """Return how many units of a step are ready."""
        return len(self._ready[step])

    def take(self, step: StageName) -> Unit:
        """Hand out the step's first ready unit; it is the caller's until `finish` or `give_back`."""
        return self._unit(self._steps[step], heapq.heappop(self._ready[step]))

    def give_back(self, unit: Unit) -> None:
        """Note that a unit was not done: it is ready again."""
        heapq.heappush(self._ready[unit.step], unit.shard or 0)

    def finish(self, unit: Unit) -> None:
        """Note that a unit is done, which may make others ready."""
        self._note_done(unit)
        for step in self._steps.values():
            if unit.step not in step.needs:
                continue
            if self._same_shard(unit.step, step):
                self._offer(Unit(step.name, unit.shard))
            elif not self._left[unit.step]:
                for place in self._places(step):
                    self._offer(self._unit(step, place))

    def _note_done(self, unit: Unit) -> None:
        self.done.add(unit)
        self._left[unit.step] -= 1

    def _offer(self, unit: Unit) -> None:
        """Make a unit ready if it is not done and all its inputs are there."""
        needs = [need for need in self._steps[unit.step].needs if need in self._steps]
        inputs_there = all(
            Unit(need, unit.shard) in self.done
            if self._same_shard(need, self._steps[unit.step])
            else not self._left[need]
            for need in needs
        )
        if inputs_there and unit not in self.done:
            heapq.heappush(self._ready[unit.step], unit.shard or 0)

    def _same_shard(self, need: StageName, step: StepInfo) -> bool:
        return self._steps[need].scope == "shard" and step.scope == "shard"

    def _places(self, step: StepInfo) -> range:
        return range(1 if step.scope == "corpus" else self._shards)

    def _unit(self, step: StepInfo, place: int) -> Unit:
        return Unit(step.name, None if step.scope == "corpus" else place)
