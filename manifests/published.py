"""The record that a corpus is published completely: every file that belongs to it, with its sha256."""

import hashlib
import json
from dataclasses import asdict, dataclass

from manifests.errors import BuildError
from manifests.inner_paths import check_inner

PUBLISHED_RECORD = "manifests/published.json"
VOCABULARY = "vocabulary.json"
CARD = "README.md"


@dataclass(frozen=True)
class PublishedFile:
    """A file of the published corpus; `path` is relative to its root."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class PublishedRecord:
    """All files of a published corpus, data first, in the order of configs and shards.

    Attributes:
        identity: hash of the config it was published with.
    """

    identity: str
    files: tuple[PublishedFile, ...]

    @property
    def content(self) -> str:
        """Return the hash of what is read from a corpus, its data and vocabulary, regardless of its card."""
        read = sorted((file.path, file.sha256) for file in self.files if file.path.startswith(("data/", VOCABULARY)))
        return hashlib.sha256(json.dumps(read).encode()).hexdigest()

    def below(self, folder: str) -> list[str]:
        """Return the sorted paths of the files in a folder, at any depth."""
        return sorted(file.path for file in self.files if file.path.startswith(f"{folder}/"))

    def to_json(self) -> bytes:
        """Return the record as indented UTF-8 JSON."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> "PublishedRecord":
        """Read what `to_json` wrote.

        Raises:
            BuildError: a path leads out of the corpus.
        """
        content = json.loads(data)
        files = tuple(PublishedFile(**file) for file in content["files"])
        for file in files:
            check_inner(file.path, PUBLISHED_RECORD)
        return cls(content["identity"], files)


def missing_file(root: str, path: str) -> BuildError:
    """Return the error that a file of a published corpus, in a folder or at a URL, is missing."""
    return BuildError(
        f"{root}: {path} is missing, but {PUBLISHED_RECORD} lists it; restore it from a complete copy of the corpus; "
        f"`build-corpus validate {root}` lists all missing files"
    )
