"""The same promises on object storage: moto speaks S3 over a real socket, in a process of its own."""

import socket
import subprocess
import sys
import time

import pytest

from pipeline.storage import Store


@pytest.fixture(scope="module")
def endpoint():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(150):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()


@pytest.fixture
def store(endpoint, monkeypatch):
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("bucket")
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
