"""Running the schedule on Ray: pools of long-lived workers, one process and one set of models each.

A pool grows while its step has work and the cluster has room, and gives its place up when another step
needs it. Workers that die are replaced and their unit is done again; a unit's files count only with its
record, so nothing is lost or doubled.
"""

import contextlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import NodeDiedError, OutOfMemoryError, RayActorError, RayError, RayTaskError

from manifests.completion import Completion
from manifests.errors import BuildError
from pipeline.config import ExecutionConfig, RunConfig, StageName, StageResources
from pipeline.schedule import Schedule, Unit
from pipeline.steps import step_fingerprints
from pipeline.worker import Worker

PROJECT_FOLDERS = ("manifests", "noise", "pipeline", "previews", "stages")
_WAIT_S = 0.5
_CLOSE_S = 5.0
_WORKER_DIED = (RayActorError, OutOfMemoryError, NodeDiedError)


@contextmanager
def ray_session(execution: ExecutionConfig) -> Iterator[None]:
    """Start Ray on this machine, or join the cluster that the config names, and leave it at the end."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    local = execution.ray_address == "local"
    root = Path(__file__).resolve().parent.parent
    try:
        ray.init(
            address=execution.ray_address,
            num_cpus=execution.workers if local else None,
            include_dashboard=False if local else None,
            runtime_env=None if local else {"py_modules": [str(root / folder) for folder in PROJECT_FOLDERS]},
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise BuildError(
            f"execution.ray_address {execution.ray_address!r}: can't start or join Ray ({error}); start a cluster "
            f'there with `ray start`, or set ray_address: "local"'
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


@dataclass
class _Slot:
    """A worker's process, and the unit it is doing."""

    step: StageName
    actor: Any
    resources: StageResources
    unit: Unit | None = None


class Executor:
    """Gives ready units to workers until the schedule is finished.

    Args:
        on_done: called on the driver with every unit's record as it comes in; may raise to stop the run.
    """

    def __init__(self, root: str, config: RunConfig, schedule: Schedule, on_done: Callable[[Completion], None]) -> None:
        self._root = root
        self._config = config
        self._schedule = schedule
        self._on_done = on_done
        self._slots: list[_Slot] = []
        self._tasks: dict[Any, _Slot] = {}
        self._failures: Counter[Unit] = Counter()
        self._fingerprints = step_fingerprints(config)

    def run(self) -> None:
        """Run all units.

        Raises:
            BuildError: a worker raised it, a unit's workers died too often, or no node can hold a worker.
        """
        try:
            while not self._schedule.finished:
                self._hand_out()
                finished, _ = ray.wait(list(self._tasks), num_returns=1, timeout=_WAIT_S)
                for task in finished:
                    self._take_back(task)
        finally:
            for slot in list(self._slots):
                self._stop(slot)

    def _hand_out(self) -> None:
        for step in self._schedule.steps:
            while step in self._schedule.steps and (slot := self._idle(step) or self._grow(step)):
                slot.unit = self._schedule.take(step)
                self._tasks[slot.actor.run.remote(slot.unit.shard)] = slot
        if not self._tasks:
            raise BuildError(self._no_room(self._schedule.steps[0]))

    def _take_back(self, task: Any) -> None:
        slot = self._tasks.pop(task)
        unit, slot.unit = slot.unit, None
        assert unit is not None
        try:
            completion = ray.get(task)
        except RayTaskError as error:
            if not isinstance(error.cause, OSError):  # a network or a disk may be well again in a moment
                raise _explained(error, unit) from error
            self._try_again(unit, error)
            return
        except _WORKER_DIED as error:
            self._slots.remove(slot)
            self._try_again(unit, error)
            return
        self._schedule.finish(unit)
        self._on_done(completion)

    def _try_again(self, unit: Unit, error: Exception) -> None:
        self._failures[unit] += 1
        if self._failures[unit] >= self._config.execution.attempts:
            raise _explained(error, unit, self._failures[unit]) from error
        self._schedule.give_back(unit)

    def _stop(self, slot: _Slot) -> None:
        """Let an idle worker stop what it has started, then end its process."""
        if slot.unit is None:
            with contextlib.suppress(RayError):
                ray.get(slot.actor.close.remote(), timeout=_CLOSE_S)
        ray.kill(slot.actor)
        self._slots.remove(slot)

    def _idle(self, step: StageName) -> _Slot | None:
        return next((slot for slot in self._slots if slot.step == step and slot.unit is None), None)

    def _grow(self, step: StageName) -> _Slot | None:
        """Start one more worker of a step if it may have one and there is room, or room can be made."""
        resources = self._resources(step)
        if resources.max_workers and sum(slot.step == step for slot in self._slots) >= resources.max_workers:
            return None
        spares = [slot for slot in self._slots if slot.unit is None]
        if not _fits_a_node(resources) or not self._has_room(resources, spares):
            return None
        while not self._has_room(resources, []):
            self._stop(spares.pop(0))
        actor = (
            ray.remote(Worker)
            .options(num_cpus=resources.cpus, num_gpus=resources.gpus, max_restarts=0, name=None)
            .remote(self._root, self._config, step, self._fingerprints[step])
        )
        slot = _Slot(step, actor, resources)
        self._slots.append(slot)
        return slot

    def _has_room(self, wanted: StageResources, without: list[_Slot]) -> bool:
        """Tell whether the cluster holds enough for one more worker if some of ours were gone."""
        held = _held()
        staying = [slot.resources for slot in self._slots if slot not in without]
        cpus = held.get("CPU", 0) - sum(resources.cpus for resources in staying)
        gpus = held.get("GPU", 0) - sum(resources.gpus for resources in staying)
        return bool(cpus >= wanted.cpus and gpus >= wanted.gpus)

    def _resources(self, step: StageName) -> StageResources:
        return self._config.execution.stages.get(step, StageResources())

    def _no_room(self, step: StageName) -> str:
        wanted = self._resources(step)
        held = _held()
        return (
            f"execution.stages.{step}: a worker needs {wanted.cpus:g} CPUs and {wanted.gpus:g} GPUs, the cluster "
            f"has {held.get('CPU', 0):g} and {held.get('GPU', 0):g} in all, and no node that many; ask for less or "
            f"run on a larger one"
        )


def _held() -> dict[str, float]:
    """Return what the cluster holds now: nodes come and go."""
    held: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return held


def _fits_a_node(wanted: StageResources) -> bool:
    """Tell whether any node is large enough for a worker: one that none can hold would wait for ever."""
    return any(
        node["Alive"]
        and node["Resources"].get("CPU", 0) >= wanted.cpus
        and node["Resources"].get("GPU", 0) >= wanted.gpus
        for node in ray.nodes()  # type: ignore[no-untyped-call]
    )


def _explained(error: Exception, unit: Unit, failures: int = 0) -> BuildError:
    """Return the error to show for a failed unit: its own `BuildError`, else all that is known."""
    inner = getattr(error, "cause", None)
    if isinstance(inner, BuildError):
        return BuildError(str(inner))
    where = unit.step if unit.shard is None else f"{unit.step}, shard {unit.shard}"
    if isinstance(error, _WORKER_DIED):
        return BuildError(
            f"{where}: its worker died {failures} times, most often for lack of memory; let fewer run side by side "
            f"(execution.stages.{unit.step}.max_workers), or make smaller shards. Ray says: {error}"
        )
    return BuildError(f"{where}: {error}")
