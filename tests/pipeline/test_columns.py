"""Columns are read without the audio beside them, from object storage too."""

import os

import pyarrow as pa
import pytest

from manifests.tables import write_parquet
from pipeline.columns import read_columns
from pipeline.storage import Store
from tests.s3_server import S3Server


@pytest.fixture
def table() -> pa.Table:
    rows = range(100)
    return pa.table(
        {
            "index": list(rows),
            "turns": [[{"text": f"turn {row}"}] for row in rows],
            "audio": [os.urandom(40_000) for _ in rows],
        }
    )


def written(store: Store, table: pa.Table) -> int:
    """Write a table as the scenes are, and return the size of the file."""
    sink = pa.BufferOutputStream()
    write_parquet(table, sink)
    data = sink.getvalue().to_pybytes()
    store.write("artefacts/a.parquet", data)
    return len(data)


def test_of_a_file_on_object_storage_only_the_columns_come(s3: S3Server, table: pa.Table) -> None:
    store = Store("s3://bucket/run[2]")
    size, before = written(store, table), s3.sent_bytes

    found = read_columns(store, "artefacts/a.parquet", ["index", "turns.list.element.text"])

    assert found.equals(table.select(["index", "turns"]))
    assert s3.sent_bytes - before < size / 20


def test_a_file_on_disk_gives_the_same(tmp_path, table: pa.Table) -> None:
    store = Store(str(tmp_path))
    written(store, table)

    assert read_columns(store, "artefacts/a.parquet", ["index"]).equals(table.select(["index"]))


def test_a_network_that_is_gone_once_a_file_is_open_is_a_fault_of_the_machine(
    s3: S3Server, table: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store("s3://bucket/corpus")
    written(store, table)
    opened = store.open("artefacts/a.parquet")
    s3.vanish()
    monkeypatch.setattr(Store, "open", lambda *_: opened)

    with pytest.raises(OSError, match=r"s3://bucket/corpus/artefacts/a\.parquet can't be reached: Endpoint"):
        read_columns(store, "artefacts/a.parquet", ["index"])


def test_a_file_that_is_no_parquet_is_no_fault_of_the_machine(tmp_path) -> None:
    store = Store(str(tmp_path))
    store.write("artefacts/a.parquet", b"no table at all")

    with pytest.raises(pa.ArrowInvalid):
        read_columns(store, "artefacts/a.parquet", ["index"])
