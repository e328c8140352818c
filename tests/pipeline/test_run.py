"""A run's own reading and writing on storage, beside the work of its workers."""

import io
import threading

import pytest
from rich.console import Console

import pipeline.run
from manifests.completion import completion_path
from pipeline.artefacts import Artefact, Artefacts, NewFile
from pipeline.claim import claim
from pipeline.config import RunConfig
from pipeline.run import RunResult
from pipeline.runners import fingerprints_by_stage, stages_of
from pipeline.storage import Store
from tests.pipeline.server_config import config

SHARDS = 4


@pytest.fixture
def made(tmp_path, monkeypatch) -> RunConfig:
    """The config of a corpus of four shards of which nothing is left to do but publishing."""
    monkeypatch.setattr(pipeline.run, "preflight", lambda *_: None)
    corpus = {"dialogues": SHARDS, "dialogues_per_shard": 1}
    made = config(tmp_path, corpus=corpus, preview={"dialogues": 0})
    artefacts, fingerprints = Artefacts(Store(str(tmp_path / "corpus"))), fingerprints_by_stage(made)
    claim(artefacts.store, made, None)
    for stage in stages_of(made):
        for shard in [None] if stage.scope == "corpus" else range(SHARDS):
            artefact = Artefact(items_in=1, items_out=1)
            if stage.name == "streams":
                artefact.files = [NewFile("two_stream", "train", "a.parquet", f"{shard}".encode(), 1, tokens=1)]
            artefacts.write(stage.name, shard, artefact, fingerprints[stage.name], 0.0, [])
    return made


def run(made: RunConfig, folder) -> RunResult:
    return pipeline.run.run(made, str(folder / "corpus"), Console(file=io.StringIO()))


def together(of: type, name: str, monkeypatch) -> list[str]:
    """Let each call of a method wait until as many are made as there are shards; return the paths of the calls."""
    method, barrier, paths = getattr(of, name), threading.Barrier(SHARDS, timeout=20), []

    def waiting(self, *called):
        if any("shard-" in each for each in called):
            paths.append(called[-1])
            barrier.wait()
        return method(self, *called)

    monkeypatch.setattr(of, name, waiting)
    return paths


def test_records_are_read_once_and_together(made, tmp_path, monkeypatch):
    paths = together(Store, "read", monkeypatch)

    facts = run(made, tmp_path).facts

    stages = [stage.name for stage in stages_of(made) if stage.scope == "shard"]
    assert sorted(paths) == sorted(completion_path(stage, shard) for stage in stages for shard in range(SHARDS))
    assert [shard for shard, _ in facts.published] == list(range(SHARDS))


def test_files_are_published_together_each_in_its_place(made, tmp_path, monkeypatch):
    together(Store, "publish", monkeypatch)

    assert run(made, tmp_path).worked

    published = [tmp_path / f"corpus/data/two_stream/train/shard-{shard:05d}.parquet" for shard in range(SHARDS)]
    assert [path.read_bytes() for path in published] == [b"0", b"1", b"2", b"3"]
