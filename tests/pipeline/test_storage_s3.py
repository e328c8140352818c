"""The same promises on object storage."""

import pytest
import yaml

from pipeline.claim import claim, read_run_record
from pipeline.config import RunConfig
from pipeline.storage import Store
from tests import s3_server
from tests.building import SMALL_CONFIG


@pytest.fixture
def store(s3: s3_server.S3Server) -> Store:
    return Store("s3://bucket/corpus")


@pytest.mark.parametrize("root", ["s3://bucket/corpus", "s3://bucket/run[2]"])
def test_object_storage_keeps_the_promises_of_a_disk(s3, root):
    store = Store(root)
    assert store.names("manifests") == []
    assert store.create("manifests/a.json", b"first")
    assert not store.create("manifests/a.json", b"second")
    assert store.read("manifests/a.json") == b"first"

    store.write("artefacts/x", b"old")
    store.write("artefacts/x", b"new")
    store.publish("artefacts/x", "data/x")

    assert store.read("data/x") == b"new"
    with store.open("data/x") as opened:
        assert opened.read() == b"new"
    assert store.names("") == ["artefacts", "data", "manifests"]
    assert store.walk("") == ["artefacts/x", "data/x", "manifests/a.json"]
    assert store.exists("data/x")

    store.remove("data")
    assert not store.exists("data/x")
    with pytest.raises(FileNotFoundError):
        store.read("data/x")


def test_a_folder_named_like_a_pattern_loses_its_own_files_and_no_others(s3: s3_server.S3Server) -> None:
    corpus, others = Store("s3://bucket/run[2]"), [Store("s3://bucket/run2"), Store("s3://bucket/run[2]b")]
    for store in (corpus, *others):
        store.write("README.md", b"card")
        for number in range(20):
            store.write(f"artefacts/noise/{number}.wav", b"content")

    corpus.remove("README.md")
    corpus.remove("artefacts/noise")
    corpus.remove("preview")

    assert corpus.walk("") == []
    assert [len(store.walk("")) for store in others] == [21, 21]


def test_a_consoles_folder_is_an_empty_folder(store: Store, s3: s3_server.S3Server) -> None:
    s3.files.call_s3("put_object", Bucket=s3_server.BUCKET, Key="corpus/", Body=b"")
    assert store.names("") == []
    config = RunConfig.model_validate(yaml.safe_load(SMALL_CONFIG))
    claim(store, config, None)
    assert read_run_record(store) is not None


def test_a_consoles_folders_are_no_files(store: Store, s3: s3_server.S3Server) -> None:
    for folder in ("corpus/", "corpus/data/", "corpus/data/train/"):
        s3.files.call_s3("put_object", Bucket=s3_server.BUCKET, Key=folder, Body=b"")
    store.write("data/train/x", b"content")
    store.write("data/train/empty", b"")

    assert store.names("") == ["data"]
    assert store.names("data/train") == ["empty", "x"]
    assert store.walk("data") == ["data/train/empty", "data/train/x"]
