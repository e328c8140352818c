"""The schedule: which units of work are done, ready or waiting. Pure; knows nothing of Ray or storage."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.config import StageName
from pipeline.runners.graph import StageSpec


@dataclass(frozen=True)
class Unit:
    """A stage, and the shard it works on; None for a stage that runs once for the corpus."""

    stage: StageName
    shard: int | None


class Schedule:
    """Hands out units whose inputs are there, shards in order; a call costs as little for many shards as for few."""

    def __init__(self, stages: Iterable[StageSpec], shards: int, done: Iterable[Unit]) -> None:
        self._stages = {stage.name: stage for stage in stages}
        self._shards = shards
        self._left = {stage.name: len(self._places(stage)) for stage in self._stages.values()}
        self._ready: dict[StageName, list[int]] = {name: [] for name in self._stages}
        self.done: set[Unit] = set()
        for unit in done:
            self._note_done(unit)
        for stage in self._stages.values():
            for place in self._places(stage):
                self._offer(self._unit(stage, place))

    @property
    def finished(self) -> bool:
        """Whether every unit is done."""
        return not any(self._left.values())

    @property
    def stages(self) -> tuple[StageName, ...]:
        """The stages that have a unit ready, in the order of the run."""
        return tuple(name for name, ready in self._ready.items() if ready)

    @property
    def unfinished(self) -> tuple[StageName, ...]:
        """The stages that have a unit that is not done, in the order of the run."""
        return tuple(name for name, left in self._left.items() if left)

    def ready(self, stage: StageName) -> int:
        """Return how many units of a stage are ready."""
        return len(self._ready[stage])

    def take(self, stage: StageName) -> Unit:
        """Hand out the stage's first ready unit; it is the caller's until `finish` or `give_back`."""
        return self._unit(self._stages[stage], heapq.heappop(self._ready[stage]))

    def give_back(self, unit: Unit) -> None:
        """Note that a unit was not done: it is ready again."""
        heapq.heappush(self._ready[unit.stage], unit.shard or 0)

    def finish(self, unit: Unit) -> None:
        """Note that a unit is done, which may make others ready."""
        self._note_done(unit)
        for stage in self._stages.values():
            if unit.stage not in stage.needs:
                continue
            if self._same_shard(unit.stage, stage):
                self._offer(Unit(stage.name, unit.shard))
            elif not self._left[unit.stage]:
                for place in self._places(stage):
                    self._offer(self._unit(stage, place))

    def _note_done(self, unit: Unit) -> None:
        self.done.add(unit)
        self._left[unit.stage] -= 1

    def _offer(self, unit: Unit) -> None:
        """Make a unit ready if it is not done and all its inputs are there."""
        needs = [need for need in self._stages[unit.stage].needs if need in self._stages]
        inputs_there = all(
            Unit(need, unit.shard) in self.done
            if self._same_shard(need, self._stages[unit.stage])
            else not self._left[need]
            for need in needs
        )
        if inputs_there and unit not in self.done:
            heapq.heappush(self._ready[unit.stage], unit.shard or 0)

    def _same_shard(self, need: StageName, stage: StageSpec) -> bool:
        return self._stages[need].scope == "shard" and stage.scope == "shard"

    def _places(self, stage: StageSpec) -> range:
        return range(1 if stage.scope == "corpus" else self._shards)

    def _unit(self, stage: StageSpec, place: int) -> Unit:
        return Unit(stage.name, None if stage.scope == "corpus" else place)
