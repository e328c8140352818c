"""Running the schedule on Ray: pools of long-lived workers, one process and one set of models each.

A pool grows while its stage has work and a node has room, and gives up its place when another stage needs
it. Workers get tasks once they are up, so one that Ray can't place holds no task back. Workers that die
are replaced and their task is done again; after a network or disk fault, a task rests and is retried.
A task's files count only with its record, so nothing is lost or duplicated.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError, RuntimeEnvSetupError

from manifests.completion import Completion
from manifests.errors import BuildError
from manifests.names import StageName
from pipeline.config import ExecutionConfig, RunConfig
from pipeline.patience import PATIENCE_S, rests
from pipeline.pools import PooledWorker, Pools
from pipeline.schedule import Schedule, Task

PROJECT_FOLDERS = ("manifests", "noise", "pipeline", "previews", "stages")
_WAIT_S = 0.5
_NODE_S = 300.0
"""So long a cluster without a node that is large enough may take to get one: one that was lost may be replaced."""


@contextmanager
def ray_session(execution: ExecutionConfig) -> Iterator[None]:
    """Start Ray on this machine, or join the cluster that the config names; leave it at the end."""
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


class Executor:
    """Gives ready tasks to workers until the schedule is complete.

    Args:
        on_done: called on the driver with every task's record as it comes in; may raise to stop the run.
        say: called with what a person should know during the run.
    """

    def __init__(
        self,
        root: str,
        config: RunConfig,
        schedule: Schedule,
        on_done: Callable[[Completion], None],
        say: Callable[[str], None],
    ) -> None:
        self._config = config
        self._schedule = schedule
        self._on_done = on_done
        self._say = say
        self._pools = Pools(root, config)
        self._calls: dict[Any, Callable[[Any], None]] = {}
        self._failures: Counter[Task] = Counter()
        self._rests: dict[Task | PooledWorker, Iterator[float]] = {}
        self._resting: list[tuple[float, Callable[[], None]]] = []
        self._fallen: dict[StageName, list[float]] = {}
        self._told: set[StageName] = set()
        self._no_node_since: float | None = None

    def run(self) -> None:
        """Run all tasks.

        Raises:
            BuildError: a worker raised it, workers died too often, network or storage failed for too long, or no node
                is large enough for a worker.
        """
        self._check_nodes()
        try:
            while not self._schedule.finished:
                self._wake()
                self._hand_out()
                self._await_call()
        finally:
            for worker in self._pools:
                self._pools.stop(worker)

    def _check_nodes(self) -> None:
        """Tell of stages that no node is large enough for before others are paid for; a cluster may yet get one."""
        for stage in self._schedule.unfinished:
            if self._pools.fits_a_node(stage):
                continue
            if self._config.execution.ray_address == "local":
                raise BuildError(self._no_room(stage))
            self._say(
                f"no node is large enough yet for {stage}: {self._wanted(stage)}; other work continues meanwhile. "
                f"If no larger node will join, stop, lower execution.stages.{stage} and run again"
            )

    def _wake(self) -> None:
        """Go on with what has rested long enough."""
        now = time.monotonic()
        for until, go_on in self._resting:
            if until <= now:
                go_on()
        self._resting = [(until, go_on) for until, go_on in self._resting if until > now]

    def _await_call(self) -> None:
        """Act on what a worker answers, or come back after a moment."""
        if not self._calls:
            time.sleep(_WAIT_S)
            return
        returned, _ = ray.wait(list(self._calls), num_returns=1, timeout=_WAIT_S)
        for call in returned:
            self._calls.pop(call)(call)

    def _hand_out(self) -> None:
        for stage in self._schedule.stages:
            while self._schedule.ready(stage) and (worker := self._pools.idle(stage)):
                worker.task = self._schedule.take(stage)
                self._calls[worker.actor.__ray_ready__.remote()] = partial(self._begin, worker)
        needed = self._needed
        for stage in self._schedule.stages:
            while self._coming(stage) < self._schedule.ready(stage) and (worker := self._pools.grow(stage, needed)):
                self._calls[worker.arrival] = partial(self._receive, worker)
            self._mind_late(stage)
        self._mind_nodes()

    def _coming(self, stage: StageName) -> int:
        return sum(worker.node is None for worker in self._pools.of(stage))

    def _mind_late(self, stage: StageName) -> None:
        """Let others make way for a stage's workers that Ray finds no place for; say so if the stage stands still."""
        workers = self._pools.of(stage)
        if not any(worker.late for worker in workers) or self._pools.make_way(stage, self._needed):
            return
        if not self._pools.fits_a_node(stage):
            return
        if stage not in self._told and all(worker.node is None for worker in workers):
            self._told.add(stage)
            self._say(
                f"{stage} is waiting for its first worker: {self._wanted(stage)}, which other jobs on the cluster may "
                f"be using (see `ray status`); to ask for less, stop, lower execution.stages.{stage} and run again"
            )

    def _mind_nodes(self) -> None:
        """Wait if nothing is under way and no node is large enough for what is left, and give up after a while."""
        stages = self._schedule.stages
        if self._under_way or any(self._pools.fits_a_node(stage) for stage in stages):
            self._no_node_since = None
            return
        now, since = time.monotonic(), self._no_node_since
        if since is not None and now - since >= _NODE_S:
            raise BuildError(self._no_room(stages[0]))
        if since is None:
            self._no_node_since = now
            self._say(
                f"waiting up to {_NODE_S:g} s for a larger node: {self._wanted(stages[0])}, and no node has that many"
            )

    @property
    def _needed(self) -> set[StageName]:
        """The stages whose workers keep their place: those with a task that is ready, or that rests.

        A worker knows of what struck it, such as a server that has answered before; another one would not wait for it.
        """
        return {*self._schedule.stages, *(struck.stage for struck in self._rests)}

    @property
    def _under_way(self) -> bool:
        coming_or_busy = any(
            worker.task is not None or (worker.node is None and not worker.late) for worker in self._pools
        )
        return bool(self._resting) or coming_or_busy

    def _receive(self, worker: PooledWorker, arrival: Any) -> None:
        """Note where a worker has come up."""
        if worker not in self._pools:
            self._rests.pop(worker, None)
            return
        try:
            worker.node = ray.get(arrival)
        except RayTaskError as error:
            if not isinstance(error.cause, OSError):
                raise _explained(error, Task(worker.stage, None)) from error
            worker.since = time.monotonic()  # it is up, so it has its place
            self._rest(worker, Task(worker.stage, None), error, partial(self._ask_again, worker))
            return
        except RayError as error:
            self._rests.pop(worker, None)
            self._pools.forget(worker)
            self._count_fallen(worker, error)
            return
        self._rests.pop(worker, None)
        self._fallen.pop(worker.stage, None)

    def _ask_again(self, worker: PooledWorker) -> None:
        """Ask a worker that could not reach the run's folder once more where it is."""
        worker.arrival, worker.since = worker.actor.arrive.remote(), time.monotonic()
        self._calls[worker.arrival] = partial(self._receive, worker)

    def _rest(self, struck: Task | PooledWorker, task: Task, error: RayTaskError, go_on: Callable[[], None]) -> None:
        """Let a task rest after a network or storage fault before it is retried, or give up after long enough."""
        if not self._rests:
            self._say(
                f"{_place(task)}: the network or a disk failed ({error.cause}); such failures are retried for up to "
                f"{PATIENCE_S / 60:g} minutes of waiting"
            )
        rest_s = next(self._rests.setdefault(struck, rests()), None)
        if rest_s is None:
            raise BuildError(
                f"{_place(task)}: the network or a disk kept failing through {PATIENCE_S / 60:g} minutes of waiting: "
                f"{error.cause}; fix that, then resume with the same command"
            ) from error
        self._resting.append((time.monotonic() + rest_s, go_on))

    def _count_fallen(self, worker: PooledWorker, error: Exception) -> None:
        """Count a worker that never came up; those that were asked for together, before it fell, are one with it."""
        fallen = self._fallen.setdefault(worker.stage, [])
        if not fallen or worker.since > fallen[-1]:
            fallen.append(time.monotonic())
        if len(fallen) >= self._config.execution.attempts:
            raise _explained(error, Task(worker.stage, None), len(fallen)) from error

    def _begin(self, worker: PooledWorker, answer: Any) -> None:
        """Give a worker that answers its task; an idle one that has died is no attempt."""
        assert worker.task is not None
        try:
            ray.get(answer)
        except RayError:
            self._pools.forget(worker)
            self._schedule.give_back(worker.task)
            return
        self._calls[worker.actor.run.remote(worker.task.shard)] = partial(self._take_back, worker)

    def _take_back(self, worker: PooledWorker, answer: Any) -> None:
        task, worker.task = worker.task, None
        assert task is not None
        try:
            completion = ray.get(answer)
        except RayTaskError as error:
            if not isinstance(error.cause, OSError):  # a network or a disk may be well again in a moment
                raise _explained(error, task) from error
            self._rest(task, task, error, partial(self._schedule.give_back, task))
            return
        except RayError as error:
            self._pools.forget(worker)
            self._count_failure(task, error)
            self._schedule.give_back(task)
            return
        self._rests.pop(task, None)
        self._schedule.finish(task)
        self._on_done(completion)

    def _count_failure(self, task: Task, error: Exception) -> None:
        self._failures[task] += 1
        if self._failures[task] >= self._config.execution.attempts:
            raise _explained(error, task, self._failures[task]) from error

    def _wanted(self, stage: StageName) -> str:
        wanted = self._pools.resources(stage)
        return f"a worker of {stage} needs {wanted.cpus:g} CPUs and {wanted.gpus:g} GPUs"

    def _no_room(self, stage: StageName) -> str:
        held: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        return (
            f"execution.stages.{stage}: {self._wanted(stage)}, but the cluster has {held.get('CPU', 0):g} and "
            f"{held.get('GPU', 0):g} in total, and no node has that many; ask for less or use a larger node"
        )


def _explained(error: Exception, task: Task, failures: int = 0) -> BuildError:
    """Return the error to show for a failed task: its own `BuildError`, else all that is known."""
    inner = getattr(error, "cause", None)
    if isinstance(inner, BuildError):
        return BuildError(str(inner))
    if isinstance(error, RuntimeEnvSetupError):
        return BuildError(
            f"{_place(task)}: a node could not set up its worker (attempts: {failures}); check that node's disk and "
            f"Ray logs. Ray says: {error}"
        )
    if not isinstance(error, RayTaskError):
        return BuildError(
            f"{_place(task)}: its worker died {failures} times, probably for lack of memory; run fewer at once "
            f"(execution.stages.{task.stage}.max_workers), or build a corpus with smaller shards. Ray says: {error}"
        )
    return BuildError(f"{_place(task)}: {error}")


def _place(task: Task) -> str:
    return task.stage if task.shard is None else f"{task.stage}, shard {task.shard}"
