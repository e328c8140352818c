"""The only access to storage: a corpus folder on any file system that fsspec supports."""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec

from manifests.addresses import refuse_keys
from manifests.errors import BuildError
from manifests.storage_faults import storage_faults
from pipeline.side_by_side import side_by_side

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


class Store:
    """A folder on local disk or object storage; every path given to it is relative to that folder.

    Holds only the root, so that it travels to workers; credentials stay in the environment.

    Raises:
        BuildError: the root is a file, an address that contains a key, or on storage that is unknown or has no driver
            installed.
        OSError: from any method: storage can't be reached, or refuses access.
    """

    def __init__(self, root: str) -> None:
        refuse_keys(root)
        self.root = root.rstrip("/") or "/"
        try:
            fsspec.url_to_fs(self.root)
        except (ImportError, ValueError) as error:
            raise BuildError(
                f"{root}: no such storage ({error}); give a folder or an address such as s3://bucket/corpus"
            ) from error
        if self.is_local:
            self.root = str(self.local_path().absolute())  # workers may have another current folder
            if self.local_path().is_file():
                raise BuildError(f"{root}: is a file, expected a folder")

    @property
    def is_local(self) -> bool:
        """Whether the folder is on this machine's disk."""
        return "://" not in self.root or self.root.startswith("file://")

    def address(self, path: str = "") -> str:
        """Return the full path or URL of something in the folder."""
        return f"{self.root}/{path}" if path else self.root

    def local_path(self, path: str = "") -> Path:
        """Return the path on this machine's disk; only where `is_local`."""
        return Path(fsspec.url_to_fs(self.address(path))[1])

    def exists(self, path: str) -> bool:
        """Tell whether a file or folder is there."""
        with self._reaching(path) as (files, address):
            return bool(files.exists(address))

    def read(self, path: str) -> bytes:
        """Return a file's bytes; `FileNotFoundError` when it is not there."""
        with self._reaching(path) as (files, address):
            data: bytes = files.cat_file(address)
        return data

    def open(self, path: str) -> Any:
        """Open a file for random access: from object storage, only the parts that are read are fetched.

        Read from it within `storage_faults`.
        """
        with self._reaching(path) as (files, address):
            return files.open(address, "rb", cache_type="none")

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder; empty when there is no such folder."""
        try:
            with self._reaching(folder) as (files, address):
                listed = files.ls(address, detail=True, refresh=True)
        except FileNotFoundError:
            return []
        return sorted(str(entry["name"]).rstrip("/").rsplit("/", 1)[-1] for entry in listed if not _is_marker(entry))

    def walk(self, folder: str) -> list[str]:
        """Return the sorted paths of all files below a folder."""
        with self._reaching(folder) as (files, address):
            base = fsspec.url_to_fs(self.root)[1]
            found = files.find(address, detail=True)
            return sorted(str(path).removeprefix(base).lstrip("/") for path in found if not _is_marker(found[path]))

    def write(self, path: str, data: bytes) -> None:
        """Write a file whole: readers see the old content or the new, never a part.

        Raises:
            BuildError: the disk is full.
        """
        with disk_full_explained(self.address(path)):
            if not self.is_local:
                with self._reaching(path) as (files, address):
                    files.pipe_file(address, data)
                return
            with self._written_beside(path, data) as temporary:
                temporary.replace(self.local_path(path))

    def create(self, path: str, data: bytes) -> bool:
        """Write a file whole unless it already exists; return whether it was written.

        On object storage this is one conditional write, on a disk a hard link: exactly one of several writers wins.

        Raises:
            BuildError: the disk is full, or its file system has no hard links.
        """
        with disk_full_explained(self.address(path)):
            try:
                if not self.is_local:
                    with self._reaching(path) as (files, address):
                        files.pipe_file(address, data, mode="create")
                    return True
                with self._written_beside(path, data) as temporary, _missing_links_explained(self.root):
                    os.link(temporary, self.local_path(path))
            except FileExistsError:
                return False
            return True

    def publish(self, source: str, target: str) -> None:
        """Make `target` the same file as `source`: a hard link where the disk allows it, else a copy."""
        with disk_full_explained(self.address(target)):
            if not self.is_local:
                with self._reaching(target) as (files, address):
                    files.cp_file(self.address(source), address)
                return
            final = self.local_path(target)
            final.parent.mkdir(parents=True, exist_ok=True)
            temporary = final.parent / f".{final.name}.{secrets.token_hex(4)}"
            try:
                os.link(self.local_path(source), temporary)
            except OSError:  # another file system
                shutil.copyfile(self.local_path(source), temporary)
            temporary.replace(final)
            temporary.unlink(missing_ok=True)  # replace() does nothing when both are already one file

    def remove(self, path: str) -> None:
        """Remove a file or a folder with all its contents; if it doesn't exist, nothing happens."""
        with contextlib.suppress(FileNotFoundError), self._reaching(path) as (files, address):
            if self.is_local:
                files.rm(address, recursive=True)
            else:  # there `rm` takes the brackets of run[2] for a pattern, which is that of run2
                side_by_side(files.rm_file, files.find(address))

    @contextmanager
    def _reaching(self, path: str) -> Iterator[tuple[Any, str]]:
        """Give the file system and the address there of something in the folder, for calls that may fail."""
        address = self.address(path)
        with storage_faults(address):
            yield fsspec.url_to_fs(self.root)[0], address

    @contextmanager
    def _written_beside(self, path: str, data: bytes) -> Iterator[Path]:
        final = self.local_path(path)
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = final.parent / f".{final.name}.{secrets.token_hex(4)}"
        try:
            with temporary.open("xb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)


def _is_marker(entry: Mapping[str, Any]) -> bool:
    """Tell the empty object by which consoles of object storage show a folder, ``corpus/``, from what is in it."""
    return str(entry["name"]).endswith("/") and entry["type"] == "file" and not entry["size"]


def sha256(data: bytes) -> str:
    """Return the hex sha256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _missing_links_explained(folder: str) -> Iterator[None]:
    """Turn what a file system without hard links answers into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_LINKS:
            raise BuildError(
                f"{folder}: its file system has no hard links ({error.strerror}), which make sure that a record is "
                "written whole and only once; choose a folder on another file system, or an s3:// address"
            ) from error
        raise


@contextmanager
def disk_full_explained(where: str) -> Iterator[None]:
    """Turn "no space left" and "quota exceeded" into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BuildError(
                f"no space left while writing {where}. Half-written files don't count; free some space and run the "
                f"same command again, without --from-stage: it resumes with the shards that are not done."
            ) from error
        raise
