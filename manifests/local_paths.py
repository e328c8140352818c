"""Local paths that a person writes, ``~`` among them."""

import os
from pathlib import Path

from manifests.errors import BuildError


def expanded(path: str, key: str) -> Path:
    """Return a path with its ``~`` or ``~name`` as the folder that it stands for.

    Args:
        path: as a person wrote it.
        key: where they did, for the message.

    Raises:
        BuildError: no user has that name, or no file can have that path.
    """
    try:
        if b"\0" in os.fsencode(path):
            raise ValueError("a path holds no NUL")
        return Path(path).expanduser()
    except (RuntimeError, ValueError) as error:  # expanduser's of unknown users, fsencode's of lone surrogates
        raise BuildError(f"{key} {path!r} can't be a path here ({error}); write it out in full") from error
