"""Artefacts and their completion records: the only way work is recorded and found again."""

import io
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from manifests.completion import ArtefactFile, Completion, completion_path
from manifests.errors import BuildError
from manifests.names import StageName
from manifests.records import Reject
from manifests.tables import rejects_to_table, write_parquet
from pipeline.columns import read_columns
from pipeline.storage import Store, sha256


@dataclass(frozen=True)
class NewFile:
    """A file that a task has made but not yet stored; fields as in `ArtefactFile`."""

    kind: str
    split: str
    name: str
    data: bytes
    rows: int
    tokens: int = 0
    audio_s: float = 0.0


@dataclass
class Artefact:
    """Everything one task has made.

    Attributes:
        items_in, items_out: dialogues that came in and went on.
        notes: oddities seen in the records that went on.
    """

    items_in: int = 0
    items_out: int = 0
    files: list[NewFile] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def add_table(self, kind: str, split: str, table: pa.Table, *, tokens: int = 0, audio_s: float = 0.0) -> None:
        """Add a Parquet file of a table; a table without rows adds none."""
        if table.num_rows:
            name = f"{kind}-{split}.parquet" if split else f"{kind}.parquet"
            data = _parquet_bytes(table)
            self.files.append(NewFile(kind, split, name, data, table.num_rows, tokens, audio_s))


class Artefacts:
    """The artefacts of one corpus folder."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def completion(self, stage: str, shard: int | None) -> Completion | None:
        """Return a task's record, or None when the task is not done."""
        try:
            return Completion.from_json(self.store.read(completion_path(stage, shard)))
        except FileNotFoundError:
            return None

    def done(self, stage: str) -> set[str]:
        """Return the file names of the stage's records."""
        return set(self.store.names(f"manifests/{stage}"))

    def tables(self, stage: str, shard: int | None, kind: str) -> list[pa.Table]:
        """Read a task's Parquet files of one kind, in the order of its record.

        Raises:
            BuildError: the task is not done, or a file's hash is not the recorded one.
        """
        completion = self.completion(stage, shard)
        if completion is None:
            raise BuildError(
                f"{self.store.address(completion_path(stage, shard))}: missing; run the earlier stage first"
            )
        return [pq.read_table(io.BytesIO(self.read(file))) for file in completion.files if file.kind == kind]

    def columns(self, file: ArtefactFile, columns: Sequence[str]) -> pa.Table:
        """Read some columns of a Parquet file by their paths, fetching no more than needed; its hash is not checked.

        Raises:
            BuildError: it is not there.
        """
        try:
            return read_columns(self.store, file.path, columns)
        except FileNotFoundError as error:
            raise self._missing(file) from error

    def read(self, file: ArtefactFile) -> bytes:
        """Read a file and check it against its record.

        Raises:
            BuildError: it is missing, or not the one its record describes.
        """
        try:
            data = self.store.read(file.path)
        except FileNotFoundError as error:
            raise self._missing(file) from error
        if sha256(data) != file.sha256:
            raise BuildError(
                f"{self.store.address(file.path)}: sha256 is {sha256(data)}, but its record says {file.sha256}; the "
                f"file was changed or damaged. Redo its stage with `build-corpus run ... --from-stage STAGE`."
            )
        return data

    def _missing(self, file: ArtefactFile) -> BuildError:
        return BuildError(
            f"{self.store.address(file.path)}: missing, but its record lists it. Restore it from a complete copy of "
            "the corpus, or redo its stage with `build-corpus run ... --from-stage STAGE`."
        )

    def remove_orphans(self, stage: str, recorded: Iterable[ArtefactFile]) -> None:
        """Remove what attempts without a record have left behind; only once all tasks of the stage are done."""
        kept = {file.path.split("/")[2] for file in recorded}
        for attempt in self.store.names(f"artefacts/{stage}"):
            if attempt not in kept:
                self.store.remove(f"artefacts/{stage}/{attempt}")

    def write(
        self,
        stage: StageName,
        shard: int | None,
        artefact: Artefact,
        fingerprint: str,
        busy_s: float,
        engines: Iterable[str],
    ) -> Completion:
        """Write a task's files under names of this attempt, then its record unless another attempt was first."""
        task = "corpus" if shard is None else f"shard-{shard:05d}"
        folder = f"artefacts/{stage}/{task}-{secrets.token_hex(4)}"
        files = [*artefact.files, *_reject_files(artefact.rejects)]
        for file in files:
            self.store.write(f"{folder}/{file.name}", file.data)
        completion = Completion(
            stage=stage,
            shard=shard,
            fingerprint=fingerprint,
            files=tuple(
                ArtefactFile(
                    file.kind,
                    file.split,
                    f"{folder}/{file.name}",
                    file.rows,
                    len(file.data),
                    sha256(file.data),
                    file.tokens,
                    round(file.audio_s, 3),
                )
                for file in files
            ),
            items_in=artefact.items_in,
            items_out=artefact.items_out,
            lost=_count(reject.reason for reject in artefact.rejects if reject.final),
            refused=_count(reject.reason for reject in artefact.rejects if not reject.final),
            notes=_count(artefact.notes.elements()),
            busy_s=round(busy_s, 3),
            engines=tuple(engines),
        )
        if self.store.create(completion_path(stage, shard), completion.to_json()):
            return completion
        first = self.completion(stage, shard)
        assert first is not None
        if all(not file.path.startswith(folder + "/") for file in first.files):
            self.store.remove(folder)  # else the record is ours: written, and only the reply to it was lost
        return first


def _parquet_bytes(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    write_parquet(table, buffer)
    return buffer.getvalue()


def _reject_files(rejects: list[Reject]) -> list[NewFile]:
    if not rejects:
        return []
    data = _parquet_bytes(rejects_to_table(rejects))
    return [NewFile("rejects", "", "rejects.parquet", data, len(rejects))]


def _count(reasons: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(reasons).items()))
