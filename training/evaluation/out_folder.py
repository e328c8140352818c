"""The folder for results, created before spending hours on them."""

import os
from pathlib import Path

from manifests.errors import BuildError


def make_out(out: Path) -> None:
    """Create a folder for results, unless it exists.

    Raises:
        BuildError: it can't be created or written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(f"--out {out}: the folder can't be created ({error.strerror}); choose another") from error
    if not os.access(out, os.W_OK):
        raise BuildError(f"--out {out}: the folder is not writable; choose another, or change its permissions")
