"""Opening a recording in place, so that no more of it is read than requested."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import fsspec
import soundfile

from manifests.storage_faults import storage_faults

_BLOCK_BYTES = 2**20
"""Fetched at least with each request to object storage: half a minute at 16 kHz, mostly of what is wanted next."""


@contextmanager
def open_recording(
    filesystem: fsspec.AbstractFileSystem, path: str, size_bytes: int, where: str
) -> Iterator[soundfile.SoundFile]:
    """Open an audio file on any file system.

    Args:
        filesystem: where it is.
        path: of the file, as the file system names it.
        size_bytes: as listed, which saves asking again; 0 if the listing does not say.
        where: the recording, for messages.

    Raises:
        LibsndfileError: from soundfile, while the file is opened or read: it is not audio.
        OSError: likewise: it is missing, or its storage can't be reached or refuses access.
    """
    with storage_faults(where):
        opened = filesystem.open(path, "rb", block_size=_BLOCK_BYTES, size=size_bytes or None)
    with opened:
        watched = _Watched(opened)
        try:
            with soundfile.SoundFile(watched) as audio:
                yield audio
        finally:
            if watched.fault is not None:
                with storage_faults(where):
                    raise watched.fault


class _Watched:
    """A file for libsndfile, which takes a read that fails for the end of the file: the fault is kept, to be raised."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell
        self.fault: Exception | None = None

    def read(self, count: int) -> bytes:
        try:
            return self._file.read(count)
        except Exception as fault:
            self.fault = fault
            return b""
