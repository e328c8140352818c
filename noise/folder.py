"""A folder of recordings: listed once, its files opened one at a time."""

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import fsspec
import numpy as np
import soundfile
from fsspec.implementations.local import LocalFileSystem

from manifests.audio import Samples, read_frames, tells_length
from manifests.errors import BuildError, RejectedError
from manifests.storage_faults import storage_faults
from noise.recording import open_recording

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au", ".sph")

_FILE_FAULTS: tuple[type[Exception], ...] = (soundfile.LibsndfileError, FileNotFoundError, IsADirectoryError)
"""Of one file, that will be there again tomorrow. Other OSErrors (a network, a disk) are the machine's: taking another
file for them would give another corpus on a bad day."""

_LOCAL_FILE_FAULTS: tuple[type[Exception], ...] = (*_FILE_FAULTS, PermissionError)
"""On a disk; a driver of object storage tells of expired credentials with a `PermissionError`."""

_CONFIG_FAULTS = (PermissionError, NotADirectoryError, ValueError, ImportError)
"""Of a folder that the config names and that can't be listed; others are the machine's, and may pass."""


@dataclass(frozen=True)
class AudioFile:
    """A recording that has been listed but not yet opened.

    Attributes:
        path: inside the folder, with forward slashes.
    """

    path: str
    size_bytes: int


@dataclass(frozen=True)
class Stretch:
    """Part of a recording.

    Attributes:
        frames: shape (n, channels), at the recording's own rate.
        total_frames: of the whole recording.
    """

    frames: Samples
    sample_rate: int
    total_frames: int


@dataclass(frozen=True)
class AudioFolder:
    """The audio files of one folder, sorted by path.

    Attributes:
        what: what the recordings are, the first word of reasons and messages: ``noise``, ``room``.
    """

    what: str
    root: str
    filesystem: fsspec.AbstractFileSystem
    files: tuple[AudioFile, ...]

    @classmethod
    def open(cls, root: str, what: str, remedy: str) -> "AudioFolder":
        """List the audio files below `root`, including those in linked folders, without opening any; there may be none.

        Args:
            root: a local folder or an fsspec URL.
            what: what the recordings are.
            remedy: what the reader of a message can do about an unusable folder.

        Raises:
            BuildError: no such folder, no permission to list it, or its storage is unknown or has no driver.
            OSError: storage can't be reached now.
        """
        with storage_faults(f"{what} folder {root!r}"):
            try:
                filesystem, base = fsspec.core.url_to_fs(root)
                # Some drivers' isdir takes a fault for a no; what is there is then asked for, which tells them apart.
                is_folder = filesystem.isdir(base) or filesystem.info(base)["type"] == "directory"
                found = tuple(_found(filesystem, base)) if is_folder else ()
            except FileNotFoundError as error:
                raise BuildError(f"{what} folder {root!r} does not exist: {remedy}") from error
            except _CONFIG_FAULTS as error:
                raise BuildError(f"{what} folder {root!r} can't be listed ({error}): {remedy}") from error
            except OSError as error:
                raise OSError(f"{what} folder {root!r} can't be reached: {error}") from error
        if not is_folder:
            raise BuildError(f"{what} folder {root!r} is not a folder: {remedy}")
        files = sorted((file for file in found if _is_audio(file.path)), key=lambda file: file.path)
        return cls(what, base, filesystem, tuple(files))

    @classmethod
    def of(cls, root: str, files: Iterable[AudioFile], what: str) -> "AudioFolder":
        """Take files that are known to be below `root`, and no others."""
        filesystem, base = fsspec.core.url_to_fs(root)
        return cls(what, base, filesystem, tuple(sorted(files, key=lambda file: file.path)))

    def digest(self) -> str:
        """Return a sha256 of the listed paths and sizes, which distinguishes folders cheaply."""
        lines = "".join(f"{file.path}\t{file.size_bytes}\n" for file in self.files)
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def read(self, path: str, span: Callable[[soundfile.SoundFile], tuple[int, int]]) -> Stretch:
        """Return part of a recording, without fetching the rest of it if its format is seekable.

        Args:
            path: of one of the files.
            span: given the recording's header, returns where to begin and how many frames to read.

        Raises:
            RejectedError: ``<what>_unreadable``, ``<what>_empty`` or ``<what>_not_finite``.
            OSError: the folder can't be reached now, or its storage refuses access.
        """
        faults = _LOCAL_FILE_FAULTS if isinstance(self.filesystem, LocalFileSystem) else _FILE_FAULTS
        address = posixpath.join(self.root, path)
        size_bytes = next(file.size_bytes for file in self.files if file.path == path)
        try:
            with open_recording(self.filesystem, address, size_bytes, f"{self.what} {path}") as audio:
                if not tells_length(audio):
                    raise RejectedError(f"{self.what}_unreadable", f"{path}: its header gives no length; save it again")
                start, count = span(audio)
                if start:
                    audio.seek(start)
                read = read_frames(audio, count)
                frames = read[:, np.newaxis] if read.ndim == 1 else read
                stretch = Stretch(frames, audio.samplerate, audio.frames)
        except faults as error:
            raise RejectedError(f"{self.what}_unreadable", f"{path}: {error}") from error
        if len(frames) == 0:
            raise RejectedError(f"{self.what}_empty", path)
        if not np.isfinite(frames).all():
            raise RejectedError(f"{self.what}_not_finite", f"{path}: NaN or infinite samples")
        return stretch


def _found(filesystem: fsspec.AbstractFileSystem, base: str) -> Iterator[AudioFile]:
    """Yield every file below a folder."""
    if isinstance(filesystem, LocalFileSystem):
        yield from _local(Path(base), "", frozenset())
        return
    for name, details in filesystem.find(base, detail=True).items():
        yield AudioFile(posixpath.relpath(name, base), int(details.get("size") or 0))


def _local(folder: Path, inside: str, above: frozenset[Path]) -> Iterator[AudioFile]:
    """Yield every file below a folder on disk, through links, which fsspec does not follow.

    Args:
        folder: where it is.
        inside: its path in the folder that is listed, with a slash behind it.
        above: the real paths of the folders that it is in: a link back to one of them leads to nothing new.
    """
    if (real := folder.resolve()) in above:
        return
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _local(entry, f"{inside}{entry.name}/", above | {real})
        elif entry.exists():
            yield AudioFile(f"{inside}{entry.name}", entry.stat().st_size)
        else:  # a link to nothing: it is listed, and its name tells who reads it what is missing
            yield AudioFile(f"{inside}{entry.name}", 0)


def _is_audio(path: str) -> bool:
    # macOS leaves "._name.wav" files of metadata beside the real ones.
    name = posixpath.basename(path)
    return not name.startswith(".") and name.lower().endswith(AUDIO_SUFFIXES)
