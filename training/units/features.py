"""Features of the training channels, each heard clean and in other ways, on disk between runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from manifests.audio import Samples
from manifests.randomness import generator
from manifests.whole_file import written_whole
from stages.units.base import Units
from stages.units.bottleneck import ENCODER_LAYERS, FEATURE_MODEL, HEARD_FRAMES, Bottleneck
from stages.units.grid import chunks_of
from stages.units.whisper_encoder import Features, WhisperEncoder, channel_windows
from stages.weights import ensure
from training.units.channels import Channel, ways_heard
from training.units.log import Log
from training.units.missing import make_missing


@dataclass(frozen=True)
class Hearing:
    """One way a channel was heard.

    Attributes:
        features: shape (chunks, HEARD_FRAMES, dims), float16.
        moved_units: unit `u` of the clean channel is unit `u + moved_units` here.
    """

    features: Features
    moved_units: int


def hear_missing(
    folder: Path, channels: Sequence[Channel], recordings: Sequence[Samples], seed: int, workers: int, log: Log
) -> list[Path]:
    """Compute the features of every channel that has none under `folder`; return the files in order."""
    files = [folder / f"{index:04d}.npz" for index in range(len(channels))]

    def what(index: int) -> tuple[Samples, Sequence[Samples], int, int]:
        return channels[index].samples, recordings, seed, index

    make_missing("features", files, _hear, what, workers, log)
    return files


def read_hearings(file: Path) -> list[Hearing]:
    """Return the hearings of a channel, the clean one first."""
    with np.load(file, allow_pickle=False) as archive:
        moves = archive["moved_units"]
        return [Hearing(archive[f"features_{view}"], int(units)) for view, units in enumerate(moves)]


def hear_units(bottleneck: Bottleneck, hearings: Sequence[Hearing]) -> tuple[Units, ...]:
    """Return each hearing's units, shape (units,), all aligned with the first hearing's and as many."""
    heard = [bottleneck.units(one.features.astype(np.float32)).reshape(-1)[one.moved_units :] for one in hearings]
    count = min(map(len, heard))
    return tuple(units[:count] for units in heard)


def _hear(file: Path, samples: Samples, recordings: Sequence[Samples], seed: int, index: int) -> None:
    rng = generator(seed, "units hearings", index)
    ways, moves = zip(*ways_heard(samples, recordings, rng), strict=True)
    arrays = {f"features_{view}": heard_features(_encoder(), way) for view, way in enumerate(ways)}
    with written_whole(file) as partial, partial.open("wb") as out:
        np.savez(out, allow_pickle=False, moved_units=np.array(moves), **arrays)


def heard_features(encoder: WhisperEncoder, samples: Samples) -> Features:
    """Return the frames that the bottleneck hears of each chunk, shape (chunks, HEARD_FRAMES, dims), float16."""
    windows = channel_windows(samples, chunks_of(len(samples)))
    chunks = [encoder.encode(window[np.newaxis])[0, -HEARD_FRAMES:] for window in windows]
    return np.stack(chunks).astype(np.float16)


@cache
def _encoder() -> WhisperEncoder:
    return WhisperEncoder(ensure(FEATURE_MODEL), ENCODER_LAYERS)
