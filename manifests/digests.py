"""What names a file by its content."""

import hashlib
from pathlib import Path

from manifests.errors import BuildError


def file_sha256(path: Path) -> str:
    """Return the hex sha256 of a local file, which is read block by block.

    Raises:
        BuildError: the file can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BuildError(f"{path} can't be read: {error}") from error
