"""Rows of a curriculum stage, streamed from Parquet through `datasets`, in a resumable order."""

import glob
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from manifests.errors import BuildError
from manifests.randomness import generator
from stages.streams.flatten.record import Mask
from stages.streams.vocabulary import Ids

COLUMNS = ("id", "input_ids", "loss_mask")
READ_ROWS = 128
_FILES_A_READER = 4
"""From so many on, a reader that has one file more than another has at most a quarter more rows."""


@dataclass(frozen=True)
class Row:
    """A row, or a piece of one that was cut.

    Attributes:
        row_id: the corpus's name of it; pieces share it.
        ids: corpus ids.
        loss_mask: where the loss is taken.
    """

    row_id: str
    ids: Ids
    loss_mask: Mask

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def borders(self) -> Ids:
        """Where the row may be cut: at a chunk or exchange, where the user's next masked span begins."""
        borders: Ids = (np.flatnonzero(self.loss_mask[:-1] & ~self.loss_mask[1:]) + 1).astype(np.int32)
        return borders

    def cut(self, border: int) -> tuple["Row", "Row"]:
        """Return the piece before a border and the one after it."""
        return (
            Row(self.row_id, self.ids[:border], self.loss_mask[:border]),
            Row(self.row_id, self.ids[border:], self.loss_mask[border:]),
        )


@dataclass(frozen=True)
class Source:
    """The rows of one config to read.

    Attributes:
        files: Parquet files of one split, paths or URLs.
        window_rows: how many of its rows are in a window.
    """

    files: tuple[str, ...]
    window_rows: int


class RowWindows:
    """An endless stream of windows of rows; epoch follows epoch, each with its own order.

    The order of the files is drawn for each epoch, and the rows of each window are shuffled. A window never reaches
    over the end of an epoch, so that every row of a reader comes once before any of its rows comes twice.

    Args:
        sources: what a window mixes; one that ends before the others is missing in the epoch's last windows.
        seed, purpose: of the order.
        share, shares: this reader takes the `share`-th of `shares` parts of the rows, from 0.

    Attributes:
        epoch: of the window that was yielded last, from 0.

    Raises:
        BuildError: a file is damaged, or can't be reached.
    """

    def __init__(self, sources: Sequence[Source], seed: int, purpose: str, share: int = 0, shares: int = 1) -> None:
        self._sources = tuple(sources)
        self._seed = seed
        self._purpose = purpose
        self._share = share
        self._shares = shares
        self.epoch = 0
        self._windows = 0
        self._rows = self._open()

    def state_dict(self) -> dict[str, Any]:
        """Return where the next window begins, as JSON values."""
        return {"epoch": self.epoch, "windows": self._windows, "rows": [rows.state_dict() for rows in self._rows]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where another reader of the same files stopped."""
        self.epoch, self._windows = state["epoch"], state["windows"]
        self._rows = self._open()
        for rows, of_rows in zip(self._rows, state["rows"], strict=True):
            rows.load_state_dict(of_rows)

    def __iter__(self) -> Iterator[list[Row]]:
        """Yield windows, shuffled; the state advances when the next one is requested.

        Raises:
            BuildError: a file is damaged.
        """
        while True:
            with readable_rows([file for source in self._sources for file in source.files]):
                streams = zip(self._rows, self._sources, strict=True)
                for tables in zip_longest(*(rows.iter(batch_size=source.window_rows) for rows, source in streams)):
                    self._windows += 1
                    rows = [row for table in tables if table is not None for row in _rows_of(table)]
                    order = generator(self._seed, f"{self._purpose} rows", self._share, self.epoch, self._windows)
                    yield [rows[place] for place in order.permutation(len(rows))]
            self.epoch += 1
            self._windows = 0
            self._rows = self._open()

    def _open(self) -> list[Any]:
        from datasets.distributed import split_dataset_by_node

        rng = generator(self._seed, f"{self._purpose} files", self.epoch)
        orders = [rng.permutation(len(source.files)) for source in self._sources]
        streams = [
            _stream([source.files[place] for place in order])
            for source, order in zip(self._sources, orders, strict=True)
        ]
        if self._shares == 1:
            return streams
        return [
            split_dataset_by_node(rows, self._share, self._shares, _strategy(len(source.files), self._shares))
            for rows, source in zip(streams, self._sources, strict=True)
        ]


def _strategy(files: int, shares: int) -> Literal["shards", "auto"]:
    """Return how readers share files: whole where that leaves none with much more than another, else row by row."""
    return "shards" if files >= _FILES_A_READER * shares else "auto"


def read_rows(files: Sequence[str]) -> Iterator[Row]:
    """Yield every row once, in the order of the files.

    Raises:
        BuildError: a file is damaged.
    """
    with readable_rows(files):
        for table in _stream(files).iter(batch_size=READ_ROWS):
            yield from _rows_of(table)


@contextmanager
def readable_rows(files: Sequence[str]) -> Iterator[None]:
    """Explain what is raised where a file is damaged or can't be reached: that it is one of these."""
    try:
        yield
    except (OSError, ValueError, pa.ArrowException) as error:
        where = files[0] if len(files) == 1 else f"one of {len(files)} files like {files[0]}"
        raise BuildError(
            f"{where} can't be read ({str(error).strip()}); run build-corpus validate to find the corpus's damaged "
            "files"
        ) from error


def _stream(files: Sequence[str]) -> Any:
    """Open the rows of these files, and of no others.

    `datasets` takes paths for patterns, whose brackets and stars would find other files or none, and looks for each
    through all that lies beside it; a list of its own is what it has found already.
    """
    from datasets import load_dataset
    from datasets.data_files import DataFilesList

    listed = {"train": DataFilesList([_opened_alone(file) for file in files], origin_metadata=[])}
    with readable_rows(files):
        rows = load_dataset("parquet", data_files=listed, split="train", streaming=True, columns=list(COLUMNS))
    return rows.with_format("arrow")


def _opened_alone(file: str) -> str:
    """Return the name by which `datasets` opens a file: of a URL it still takes a star for a pattern, of a path not."""
    path = file.removeprefix("file://")
    return glob.escape(path) if "://" in path and "*" in path else path


def _rows_of(table: pa.Table) -> Iterator[Row]:
    for batch in table.to_batches():
        ids, mask = batch["input_ids"], batch["loss_mask"]
        # An array's own offsets tell where each row lies in the one array of all values.
        flat, offsets = ids.values.to_numpy(), ids.offsets.to_numpy()
        flat_mask, mask_offsets = mask.values.to_numpy(zero_copy_only=False), mask.offsets.to_numpy()
        for place, row_id in enumerate(batch["id"].to_pylist()):
            start, end = offsets[place], offsets[place + 1]
            mask_start, mask_end = mask_offsets[place], mask_offsets[place + 1]
            yield Row(row_id, flat[start:end], flat_mask[mask_start:mask_end])
