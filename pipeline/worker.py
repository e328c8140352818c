"""A worker: one stage, opened for its first task, that does task after task. Ray runs it in its own process."""

import socket
import time
from collections.abc import Mapping
from functools import cached_property
from itertools import zip_longest

import ray

from manifests.completion import Completion
from manifests.errors import BuildError
from manifests.names import StageName
from manifests.records import EngineInfo
from pipeline.artefacts import Artefacts
from pipeline.claim import RUN_RECORD
from pipeline.config import RunConfig
from pipeline.plan import Plan
from pipeline.runners import engines_of, open_runner, stage_fingerprint
from pipeline.runners.runner import StageRunner
from pipeline.storage import Store, disk_full_explained


class Worker:
    """Does tasks of one stage and records them.

    Args:
        fingerprints: of the run's stages, as the driver has found them.
        engines: of the stage, as they are on the driver.
    """

    def __init__(
        self,
        root: str,
        config: RunConfig,
        stage: StageName,
        fingerprints: Mapping[StageName, str],
        engines: tuple[EngineInfo, ...],
    ) -> None:
        self._name = stage
        self._root = root
        self._fingerprints = fingerprints
        self._engines = engines
        self._plan = Plan(config)
        self._opened: StageRunner | None = None

    @cached_property
    def _artefacts(self) -> Artefacts:
        """The run's folder, opened by `arrive`: what is raised while an actor is made, Ray tells as its death."""
        return Artefacts(Store(self._root))

    def arrive(self) -> str:
        """Return the id of the node that Ray has put the worker on.

        Raises:
            BuildError: the run's folder is missing: the node has a disk of its own under that path, or no driver for
                its storage; or the stage would make something different here than where the run was started.
        """
        try:
            store = self._artefacts.store
        except BuildError as error:
            raise BuildError(f"{self._here}: {error}") from error
        if not store.exists(RUN_RECORD):
            raise BuildError(
                f"{store.address(RUN_RECORD)}: missing on {socket.gethostname()}, where Ray has placed a worker; give "
                "--out a folder on storage that all nodes share, or a URL (s3://bucket/corpus)"
            )
        self._check_node()
        node: str = ray.get_runtime_context().get_node_id()
        return node

    @property
    def _here(self) -> str:
        return f"{socket.gethostname()}, where Ray has placed a worker of {self._name}"

    def _check_node(self) -> None:
        """Check that engines and files here match the run's fingerprint."""
        try:
            found = engines_of(self._plan.config, self._name)
            own = stage_fingerprint(self._plan.config, self._name, found, self._fingerprints)
        except BuildError as error:
            raise BuildError(f"{self._here}: {error}") from error
        if own != self._fingerprints[self._name]:
            raise BuildError(
                f"{self._here}, differs from what the run was started with: {_difference(found, self._engines)}; "
                "install the same packages there (with constraints.txt) and give it the same files, or keep it out of "
                "the run"
            )

    def run(self, shard: int | None) -> Completion:
        """Do one task unless it is done already; return its record."""
        done = self._artefacts.completion(self._name, shard)
        if done is not None:
            return done
        if self._opened is None:
            self._opened = open_runner(self._name, self._plan, self._artefacts)
        started = time.perf_counter()
        with disk_full_explained(self._artefacts.store.address()):
            artefact = self._opened.run(shard)
        busy_s = time.perf_counter() - started
        engines = sorted({f"{engine.engine}: {engine.model}" for engine in self._engines})
        return self._artefacts.write(self._name, shard, artefact, self._fingerprints[self._name], busy_s, engines)

    def close(self) -> None:
        """Stop what the stage has started."""
        if self._opened is not None:
            self._opened.close()


def _difference(found: tuple[EngineInfo, ...], wanted: tuple[EngineInfo, ...]) -> str:
    """Return the first engine that differs, or what else it may be."""
    for own, given in zip_longest(found, wanted):
        if own != given:
            return f"it has {_named(own)}, the run {_named(given)}"
    return "the text set, the scenarios, or a noise or room folder has different contents"


def _named(engine: EngineInfo | None) -> str:
    return f"{engine.part}: {engine.engine}, {engine.model} {engine.digest[:16]}".rstrip() if engine else "none"
