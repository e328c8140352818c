"""The folder that results go into, made before hours are spent on them."""

import os
from pathlib import Path

from manifests.errors import BuildError


def make_out(out: Path) -> None:
    """Make a folder for results, unless it is there.

    Raises:
        BuildError: nothing can be written there.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(f"--out {out}: no folder can be made there ({error.strerror}); name another") from error
    if not os.access(out, os.W_OK):
        raise BuildError(f"--out {out}: nothing can be written there; name another, or change its permissions")
