"""Local files that exist whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path next to `path` to write to; what was written there is renamed to `path` at the end of the block.

    It is flushed to disk before it is renamed, so not even a power cut leaves an empty or truncated file of that name.
    A block that raises leaves `path` as it was, and nothing next to it. The folder is created. This is not for several
    writers of one path at the same time.

    Raises:
        OSError: it can't be written or renamed.
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
