"""A text set on object storage: a bad day of the storage costs no record."""

import json

import fsspec
import pytest

from manifests.errors import BuildError
from manifests.records import Dialogue, Slot
from stages.dialogues import DialoguesConfig, DialogueStage, source_digest
from stages.llm.answers import AnswerCache
from tests.s3_server import S3Server

PATH = "s3://bucket/chats.jsonl"
RECORD = {"data": ["When does the shop open?", "It opens at nine.", "And where is it?", "Right behind the station."]}


class NoCache(AnswerCache):
    """A text set needs no answers."""


def config(path: str = PATH) -> DialoguesConfig:
    return DialoguesConfig.model_validate(
        {"source": "file", "interruption_share": 0.0, "file": {"path": path, "layout": "ultrachat"}}
    )


@pytest.fixture
def stage(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> DialogueStage:
    monkeypatch.setitem(fsspec.config.conf, "s3", {"default_cache_type": "none"})  # else so small a file is read once
    s3.files.pipe_file("bucket/chats.jsonl", 2 * (json.dumps(RECORD).encode() + b"\n"))
    return DialogueStage(config(), 7, NoCache())


def test_a_record_is_read_over_the_network(stage: DialogueStage) -> None:
    (dialogue,) = stage.process([Slot(1, "d1", "train")])
    assert isinstance(dialogue, Dialogue)
    assert dialogue.source == f"file:{PATH}:2"


def test_a_network_that_is_gone_is_the_machines_fault_not_the_records(s3: S3Server, stage: DialogueStage) -> None:
    s3.vanish()
    with pytest.raises(OSError, match=rf"{PATH}:2 can't be reached: EndpointConnectionError"):
        list(stage.process([Slot(1, "d1", "train")]))


def test_nor_does_it_count_as_a_missing_file(s3: S3Server) -> None:
    s3.vanish()
    for reach in (lambda: DialogueStage(config(), 7, NoCache()), lambda: source_digest(config())):
        with pytest.raises(OSError, match=rf"{PATH} can't be reached: EndpointConnectionError"):
            reach()


def test_without_credentials_the_file_is_named(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    s3.files.clear_instance_cache()
    with pytest.raises(OSError, match=rf"{PATH} can't be reached: NoCredentialsError"):
        source_digest(config())


@pytest.mark.parametrize("path", ["s3://bucket/nowhere.jsonl", "gopher://chats.jsonl"])
def test_a_file_that_is_not_there_is_the_configs_fault(s3: S3Server, path: str) -> None:
    for reach in (lambda: DialogueStage(config(path), 7, NoCache()), lambda: source_digest(config(path))):
        with pytest.raises(BuildError, match=rf"dialogues\.file\.path '{path}' can't be read"):
            reach()


def test_credentials_that_expired_are_no_missing_file(s3: S3Server) -> None:
    s3.token_expired = True
    with pytest.raises(OSError, match=rf"{PATH} can't be reached"):
        source_digest(config())
