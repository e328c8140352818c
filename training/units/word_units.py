"""The units of the words' channels, each heard clean and in two other ways, on disk between runs."""

from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from manifests.audio import Samples
from manifests.randomness import generator
from manifests.whole_file import written_whole
from stages.units.base import Units
from stages.units.whisper_vq import WhisperUnits
from training.units.aligned_speech import SAMPLE_RATE
from training.units.channels import Channel, ways_heard
from training.units.log import Log
from training.units.missing import make_missing

WAYS = 3
"""Of those that the tokenizer hears: clean, moved at another level, moved in noise."""


def hear_words(
    folder: Path,
    tokens: Path,
    channels: Sequence[Channel],
    recordings: Sequence[Samples],
    seed: int,
    workers: int,
    log: Log,
) -> list[tuple[Units, ...]]:
    """Return each channel's units, heard clean, moved and in noise, aligned; what is under `folder` is kept.

    Args:
        folder: gets a file a channel.
        tokens: the bottleneck's .onnx.
        channels: to hear.
        recordings: of noise.
        seed: of levels, moves and noise.
        workers: processes.
        log: gets the seconds.
    """
    files = [folder / f"{index:04d}.npy" for index in range(len(channels))]

    def what(index: int) -> tuple[Path, Samples, Sequence[Samples], int, int]:
        return tokens, channels[index].samples, recordings, seed, index

    make_missing("word units", files, _hear, what, workers, log)
    return [tuple(np.load(file, allow_pickle=False)) for file in files]


def _hear(file: Path, tokens: Path, samples: Samples, recordings: Sequence[Samples], seed: int, index: int) -> None:
    rng = generator(seed, "units word hearings", index)
    ways = islice(ways_heard(samples, recordings, rng), WAYS)
    heard = [_tokenizer(tokens).encode(way, SAMPLE_RATE)[move:] for way, move in ways]
    count = min(map(len, heard))
    with written_whole(file) as partial, partial.open("wb") as out:
        np.save(out, np.stack([units[:count] for units in heard]), allow_pickle=False)


@cache
def _tokenizer(tokens: Path) -> WhisperUnits:
    return WhisperUnits(tokens)
