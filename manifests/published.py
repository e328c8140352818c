"""The record that a corpus is published whole: every file that belongs to it, with its sha256."""

import hashlib
import json
from dataclasses import asdict, dataclass

PUBLISHED_RECORD = "manifests/published.json"
VOCABULARY = "vocabulary.json"


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
        """Return the hash of what is read from a corpus, its data and its vocabulary, whatever its card says."""
        read = sorted((file.path, file.sha256) for file in self.files if file.path.startswith(("data/", VOCABULARY)))
        return hashlib.sha256(json.dumps(read).encode()).hexdigest()

    def to_json(self) -> bytes:
        """Return the record as indented UTF-8 JSON."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> "PublishedRecord":
        """Read what `to_json` wrote."""
        content = json.loads(data)
        return cls(content["identity"], tuple(PublishedFile(**file) for file in content["files"]))
