"""The pools: workers of all stages, started where a node has room, stopped when another stage needs their place."""

import contextlib
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError

from manifests.names import StageName
from pipeline.config import RunConfig, StageResources
from pipeline.room import NodeSize, has_room, holds
from pipeline.runners import engines_by_stage, fingerprints_by_stage
from pipeline.schedule import Task
from pipeline.worker import Worker

_PLACE_S = 60.0
"""Longer than a worker takes to come up where there is room, if its node is not overloaded. Our own workers are
counted, so one that takes longer most likely waits for what other jobs hold."""
_CLOSE_S = 5.0


@dataclass(eq=False)
class PooledWorker:
    """A worker's process.

    Attributes:
        arrival: Ray's reference to the id of the node it is on, there when the worker is up.
        since: when it was asked for, or other workers last made way for it; monotonic seconds.
        node: None until it is up.
        task: what it is doing.
    """

    stage: StageName
    actor: Any
    resources: StageResources
    arrival: Any
    since: float
    node: str | None = None
    task: Task | None = None

    @property
    def late(self) -> bool:
        """Whether it is not up although it was counted to have room: then it is thought to hold nothing."""
        return self.node is None and time.monotonic() - self.since > _PLACE_S


class Pools:
    """The workers of one run."""

    def __init__(self, root: str, config: RunConfig) -> None:
        self._root = root
        self._config = config
        self._fingerprints = fingerprints_by_stage(config)
        self._engines = engines_by_stage(config)
        self._workers: list[PooledWorker] = []

    def __iter__(self) -> Iterator[PooledWorker]:
        return iter(tuple(self._workers))

    def of(self, stage: StageName) -> tuple[PooledWorker, ...]:
        """Return a stage's workers."""
        return tuple(worker for worker in self._workers if worker.stage == stage)

    def idle(self, stage: StageName) -> PooledWorker | None:
        """Return a stage's worker that is up and does nothing."""
        return next((worker for worker in self.of(stage) if worker.node is not None and worker.task is None), None)

    def resources(self, stage: StageName) -> StageResources:
        """Return what a worker of a stage holds."""
        return self._config.execution.stages.get(stage, StageResources())

    def fits_a_node(self, stage: StageName) -> bool:
        """Tell whether any node is large enough for a stage's worker: otherwise it would wait forever."""
        return any(holds(size, self.resources(stage)) for size in _nodes().values())

    def grow(self, stage: StageName, needed: Collection[StageName]) -> PooledWorker | None:
        """Start one more worker of a stage if it may have one and there is room, or room can be made.

        Args:
            needed: stages whose workers keep their place.
        """
        resources = self.resources(stage)
        if resources.max_workers and len(self.of(stage)) >= resources.max_workers:
            return None
        if any(worker.late for worker in self.of(stage)):
            return None
        leaving = self._fewest_to_leave(resources, [worker for worker in self._spare(needed) if worker.stage != stage])
        if leaving is None:
            return None
        for worker in leaving:
            self.stop(worker)
        actor: Any = (
            ray.remote(Worker)
            .options(num_cpus=resources.cpus, num_gpus=resources.gpus, max_restarts=0, name=None)
            .remote(self._root, self._config, stage, self._fingerprints, self._engines[stage])
        )
        worker = PooledWorker(stage, actor, resources, actor.arrive.remote(), time.monotonic())
        self._workers.append(worker)
        return worker

    def make_way(self, stage: StageName, needed: Collection[StageName]) -> bool:
        """Stop all spare workers for a stage's late ones; return whether there were any."""
        leaving = [worker for worker in self._spare(needed) if worker.node is not None]
        for worker in leaving:
            self.stop(worker)
        if leaving:
            for worker in self.of(stage):
                worker.since = time.monotonic()
        return bool(leaving)

    def stop(self, worker: PooledWorker) -> None:
        """Let an idle worker stop what it has started, then end its process."""
        if worker.node is not None and worker.task is None:
            with contextlib.suppress(RayError):
                ray.get(worker.actor.close.remote(), timeout=_CLOSE_S)
        ray.kill(worker.actor)
        self.forget(worker)

    def forget(self, worker: PooledWorker) -> None:
        """Note that a worker is gone."""
        self._workers.remove(worker)

    def _spare(self, needed: Collection[StageName]) -> list[PooledWorker]:
        return [worker for worker in self._workers if worker.task is None and worker.stage not in needed]

    def _fewest_to_leave(self, wanted: StageResources, spare: list[PooledWorker]) -> list[PooledWorker] | None:
        """Return the fewest spare workers without which a node has room; None if none has even without all."""
        nodes = _nodes()
        coming = [worker for worker in spare if worker.node is None]
        ways = [[], coming]
        for node in nodes:
            here = [worker for worker in spare if worker.node == node]
            ways += [coming + here[:count] for count in range(1, len(here) + 1)]
        return min((way for way in ways if self._has_room(nodes, wanted, way)), key=len, default=None)

    def _has_room(self, nodes: dict[str, NodeSize], wanted: StageResources, without: list[PooledWorker]) -> bool:
        """Tell whether there is room for one more worker if some of ours were gone."""
        staying = [worker for worker in self._workers if worker not in without]
        placed = [(worker.node, worker.resources) for worker in staying if worker.node is not None]
        coming = [worker.resources for worker in staying if worker.node is None and not worker.late]
        return has_room(nodes, placed, coming, wanted)


def _nodes() -> dict[str, NodeSize]:
    """Return the nodes that are alive now, by id: they come and go."""
    return {
        node["NodeID"]: NodeSize(node["Resources"].get("CPU", 0), node["Resources"].get("GPU", 0))
        for node in ray.nodes()  # type: ignore[no-untyped-call]
        if node["Alive"]
    }
