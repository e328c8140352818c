"""The same promises on object storage."""

import pytest

from pipeline.storage import Store
from tests import s3_server


@pytest.fixture
def store(s3: s3_server.S3Server) -> Store:
    return Store("s3://bucket/corpus")


def test_object_storage_keeps_the_promises_of_a_disk(store):
    assert store.names("manifests") == []
    assert store.create("manifests/a.json", b"first")
    assert not store.create("manifests/a.json", b"second")
    assert store.read("manifests/a.json") == b"first"

    store.write("artefacts/x", b"old")
    store.write("artefacts/x", b"new")
    store.publish("artefacts/x", "data/x")

    assert store.read("data/x") == b"new"
    assert store.names("") == ["artefacts", "data", "manifests"]

    store.remove("data")
    assert not store.exists("data/x")
    with pytest.raises(FileNotFoundError):
        store.read("data/x")
