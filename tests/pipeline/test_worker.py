"""A worker looks at the node that Ray has put it on before it does anything there."""

import re
import socket
from dataclasses import replace

import pytest
import ray

from manifests.errors import BuildError
from pipeline.claim import claim
from pipeline.config import RunConfig
from pipeline.runners import engines_by_stage, fingerprints_by_stage
from pipeline.storage import Store
from pipeline.worker import Worker
from stages.streams import tokenizers
from tests.pipeline.server_config import config

HOST = socket.gethostname()


def worker(folder, of: RunConfig, stage) -> Worker:
    """Return a worker of a run that has been started on this machine as it is now."""
    root = str(folder / "corpus")
    claim(Store(root), of, None)
    return Worker(root, of, stage, fingerprints_by_stage(of), engines_by_stage(of)[stage])


def refusal(of: Worker) -> str:
    with pytest.raises(BuildError) as raised:
        of.arrive()
    return str(raised.value)


def test_a_worker_whose_node_does_not_see_the_runs_folder_says_which_and_what_to_do(tmp_path):
    made = config(tmp_path)
    lost = Worker(str(tmp_path / "own"), made, "speech", fingerprints_by_stage(made), engines_by_stage(made)["speech"])

    told = refusal(lost)

    assert f"{tmp_path}/own/manifests/run.json: missing on {HOST}" in told
    assert "s3://" in told


def test_a_node_without_the_driver_of_the_runs_storage_is_named(tmp_path, monkeypatch):
    started = worker(tmp_path, config(tmp_path), "speech")

    def missing(*_, **__):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.url_to_fs", missing)

    assert re.match(rf"{HOST}, where Ray has placed a worker of speech: .*Install s3fs to access S3", refusal(started))


def test_a_node_with_another_version_of_an_engine_is_named_with_both(tmp_path, monkeypatch):
    started = worker(tmp_path, config(tmp_path), "streams")
    text_engine = tokenizers._text_engine
    monkeypatch.setattr(tokenizers, "_text_engine", lambda of: replace(text_engine(of), engine="tiktoken 0.1"))

    told = refusal(started)

    assert told.startswith(
        f"{HOST}, where Ray has placed a worker of streams, differs from what the run was started with"
    )
    assert "it has text tokenizer: tiktoken 0.1, Qwen2 BPE" in told
    assert "the run text tokenizer: tiktoken" in told


def test_a_node_without_an_engine_is_named(tmp_path, monkeypatch):
    started = worker(tmp_path, config(tmp_path), "streams")

    def missing(_):
        raise BuildError("tokenizers is not installed")

    monkeypatch.setattr(tokenizers, "_text_engine", missing)

    assert refusal(started) == f"{HOST}, where Ray has placed a worker of streams: tokenizers is not installed"


def test_a_node_with_another_text_set_is_named(tmp_path, monkeypatch):
    started = worker(tmp_path, config(tmp_path), "dialogues")
    monkeypatch.setattr("stages.dialogues.source_digest", lambda of: "another")

    assert (
        "worker of dialogues, differs from what the run was started with: the text set, the scenarios, or a noise"
        in refusal(started)
    )


def test_a_stage_is_not_stopped_by_what_it_does_not_read(tmp_path, monkeypatch):
    started = worker(tmp_path, config(tmp_path), "streams")
    monkeypatch.setattr("stages.dialogues.source_digest", lambda of: "another")
    monkeypatch.setattr(ray, "get_runtime_context", lambda: type("", (), {"get_node_id": lambda self: "node"})())

    assert started.arrive() == "node"
