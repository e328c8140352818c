"""Completion records: what makes a shard of a stage count as done, and what readers trust."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from manifests.inner_paths import check_inner
from manifests.names import StageName


@dataclass(frozen=True)
class ArtefactFile:
    """A file that a task has stored.

    Attributes:
        kind: what the rows are: a published config's name, or ``text``, ``speech``, ``rejects``, ``noise``.
        split: the split whose dialogues it holds; empty for files that hold all.
        path: relative to the corpus root.
        tokens: sum of the rows' lengths, for token configs.
        audio_s: seconds of audio in the file, for configs that hold audio or speech.
    """

    kind: str
    split: str
    path: str
    rows: int
    size: int
    sha256: str
    tokens: int = 0
    audio_s: float = 0.0


@dataclass(frozen=True)
class Completion:
    """The record that a task (a stage on one shard or on the whole corpus) is done.

    Attributes:
        shard: the shard's number; None for a stage that runs once for the corpus.
        fingerprint: of the stage's config and everything upstream; see `pipeline.fingerprint`.
        items_in, items_out: dialogues that came in and went out.
        lost: final rejects by reason.
        refused: non-final rejects (attempts, rows) by reason.
        notes: oddities counted over the records that went out.
        busy_s: seconds of work, without waiting for a worker or loading models.
        engines: versions of the engines that did it.
    """

    stage: StageName
    shard: int | None
    fingerprint: str
    files: tuple[ArtefactFile, ...]
    items_in: int
    items_out: int
    lost: dict[str, int]
    refused: dict[str, int]
    notes: dict[str, int]
    busy_s: float
    engines: tuple[str, ...]

    def to_json(self) -> bytes:
        """Return the record as indented UTF-8 JSON."""
        return (json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Completion":
        """Read what `to_json` wrote.

        Raises:
            BuildError: a path leads out of the corpus.
        """
        fields: dict[str, Any] = json.loads(data)
        fields["files"] = tuple(ArtefactFile(**file) for file in fields["files"])
        fields["engines"] = tuple(fields["engines"])
        for file in fields["files"]:
            check_inner(file.path, completion_path(fields["stage"], fields["shard"]))
        return cls(**fields)


def completion_path(stage: str, shard: int | None) -> str:
    """Return the path of a task's record, relative to the corpus root."""
    return f"manifests/{stage}/{'corpus' if shard is None else f'shard-{shard:05d}'}.json"
