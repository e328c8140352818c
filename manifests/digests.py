"""Hashes that identify files by their content."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from manifests.errors import BuildError


def file_sha256(path: Path) -> str:
    """Return the hex sha256 of a local file, reading it block by block.

    Raises:
        BuildError: the file can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BuildError(f"{path} can't be read: {error}") from error


def files_sha256(paths: Iterable[Path]) -> str:
    """Return the hex sha256 over the names and contents of local files, in this order.

    Raises:
        BuildError: as `file_sha256`.
    """
    listed = "".join(f"{file_sha256(path)} {path.name}\n" for path in paths)
    return hashlib.sha256(listed.encode()).hexdigest()
