"""Opening the text set that a config names, with the faults of the config told from those of the machine."""

from typing import BinaryIO

import fsspec

from manifests.errors import BuildError
from manifests.storage_faults import storage_faults


def open_text_set(path: str) -> BinaryIO:
    """Open a text set for reading anywhere in it.

    Raises:
        BuildError: there is no such file, it may not be read, or its storage is not known or has no driver.
        OSError: storage can't be reached now.
    """
    with storage_faults(path):
        try:
            opened: BinaryIO = fsspec.open(path, "rb").open()
        except (FileNotFoundError, IsADirectoryError, PermissionError, ValueError, ImportError) as error:
            raise BuildError(
                f"dialogues.file.path {path!r} can't be read ({error}); name an existing JSONL file that may be read"
            ) from error
        except OSError as error:
            raise OSError(f"{path} can't be reached: {error}") from error
    return opened
