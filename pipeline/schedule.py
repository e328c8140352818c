"""The schedule: which units of work are done, ready or waiting. Pure; knows nothing of Ray or storage."""

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
    """Hands out units whose inputs are there, earlier steps first and shards in order."""

    def __init__(self, steps: Iterable[StepInfo], shards: int, done: Iterable[Unit]) -> None:
        self._steps = {step.name: step for step in steps}
        self._units = [
            Unit(step.name, shard)
            for step in self._steps.values()
            for shard in ([None] if step.scope == "corpus" else range(shards))
        ]
        self._shards = shards
        self.done: set[Unit] = set(done)
        self._running: set[Unit] = set()

    def units_of(self, step: StageName) -> list[Unit]:
        """Return all units of a step."""
        return [unit for unit in self._units if unit.step == step]

    @property
    def finished(self) -> bool:
        """Whether every unit is done."""
        return all(unit in self.done for unit in self._units)

    def ready(self) -> list[Unit]:
        """Return the units that could start now, in the order in which they should."""
        complete = {step for step in self._steps if all(unit in self.done for unit in self.units_of(step))}
        return [
            unit
            for unit in self._units
            if unit not in self.done and unit not in self._running and self._has_inputs(unit, complete)
        ]

    def start(self, unit: Unit) -> None:
        """Note that a unit has been given to a worker."""
        self._running.add(unit)

    def finish(self, unit: Unit) -> None:
        """Note that a unit is done."""
        self._running.discard(unit)
        self.done.add(unit)

    def give_back(self, unit: Unit) -> None:
        """Note that a unit's worker died: it is ready again."""
        self._running.discard(unit)

    def _has_inputs(self, unit: Unit, complete: set[StageName]) -> bool:
        for need in self._steps[unit.step].needs:
            if need not in self._steps:
                continue
            same_shard = self._steps[need].scope == "shard" and unit.shard is not None
            if not (Unit(need, unit.shard) in self.done if same_shard else need in complete):
                return False
        return True
