"""Running a schedule on a real Ray with workers that do nothing but fail or succeed as a test wants."""

from types import SimpleNamespace

from pipeline import pools
from pipeline.execute import Executor
from pipeline.runners import StageSpec
from pipeline.schedule import Schedule
from tests.pipeline.server_config import config


def stage(name, needs=()):
    return StageSpec(name, "shard", needs, "", "")


def worker(act):
    """Return a class of workers, pickled by value: Ray's processes need not import the tests.

    Args:
        act: called with the number of calls so far and the shard; its result is the task's record.
    """

    class FakeWorker:
        def __init__(self, *_):
            self._calls = 0

        def arrive(self):
            import ray

            return ray.get_runtime_context().get_node_id()

        def run(self, shard):
            self._calls += 1
            return act(self._calls, shard)

        def close(self):
            pass

    return FakeWorker


def place_of(_, shard):
    """Return which process on which node did a shard, after a moment."""
    import os
    import time

    import ray

    time.sleep(0.1)
    return SimpleNamespace(shard=shard, pid=os.getpid(), node=ray.get_runtime_context().get_node_id())


class Run:
    """A run's executor, and what it has told.

    Attributes:
        records: of the tasks, as they came in.
        said: lines for a person.
    """

    def __init__(
        self,
        monkeypatch,
        folder,
        stages,
        shards,
        resources,
        act,
        on_done=lambda record: None,
        on_said=lambda line: None,
        attempts=3,
        ray_address="local",
        root="/nowhere",
    ):
        monkeypatch.setattr(pools, "Worker", worker(act))
        self.records, self.said = [], []
        made = config(folder, execution={"stages": resources, "attempts": attempts, "ray_address": ray_address})

        def done(record):
            self.records.append(record)
            on_done(record)

        def say(line):
            self.said.append(line)
            on_said(line)

        self.executor = Executor(root, made, Schedule(stages, shards, ()), done, say)
