"""A worker: one step, opened with its first unit, that does unit after unit. Ray runs it in its own process."""

import socket
import time

import ray

from manifests.completion import Completion
from manifests.errors import BuildError
from pipeline.artefacts import Artefacts
from pipeline.claim import RUN_RECORD
from pipeline.config import RunConfig, StageName
from pipeline.plan import Plan
from pipeline.steps import open_step, step_engines
from pipeline.steps.step import Step
from pipeline.storage import Store, disk_full_explained


class Worker:
    """Does units of one step and writes them down."""

    def __init__(self, root: str, config: RunConfig, step: StageName, fingerprint: str) -> None:
        self._name = step
        self._artefacts = Artefacts(Store(root))
        self._fingerprint = fingerprint
        self._engines = tuple(sorted({f"{e.engine}: {e.model}" for e in step_engines(config)[step]}))
        self._plan = Plan(config)
        self._opened: Step | None = None

    def arrive(self) -> str:
        """Return the id of the node that Ray has put the worker on.

        Raises:
            BuildError: the run's folder is not there: the node has a disk of its own under that path.
        """
        store = self._artefacts.store
        if not store.exists(RUN_RECORD):
            raise BuildError(
                f"{store.address(RUN_RECORD)}: not there on {socket.gethostname()}, where Ray has put a worker; give "
                "--out a folder on storage that all nodes share, or a URL (s3://bucket/corpus)"
            )
        node: str = ray.get_runtime_context().get_node_id()
        return node

    def run(self, shard: int | None) -> Completion:
        """Do one unit unless it is done already; return its record."""
        done = self._artefacts.completion(self._name, shard)
        if done is not None:
            return done
        if self._opened is None:
            self._opened = open_step(self._name, self._plan, self._artefacts)
        started = time.perf_counter()
        with disk_full_explained(self._artefacts.store.address()):
            artefact = self._opened.run(shard)
        busy_s = time.perf_counter() - started
        return self._artefacts.write(self._name, shard, artefact, self._fingerprint, busy_s, self._engines)

    def close(self) -> None:
        """Stop what the step has started."""
        if self._opened is not None:
            self._opened.close()
