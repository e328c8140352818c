"""The record that makes a folder of data a published corpus."""

from hashlib import sha256
from pathlib import Path

from manifests.published import PUBLISHED_RECORD, PublishedFile, PublishedRecord


def record_published(folder: Path) -> None:
    """Write the record of a corpus's data and vocabulary as they are."""
    paths = [*sorted((folder / "data").rglob("*.parquet")), folder / "vocabulary.json"]
    files = [
        PublishedFile(str(path.relative_to(folder)), path.stat().st_size, sha256(path.read_bytes()).hexdigest())
        for path in paths
    ]
    (folder / PUBLISHED_RECORD).parent.mkdir(exist_ok=True)
    (folder / PUBLISHED_RECORD).write_bytes(PublishedRecord("config", tuple(files)).to_json())
