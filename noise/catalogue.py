"""A folder of noise recordings: listed once, read a stretch at a time."""

import hashlib
import io
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

import fsspec
import numpy as np
import soundfile

from manifests.audio import Samples, resample
from manifests.errors import BuildError, RejectedError
from noise.config import CATEGORIES, Category, CategoryWeights

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au", ".sph")

# Faults of one file that will be there again tomorrow. Other OSErrors (a network, a disk) are the machine's: taking
# another file for them would give another corpus on a bad day.
_FILE_FAULTS = (FileNotFoundError, PermissionError, IsADirectoryError)


@dataclass(frozen=True)
class NoiseFile:
    """A recording that has been listed but not yet opened.

    Attributes:
        path: inside the folder, with forward slashes.
    """

    path: str
    category: Category
    size_bytes: int


@dataclass(frozen=True)
class Catalogue:
    """The recordings of one folder, sorted by path, and how often each category is drawn.

    Open it with `Catalogue.open`; the layout is MUSAN's (Snyder, Chen & Povey, arXiv 1510.08484):
    ``noise|music|speech/<subset>/*.wav``. Audio in any other place counts as ``noise``.
    """

    root: str
    filesystem: fsspec.AbstractFileSystem
    files: tuple[NoiseFile, ...]
    categories: CategoryWeights

    @classmethod
    def open(cls, root: str, categories: CategoryWeights) -> "Catalogue":
        """List the audio files below `root` whose category has a weight, without opening any.

        Args:
            root: a local folder or an fsspec URL.
            categories: the weights; a category without files is never drawn.

        Raises:
            BuildError: no such folder, it can't be listed, or it holds no audio to draw from.
        """
        filesystem, base, sizes = _listing(root)
        files = tuple(
            NoiseFile(path, _category(path), size_bytes)
            for path, size_bytes in sorted(sizes.items())
            if _is_audio(path)
        )
        weighted = tuple(file for file in files if _weight(categories, file.category) > 0)
        if not weighted:
            found = f"{len(files)} audio files, none in a category with a weight" if files else "no audio file"
            raise BuildError(
                f"noise folder {root!r} holds {found} ({', '.join(AUDIO_SUFFIXES)}; below noise/, music/, speech/ "
                "or anywhere): mend noise.path or noise.categories, or set noise.source: builtin"
            )
        return cls(base, filesystem, weighted, categories)

    def digest(self) -> str:
        """Return a sha256 of the listed paths and sizes, which cheaply tells one folder from another."""
        lines = "".join(f"{file.path}\t{file.size_bytes}\n" for file in self.files)
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def candidates(self, generator: np.random.Generator) -> Iterator[NoiseFile]:
        """Yield every file once in a random order: first a category by weight, then a file of it.

        The first is the file to use; the following ones stand in for files that turn out to be unusable.
        """
        left = {category: [file for file in self.files if file.category == category] for category in CATEGORIES}
        while any(left.values()):
            names = [category for category in CATEGORIES if left[category]]
            weights = np.array([_weight(self.categories, category) for category in names])
            files = left[names[int(generator.choice(len(names), p=weights / weights.sum()))]]
            chosen = int(generator.integers(len(files)))
            files[chosen], files[-1] = files[-1], files[chosen]
            yield files.pop()

    def read(self, file: NoiseFile, sample_rate: int, length_samples: int, position: float) -> Samples:
        """Return up to `length_samples` of a recording, mono (channels averaged), at the given rate.

        Args:
            file: one of this catalogue's files.
            sample_rate: what to resample to.
            length_samples: how much is wanted, at `sample_rate`.
            position: where to begin, from 0 (as early as possible) to 1 (as late as possible); without
                effect on a recording that is shorter than wanted, which is returned whole.

        Returns:
            shape (n,), 1 <= n <= length_samples.

        Raises:
            RejectedError: ``noise_unreadable``, ``noise_empty`` or ``noise_not_finite``.
        """
        try:
            data = self.filesystem.cat_file(posixpath.join(self.root, file.path))
            with soundfile.SoundFile(io.BytesIO(data)) as audio:
                frames, rate = _read_stretch(audio, sample_rate, length_samples, position)
        except (soundfile.LibsndfileError, *_FILE_FAULTS) as error:
            raise RejectedError("noise_unreadable", f"{file.path}: {error}") from error
        if len(frames) == 0:
            raise RejectedError("noise_empty", file.path)
        if not np.isfinite(frames).all():
            raise RejectedError("noise_not_finite", f"{file.path}: NaN or infinity among its samples")
        mono = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1, dtype=np.float32)
        samples = resample(mono, rate, sample_rate)[:length_samples]
        if len(samples) == 0:
            raise RejectedError("noise_empty", f"{file.path}: {len(frames)} samples at {rate} Hz")
        return samples


def _listing(root: str) -> tuple[fsspec.AbstractFileSystem, str, dict[str, int]]:
    """Return (filesystem, its name for the root, size in bytes of every file by its path inside the root)."""
    try:
        filesystem, base = fsspec.core.url_to_fs(root)
        is_folder, exists = filesystem.isdir(base), filesystem.exists(base)
        found = filesystem.find(base, detail=True) if is_folder else {}
    except Exception as error:  # every fsspec backend has its own: no credentials, no such bucket, unknown scheme
        raise BuildError(f"noise folder {root!r} can't be listed ({error}): mend noise.path") from error
    if not is_folder:
        what = "is not a folder" if exists else "does not exist"
        raise BuildError(f"noise folder {root!r} {what}: mend noise.path, or set noise.source: builtin")
    sizes = {posixpath.relpath(name, base): int(details.get("size") or 0) for name, details in found.items()}
    return filesystem, base, sizes


def _read_stretch(
    audio: soundfile.SoundFile, sample_rate: int, length_samples: int, position: float
) -> tuple[Samples, int]:
    """Return (frames of shape (n, channels), source rate) that hold the stretch wanted."""
    wanted = -(-length_samples * audio.samplerate // sample_rate) + 1
    spare = max(0, audio.frames - wanted)
    if spare:
        audio.seek(int(position * spare))
    frames = audio.read(min(wanted, audio.frames), dtype="float32", always_2d=True)
    return frames, audio.samplerate


def _is_audio(path: str) -> bool:
    # macOS leaves "._name.wav" files of metadata beside the real ones.
    name = posixpath.basename(path)
    return not name.startswith(".") and name.lower().endswith(AUDIO_SUFFIXES)


def _category(path: str) -> Category:
    top = path.split("/", 1)[0]
    return next((category for category in CATEGORIES if category == top), "noise")


def _weight(categories: CategoryWeights, category: Category) -> float:
    return {"noise": categories.noise, "music": categories.music, "speech": categories.speech}[category]
