"""A folder of noise recordings: listed once, read one section at a time."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import soundfile

from manifests.audio import Samples, resample
from manifests.errors import BuildError, RejectedError
from noise.config import CATEGORIES, Category, CategoryWeights
from noise.folder import AUDIO_SUFFIXES, AudioFolder

REMEDY = "fix scenes.noise.path, or set scenes.noise.source: builtin"

SHORT_S = 60.0
"""A recording up to this length is read and resampled whole and kept: a scene takes another part of it each time."""

KEPT = 32
"""Short recordings kept by a worker, those used last: 123 MB at most at 16 kHz."""


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

    Open it with `Catalogue.open` or `Catalogue.of`; the layout is MUSAN's (Snyder, Chen & Povey, arXiv 1510.08484):
    ``noise|music|speech/<subset>/*.wav``. Audio anywhere else counts as ``noise``.
    """

    folder: AudioFolder
    files: tuple[NoiseFile, ...]
    categories: CategoryWeights
    _by_category: Mapping[Category, Sequence[NoiseFile]] = field(repr=False, compare=False)
    _kept: OrderedDict[tuple[str, int], Samples] = field(default_factory=OrderedDict, repr=False, compare=False)

    @classmethod
    def open(cls, root: str, categories: CategoryWeights) -> "Catalogue":
        """List the audio files below `root` whose category has a weight, without opening any.

        Args:
            root: a local folder or an fsspec URL.
            categories: the weights; a category without files is never drawn.

        Raises:
            BuildError: no such folder, it can't be listed, or it contains no audio to draw from.
        """
        return cls.of(AudioFolder.open(root, "noise", REMEDY), categories)

    @classmethod
    def of(cls, folder: AudioFolder, categories: CategoryWeights) -> "Catalogue":
        """Take those of a folder's files whose category has a weight.

        Raises:
            BuildError: there are none.
        """
        files = tuple(NoiseFile(file.path, _category(file.path), file.size_bytes) for file in folder.files)
        weighted = tuple(file for file in files if _weight(categories, file.category) > 0)
        if not weighted:
            found = f"{len(files)} audio files, none in a category with a weight" if files else "no audio files"
            raise BuildError(
                f"noise folder {folder.root!r} contains {found} ({', '.join(AUDIO_SUFFIXES)}; in noise/, music/, "
                "speech/ or anywhere else): fix scenes.noise.path or scenes.noise.categories, or set "
                "scenes.noise.source: builtin"
            )
        drawn = {file.path for file in weighted}
        listed = replace(folder, files=tuple(file for file in folder.files if file.path in drawn))
        grouped = {category: [file for file in weighted if file.category == category] for category in CATEGORIES}
        return cls(listed, weighted, categories, grouped)

    @property
    def root(self) -> str:
        """The folder, as its filesystem names it."""
        return self.folder.root

    def digest(self) -> str:
        """Return a sha256 of the listed paths and sizes, which distinguishes folders cheaply."""
        return self.folder.digest()

    def candidates(self, rng: np.random.Generator) -> Iterator[NoiseFile]:
        """Yield every file once in a random order: first a category by weight, then a file of it.

        The first is the file to use; the following ones replace files that turn out to be unusable.
        """
        left = {category: _Deck(files) for category, files in self._by_category.items()}
        while any(left.values()):
            names = [category for category in CATEGORIES if left[category]]
            weights = np.array([_weight(self.categories, category) for category in names])
            files = left[names[int(rng.choice(len(names), p=weights / weights.sum()))]]
            yield files.take(int(rng.integers(len(files))))

    def read(self, file: NoiseFile, sample_rate: int, length_samples: int, position: float) -> Samples:
        """Return up to `length_samples` of a recording, mono (channels averaged), at the given rate.

        Args:
            file: one of this catalogue's files.
            sample_rate: rate to resample to.
            length_samples: how much is wanted, at `sample_rate`.
            position: where to begin, from 0 (as early as possible) to 1 (as late as possible); has no effect
                on a recording that is shorter than wanted, which is returned whole.

        Returns:
            shape (n,), 1 <= n <= length_samples; read-only, since callers may share the memory.

        Raises:
            RejectedError: ``noise_unreadable``, ``noise_empty`` or ``noise_not_finite``.
        """
        key = (file.path, sample_rate)
        if key in self._kept:
            self._kept.move_to_end(key)
            return _part(self._kept[key], length_samples, position)
        stretch = self.folder.read(file.path, lambda audio: _span(audio, sample_rate, length_samples, position))
        frames = stretch.frames
        mono = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1, dtype=np.float32)
        samples = resample(mono, stretch.sample_rate, sample_rate)
        if len(samples) == 0:
            raise RejectedError("noise_empty", f"{file.path}: {len(frames)} samples at {stretch.sample_rate} Hz")
        samples.flags.writeable = False
        if not _is_short(stretch.total_frames, stretch.sample_rate):
            return samples[:length_samples]
        self._kept[key] = samples
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return _part(samples, length_samples, position)


class _Deck:
    """Files to draw from without putting any back; those that are drawn alone cost time, not those that are left."""

    def __init__(self, files: Sequence[NoiseFile]) -> None:
        self._files = files
        self._left = len(files)
        self._moved: dict[int, NoiseFile] = {}

    def __len__(self) -> int:
        return self._left

    def take(self, place: int) -> NoiseFile:
        """Return the file at a place, which the last one takes."""
        self._left -= 1
        last = self._moved.pop(self._left, self._files[self._left])
        if place == self._left:
            return last
        taken = self._moved.get(place, self._files[place])
        self._moved[place] = last
        return taken


def _span(audio: soundfile.SoundFile, sample_rate: int, length_samples: int, position: float) -> tuple[int, int]:
    """Return (first frame, number of frames) that hold the stretch wanted; of a short recording all."""
    if _is_short(audio.frames, audio.samplerate):
        return 0, audio.frames
    wanted = min(-(-length_samples * audio.samplerate // sample_rate) + 1, audio.frames)
    return int(position * (audio.frames - wanted)), wanted


def _part(samples: Samples, length_samples: int, position: float) -> Samples:
    start = int(position * max(0, len(samples) - length_samples))
    return samples[start : start + length_samples]


def _is_short(frames: int, sample_rate: int) -> bool:
    return frames <= SHORT_S * sample_rate


def _category(path: str) -> Category:
    top = path.split("/", 1)[0]
    return next((category for category in CATEGORIES if category == top), "noise")


def _weight(categories: CategoryWeights, category: Category) -> float:
    return {"noise": categories.noise, "music": categories.music, "speech": categories.speech}[category]
