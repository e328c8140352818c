"""Opens the file that dialogues start from, a text set or scenarios; tells faults of the config from the machine's."""

from typing import BinaryIO

import fsspec

from manifests.errors import BuildError
from manifests.storage_faults import storage_faults


def open_source_file(key: str, path: str) -> BinaryIO:
    """Open a file that a config names for reading anywhere in it.

    Args:
        key: where the config names it, for the error.
        path: local, or an fsspec URL.

    Raises:
        BuildError: there is no such file, it may not be read, or its storage is not known or has no driver.
        OSError: storage can't be reached now.
    """
    with storage_faults(path):
        try:
            opened: BinaryIO = fsspec.open(path, "rb").open()
        except (FileNotFoundError, IsADirectoryError, PermissionError, ValueError, ImportError) as error:
            raise BuildError(f"{key} {path!r} can't be read ({error}); name an existing, readable file") from error
        except OSError as error:
            raise OSError(f"{path} can't be reached: {error}") from error
    return opened
