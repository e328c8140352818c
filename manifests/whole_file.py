"""Local files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; what was written there takes the name `path` at the end of the block.

    It is on the disk before it is named, so that not even a power cut leaves an empty or cut file of that name. A block
    that raises leaves `path` as it was, and nothing beside it. The folder is made. Several writers of one path at the
    same time are not for this.

    Raises:
        OSError: it can't be written or named.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
