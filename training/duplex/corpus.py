"""A published corpus as training sees it: its vocabulary, and the Parquet files of each split."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import fsspec
import numpy as np
import pyarrow.parquet as pq
import yaml

from manifests.addresses import refuse_keys
from manifests.card import terms_of
from manifests.errors import BuildError
from manifests.names import Split
from manifests.published import CARD, PUBLISHED_RECORD, VOCABULARY, PublishedRecord, missing_file
from manifests.records import TOKEN_CONFIGS, TokenConfig
from manifests.storage_faults import storage_faults
from stages.streams.vocabulary import Ids, read_vocabulary
from training.duplex.rows import readable_rows

IDS_COLUMN = "input_ids.list.element"
"""Parquet's name of the column of token ids; a footer tells how many it holds."""


@dataclass(frozen=True)
class SplitFiles:
    """The Parquet files of a split of one config, except those without rows, with what their footers say."""

    files: tuple[str, ...]
    rows: int
    tokens: int


class Corpus:
    """Opens a corpus by its address, a folder or an fsspec URL; storage keys come from the environment.

    Attributes:
        address: as it was given.
        name: what the corpus calls itself.
        identity: of its data and vocabulary, from the record of what was published.
        config: that it was built from, as it stands in the corpus.
        vocabulary: its map of token ids.
        text_slots: text tokens in a chunk of `three_stream`.
        terms: its licence, and those of its engines, as its card names them.

    Raises:
        BuildError: there is no published corpus (one that is being rebuilt doesn't count), or the address holds a key.
    """

    def __init__(self, address: str) -> None:
        refuse_keys(address)
        self.address = address
        try:
            self._files, root = fsspec.core.url_to_fs(address)
            self._root = str(root).rstrip("/")
            self._record = PublishedRecord.from_json(self._text(PUBLISHED_RECORD).encode())
            self.identity = self._record.content
            self.vocabulary = read_vocabulary(self._text(VOCABULARY), self.vocabulary_place)
            self.config: dict[str, Any] = yaml.safe_load(self._text("config.yaml"))
            self.name = str(self.config["name"])
            self.text_slots = int(self.config["streams"]["chunk"]["text"])
            self.terms = terms_of(self._card())
        except FileNotFoundError as missing:
            raise BuildError(
                f"corpus: no published corpus in {address} ({missing}); build or finish one with build-corpus run "
                f"CONFIG --out {address}; a copy needs data/, config.yaml, {VOCABULARY} and {PUBLISHED_RECORD}"
            ) from None
        except (OSError, ImportError, ValueError, yaml.YAMLError, KeyError, TypeError) as error:
            raise BuildError(f"corpus: {address} can't be read: {error!r}") from error

    @property
    def vocabulary_place(self) -> str:
        """Where the vocabulary was read, for errors."""
        return f"{self.address}/{VOCABULARY}"

    def files(self, config: str, split: str) -> list[str]:
        """Return the Parquet files of a split of a config, sorted; there may be none. `open` reads them.

        Only files in the record of what was published: others in the folder are not part of the corpus.

        Raises:
            BuildError: a file that the record lists is not there.
        """
        folder = f"data/{config}/{split}"
        listed = self._record.below(folder)
        there = self._names(folder) if listed else set()
        for path in listed:
            if PurePosixPath(path).name not in there:
                raise missing_file(self.address, path)
        return [self._path(path) for path in listed]

    def open(self, path: str) -> Any:
        """Open one of `files` for reading anywhere in it."""
        with storage_faults(path):
            return self._files.open(path, "rb")

    def splits(self, configs: Iterable[TokenConfig], split: Split) -> dict[TokenConfig, SplitFiles]:
        """Return the files of a split of each of some configs; reads their footers.

        Raises:
            BuildError: as `split`.
        """
        return {config: self.split(config, split) for config in configs}

    def split(self, config: TokenConfig, split: Split) -> SplitFiles:
        """Return the files of a split of a config; reads their footers.

        Raises:
            BuildError: the config has no such split, or no row in it, or a file is missing.
        """
        paths = self.files(config, split)
        if not paths:
            raise BuildError(f"{self.address}: config {config} has no {split} split; {_way_out(split)}")
        found: list[str] = []
        rows = tokens = 0
        for path in paths:
            count, ids = self._counts(path)
            rows, tokens = rows + count, tokens + ids
            if count:
                found.append(self._files.unstrip_protocol(path))
        if not rows:
            raise BuildError(f"{self.address}: config {config} has no rows in its {split} split; {_way_out(split)}")
        return SplitFiles(tuple(found), rows, tokens)

    def used_text_ids(self) -> Ids:
        """Return the text ids that the train splits of all token configs use, rising, int32; reads them whole.

        All configs, whatever the curriculum: models of one corpus then have one map, and their losses compare.
        """
        used = np.zeros(self.vocabulary.size, bool)
        for config in TOKEN_CONFIGS:
            for path in self.files(config, "train"):
                with self.open(path) as file, readable_rows([path]):
                    for batch in pq.ParquetFile(file).iter_batches(columns=["input_ids"]):
                        self._mark(used, batch["input_ids"].values.to_numpy(), path)
        ids: Ids = np.flatnonzero(used[: self.vocabulary.text_size]).astype(np.int32)
        return ids

    def _mark(self, used: np.ndarray, ids: Ids, path: str) -> None:
        if len(ids) and not 0 <= ids.min() <= ids.max() < len(used):
            raise BuildError(
                f"{path}: ids {ids.min()} to {ids.max()} are not within the vocabulary of {len(used)}; "
                f"run build-corpus validate {self.address} for details"
            )
        used[ids] = True

    def _counts(self, path: str) -> tuple[int, int]:
        with self.open(path) as file, readable_rows([path]):
            footer = pq.ParquetFile(file).metadata
        groups = [footer.row_group(place) for place in range(footer.num_row_groups)]
        columns = [group.column(place) for group in groups for place in range(group.num_columns)]
        return footer.num_rows, sum(column.num_values for column in columns if column.path_in_schema == IDS_COLUMN)

    def _names(self, folder: str) -> set[str]:
        """Return the names of the files in a folder; one listing costs less than a question for each."""
        with storage_faults(self._path(folder)):
            return {PurePosixPath(path).name for path in self._files.find(self._path(folder))}

    def _path(self, name: str) -> str:
        return str(PurePosixPath(self._root) / name)

    def _card(self) -> str:
        """Return the corpus's card; empty where a copy to train on goes without it."""
        try:
            return self._text(CARD)
        except FileNotFoundError:
            return ""

    def _text(self, name: str) -> str:
        with storage_faults(self._path(name)):
            data: bytes = self._files.cat_file(self._path(name))
        return data.decode("utf-8")


def _way_out(split: Split) -> str:
    if split == "train":
        return "use a corpus that has one, or remove the config from the curriculum"
    return f"build the corpus with corpus.{split}_share above 0, or set log.evaluate_every: null"
