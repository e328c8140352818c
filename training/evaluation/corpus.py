"""A published corpus as evaluation reads it: a split's dialogues as whole sequences, and its token rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from manifests.audio import Samples, decode_audio
from manifests.errors import BuildError, RejectedError
from manifests.names import SPLITS
from manifests.records import DuplexConfig, Event, Role, TokenConfig, TokenRow
from manifests.tables import token_rows_from_table
from stages.streams import StreamsConfig
from stages.streams.vocabulary import Ids
from training.duplex.corpus import Corpus
from training.loop.duplex_model import Grid
from training.loop.layout import ChunkLayout, layout_of
from training.loop.voicing import Voiced

_DIALOGUE_COLUMNS = ("id", "language", "voices", "turns", "events")


@dataclass(frozen=True)
class SaidTurn:
    """What a turn says; if it was cut, the part that was heard."""

    role: Role
    text: str
    start_s: float
    end_s: float
    cut: bool


@dataclass(frozen=True)
class HeldOut:
    """A dialogue.

    Attributes:
        voice: the user's; None where the user says nothing.
        chunks: of the whole dialogue in corpus ids, shape (chunks, width).
    """

    dialogue_id: str
    language: str
    voice: str | None
    turns: tuple[SaidTurn, ...]
    events: tuple[Event, ...]
    chunks: Grid


class EvaluatedCorpus(Corpus):
    """A published corpus: a local folder or an fsspec URL.

    Attributes:
        timing: the name of the timing profile it was made with.
        streams: how it was tokenized.

    Raises:
        BuildError: there is no published corpus, or another version of build-corpus made it.
    """

    def __init__(self, address: str) -> None:
        super().__init__(address)
        try:
            self.streams = StreamsConfig.model_validate(self.config["streams"])
            self.timing = str(self.config["scenes"]["timing"]["name"])
        except (KeyError, TypeError, ValidationError) as error:
            raise BuildError(f"{address}/config.yaml: made by another version of build-corpus ({error})") from error

    def layout(self, config: DuplexConfig) -> ChunkLayout:
        """Return the layout of a config's chunks."""
        return layout_of(self.vocabulary, config, self.streams.chunk.text)

    def held_out(self, split: str, config: DuplexConfig, limit: int | None) -> list[HeldOut]:
        """Return the dialogues of a split with their whole sequence, in the corpus's order; at most `limit`.

        Raises:
            BuildError: the split is missing or empty, or a dialogue's rows don't make a whole sequence.
        """
        width = self.layout(config).width
        read = list(islice(self._dialogues(split), limit))
        if not read:
            raise BuildError(
                f"{self.address}: split {split!r} has no dialogues; use another --split or a larger corpus"
            )
        parts_of: dict[str, list[tuple[float, Ids]]] = {row["id"]: [] for row in read}
        for table in self._tables(config, split, ["dialogue_id", "start_s", "input_ids"], frozenset(parts_of)):
            names, starts = (table[column].to_pylist() for column in ("dialogue_id", "start_s"))
            for name, start_s, ids in zip(names, starts, table["input_ids"], strict=True):
                if name in parts_of:
                    parts_of[name].append((start_s, ids.values.to_numpy()))
        found: list[HeldOut] = []
        for row in read:
            parts = sorted(parts_of[row["id"]], key=itemgetter(0))
            if not parts or any(len(ids) % width for _, ids in parts):
                raise BuildError(
                    f"{self.address}: dialogue {row['id']} has {len(parts)} {config} rows, but not all consist of "
                    f"whole chunks of {width} tokens; run `build-corpus validate`"
                )
            chunks = np.concatenate([ids for _, ids in parts]).reshape(-1, width)
            turns = tuple(
                SaidTurn(turn["role"], turn["text"], turn["start_s"], turn["end_s"], turn["cut"])
                for turn in row["turns"]
            )
            events = tuple(Event(**event) for event in row["events"])
            found.append(HeldOut(row["id"], row["language"], row["voices"]["user"], turns, events, chunks))
        return found

    def audio(self, split: str, dialogues: frozenset[str]) -> Iterator[tuple[str, Samples, int]]:
        """Yield some dialogues of a split with their sound: id, shape (n, 2) with the user's channel first, rate in Hz.

        Raises:
            BuildError: the split is missing, a file can't be read, or a dialogue's audio is damaged.
        """
        for table in self._tables("dialogues", split, ["id", "audio"], dialogues):
            for row in table.to_pylist():
                if row["id"] not in dialogues:
                    continue
                try:
                    samples, rate = decode_audio(row["audio"]["bytes"])
                except RejectedError as damaged:
                    raise BuildError(
                        f"{self.address}: dialogue {row['id']}: {damaged}; run `build-corpus validate`"
                    ) from damaged
                yield row["id"], samples, rate

    def voices(self, split: str) -> frozenset[str]:
        """Return the user voices of a split.

        Raises:
            BuildError: the split is missing.
        """
        tables = self._tables("dialogues", split, ["voices"])
        voices = (row["voices"]["user"] for table in tables for row in table.to_pylist())
        return frozenset(voice for voice in voices if voice is not None)

    def rows(self, config: TokenConfig, split: str, dialogues: frozenset[str] | None = None) -> Iterator[TokenRow]:
        """Yield a split's rows, of some dialogues or of all, one row group in memory at a time.

        Raises:
            BuildError: the split is missing, or a file can't be read.
        """
        for table in self._tables(config, split, None, dialogues):
            for row in token_rows_from_table(table, config):
                if dialogues is None or row.dialogue_id in dialogues:
                    yield row

    def has_split(self, split: str) -> bool:
        """Tell whether the corpus has dialogues in a split."""
        return bool(self.files("dialogues", split))

    def _dialogues(self, split: str) -> Iterator[dict[str, Any]]:
        for table in self._tables("dialogues", split, list(_DIALOGUE_COLUMNS)):
            yield from table.to_pylist()

    def _tables(
        self, config: str, split: str, columns: list[str] | None, dialogues: frozenset[str] | None = None
    ) -> Iterator[pa.Table]:
        """Yield row groups, of all columns or some; those that have rows of some dialogues, or all.

        A dialogue's rows stand together in one shard, so nothing is read behind the last dialogue's.
        """
        id_column = "id" if config == "dialogues" else "dialogue_id"
        missing = set(dialogues or ())
        shards = self.files(config, split)
        if not shards:
            there = [name for name in SPLITS if self.files(config, name)]
            raise BuildError(f"{self.address}: {config} has no split {split!r}; it has {', '.join(there) or 'none'}")
        for path in shards:
            try:
                with self.open(path) as opened, pq.ParquetFile(opened) as parquet:
                    for group in range(parquet.num_row_groups):
                        if dialogues is None:
                            yield parquet.read_row_group(group, columns=columns)
                            continue
                        ids = parquet.read_row_group(group, columns=[id_column])[id_column].to_pylist()
                        if not dialogues.isdisjoint(ids):
                            yield parquet.read_row_group(group, columns=columns)
                        missing.difference_update(ids)
                        if not missing and dialogues.isdisjoint(ids[-1:]):
                            return
            except (OSError, pa.ArrowException, KeyError) as error:
                raise BuildError(
                    f"{path} can't be read as a table of {config} ({error}); run `build-corpus validate`"
                ) from error


def voiced_of(chunks: Grid, layout: ChunkLayout, silent_speech: int) -> Voiced:
    """Return whether the assistant speaks in each frame of some chunks, shape (chunks * frames,)."""
    first_codebook = chunks[:, layout.assistant_slots][:, :: layout.codebooks]
    voiced: Voiced = (first_codebook != silent_speech).reshape(-1)
    return voiced
