import errno
import os
import threading

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from manifests.errors import BuildError
from pipeline.storage import Store


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "corpus"))


def test_what_was_written_is_read_back(store):
    store.write("a/b.json", b"one")
    store.write("a/b.json", b"two")

    assert store.read("a/b.json") == b"two"
    assert store.names("a") == ["b.json"]


def test_of_many_writers_one_creates_the_file(store):
    won = []
    threads = [
        threading.Thread(target=lambda n=n: won.append(n) if store.create("record", f"{n}".encode()) else None)
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert store.read("record") == f"{won[0]}".encode()
    assert store.names("") == ["record"]


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK])
def test_a_file_system_without_hard_links_is_named_with_the_way_out(store, monkeypatch, code):
    def no_link(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", no_link)
    with pytest.raises(BuildError, match=r"corpus: its file system has no hard links .*s3:// address"):
        store.create("manifests/run.json", b"{}")

    assert store.names("manifests") == []


def test_publishing_again_leaves_one_whole_file(store):
    store.write("artefacts/x", b"content")
    store.publish("artefacts/x", "data/x")
    store.publish("artefacts/x", "data/x")

    assert store.read("data/x") == b"content"
    assert store.names("data") == ["x"]


def test_a_folder_that_is_not_there_has_no_names(store):
    assert store.names("nothing") == []


def test_a_full_disk_leaves_nothing_half_written_and_says_what_to_do(store, monkeypatch):
    def no_space(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(BuildError, match=r"no space left while writing .*shard.*run the same command again"):
        store.write("data/shard", b"x" * 1000)

    assert store.names("data") == []


def test_a_really_full_disk(tmp_path):
    """/dev/full answers every write as a full disk does."""
    from pipeline.storage import disk_full_explained

    with (
        pytest.raises(BuildError, match="no space left"),
        disk_full_explained("here"),
        open("/dev/full", "wb") as full,
    ):
        os.write(full.fileno(), b"x")


class NoCredentialsError(Exception):
    pass


class UnreachedFileSystem(MemoryFileSystem):
    """One whose driver has exceptions of its own, as botocore's."""

    protocol = "unreached"

    def _fail(self, *_: object, **__: object) -> None:
        raise NoCredentialsError("no credentials")

    cat_file = exists = ls = find = pipe_file = rm = open = cp_file = _fail


@pytest.fixture
def unreached():
    fsspec.register_implementation("unreached", UnreachedFileSystem, clobber=True)
    return Store("unreached://bucket/corpus")


@pytest.mark.parametrize(
    "reach",
    [
        lambda store: store.read("a"),
        lambda store: store.open("a"),
        lambda store: store.exists("a"),
        lambda store: store.names("a"),
        lambda store: store.walk("a"),
        lambda store: store.write("a", b""),
        lambda store: store.create("a", b""),
        lambda store: store.publish("a", "b"),
        lambda store: store.remove("a"),
    ],
)
def test_whatever_a_driver_raises_is_a_fault_of_the_machine(unreached, reach):
    told = r"unreached://bucket/corpus/[ab] can't be reached: NoCredentialsError: no credentials"
    with pytest.raises(OSError, match=told):
        reach(unreached)
