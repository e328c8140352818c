"""Local paths that a person writes, possibly with ``~``."""

import os
from pathlib import Path

from manifests.errors import BuildError

_LONGEST_NAME, _LONGEST_PATH = 255, 4096
"""In bytes, of Linux and nearly all its file systems."""


def expanded(path: str, key: str) -> Path:
    """Return a path with its ``~`` or ``~name`` replaced by the folder that it stands for.

    Args:
        path: as a person wrote it.
        key: where they wrote it, for the message.

    Raises:
        BuildError: there is no user of that name, or no file can have that path.
    """
    try:
        written = os.fsencode(path)
        if b"\0" in written:
            raise ValueError("a path can't contain NUL")
        if len(written) >= _LONGEST_PATH or any(len(part) > _LONGEST_NAME for part in written.split(b"/")):
            raise ValueError(f"it is longer than {_LONGEST_PATH - 1} bytes, or one of its parts than {_LONGEST_NAME}")
        return Path(path).expanduser()
    except (RuntimeError, ValueError) as error:  # expanduser's of unknown users, fsencode's of lone surrogates
        raise BuildError(f"{key} {path!r:.300} can't be a path here ({error}); write it out in full") from error
