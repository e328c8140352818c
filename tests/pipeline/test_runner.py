"""What runners share: items taken one at a time, counted, and joined as if they had been one table."""

import io
from collections.abc import Iterator

import pyarrow as pa

from manifests.errors import RejectedError
from manifests.records import Reject, Slot
from manifests.tables import write_parquet
from pipeline.artefacts import Artefact
from pipeline.runners.runner import counted, joined, sift
from stages.base import process_each


def test_a_shard_is_taken_item_by_item_and_what_came_in_and_went_on_is_counted():
    taken: list[int] = []

    def slots() -> Iterator[Slot]:
        for index in range(5):
            taken.append(index)
            yield Slot(index, f"d{index}", "train")

    def work(slot: Slot) -> int:
        if slot.index == 2:
            raise RejectedError("odd", "the third")
        return slot.index

    artefact = Artefact()
    kept = sift(process_each("scenes", counted(slots(), artefact), lambda slot: slot, work), artefact)
    assert (next(kept), taken) == (0, [0])
    assert (next(kept), taken) == (1, [0, 1])
    assert list(kept) == [3, 4]
    assert (artefact.items_in, artefact.items_out) == (5, 4)
    assert artefact.rejects == [Reject("d2", "scenes", "odd", "the third")]


def test_rows_joined_make_the_same_file_as_rows_together():
    schema = pa.schema([("id", pa.string()), ("audio", pa.binary()), ("notes", pa.list_(pa.string()))])
    rows = [{"id": f"d{index}", "audio": bytes(100 * index), "notes": ["a"] * (index % 3)} for index in range(40)]

    def file(table: pa.Table) -> bytes:
        out = io.BytesIO()
        write_parquet(table, out)
        return out.getvalue()

    apart = [pa.Table.from_pylist([row], schema=schema) for row in rows]
    assert file(joined(apart)) == file(pa.Table.from_pylist(rows, schema=schema))


def test_nested_audio_may_be_more_than_arrow_holds_in_one_piece():
    megabytes = 64
    row = {"turns": [{"audio": bytes(megabytes * 2**20)}]}
    one = pa.Table.from_pylist([row], schema=pa.schema([("turns", pa.list_(pa.struct([("audio", pa.binary())])))]))

    many = joined([one] * (2**11 // megabytes + 1))  # all of them are the same bytes in memory

    assert many.nbytes > 2**31
    assert many.num_rows == 33
