"""The schedule: which tasks are done, ready or waiting. Pure; knows nothing of Ray or storage."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from manifests.names import StageName
from pipeline.runners.graph import StageSpec


@dataclass(frozen=True)
class Task:
    """A stage and the shard it works on; None for a stage that runs once for the corpus."""

    stage: StageName
    shard: int | None


class Schedule:
    """Hands out tasks whose inputs are ready, shards in order; a call's cost doesn't grow with the number of shards."""

    def __init__(self, stages: Iterable[StageSpec], shards: int, done: Iterable[Task]) -> None:
        self._stages = {stage.name: stage for stage in stages}
        self._shards = shards
        self._left = {stage.name: len(self._places(stage)) for stage in self._stages.values()}
        self._ready: dict[StageName, list[int]] = {name: [] for name in self._stages}
        self.done: set[Task] = set()
        for task in done:
            self._note_done(task)
        for stage in self._stages.values():
            for place in self._places(stage):
                self._offer(self._task(stage, place))

    @property
    def finished(self) -> bool:
        """Whether every task is done."""
        return not any(self._left.values())

    @property
    def stages(self) -> tuple[StageName, ...]:
        """The stages that have a task ready, in the order of the run."""
        return tuple(name for name, ready in self._ready.items() if ready)

    @property
    def unfinished(self) -> tuple[StageName, ...]:
        """The stages that have a task that is not done, in the order of the run."""
        return tuple(name for name, left in self._left.items() if left)

    def ready(self, stage: StageName) -> int:
        """Return how many tasks of a stage are ready."""
        return len(self._ready[stage])

    def take(self, stage: StageName) -> Task:
        """Hand out the stage's first ready task; it is the caller's until `finish` or `give_back`."""
        return self._task(self._stages[stage], heapq.heappop(self._ready[stage]))

    def give_back(self, task: Task) -> None:
        """Note that a task was not done: it is ready again."""
        heapq.heappush(self._ready[task.stage], task.shard or 0)

    def finish(self, task: Task) -> None:
        """Note that a task is done, which may make others ready."""
        self._note_done(task)
        for stage in self._stages.values():
            if task.stage not in stage.needs:
                continue
            if self._same_shard(task.stage, stage):
                self._offer(Task(stage.name, task.shard))
            elif not self._left[task.stage]:
                for place in self._places(stage):
                    self._offer(self._task(stage, place))

    def _note_done(self, task: Task) -> None:
        self.done.add(task)
        self._left[task.stage] -= 1

    def _offer(self, task: Task) -> None:
        """Make a task ready if it is not done and all its inputs are there."""
        needs = [need for need in self._stages[task.stage].needs if need in self._stages]
        inputs_there = all(
            Task(need, task.shard) in self.done
            if self._same_shard(need, self._stages[task.stage])
            else not self._left[need]
            for need in needs
        )
        if inputs_there and task not in self.done:
            heapq.heappush(self._ready[task.stage], task.shard or 0)

    def _same_shard(self, need: StageName, stage: StageSpec) -> bool:
        return self._stages[need].scope == "shard" and stage.scope == "shard"

    def _places(self, stage: StageSpec) -> range:
        return range(1 if stage.scope == "corpus" else self._shards)

    def _task(self, stage: StageSpec, place: int) -> Task:
        return Task(stage.name, None if stage.scope == "corpus" else place)
