"""The units of the words' channels, each heard clean and in two other ways, on disk between runs."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from manifests.audio import Samples
from manifests.randomness import generator
from manifests.whole_file import written_whole
from stages.units.base import Units
from stages.units.grid import CHUNK_UNITS
from stages.units.whisper_vq import WhisperUnits
from training.units.aligned_speech import SAMPLE_RATE
from training.units.channels import GAIN_DB, Channel, disturbed, moved
from training.units.log import Log


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
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{index:04d}.npy" for index in range(len(channels))]
    missing = [index for index, file in enumerate(files) if not file.exists()]
    if missing:
        with log.timed("word units"), ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            jobs = [
                pool.submit(_hear, files[index], tokens, channels[index].samples, recordings, seed, index)
                for index in missing
            ]
            for done, job in enumerate(jobs, len(files) - len(missing) + 1):
                job.result()
                print(f"word units: channel {done} of {len(files)}", flush=True)
    return [tuple(np.load(file, allow_pickle=False)) for file in files]


def _hear(file: Path, tokens: Path, samples: Samples, recordings: Sequence[Samples], seed: int, index: int) -> None:
    rng = generator(seed, "units word hearings", index)
    moves = [0, *(int(units) for units in rng.integers(1, CHUNK_UNITS, 2))]
    ways = [
        samples,
        moved(samples * np.float32(10.0 ** (rng.uniform(*GAIN_DB) / 20.0)), moves[1]),
        moved(disturbed(samples, recordings, rng), moves[2]),
    ]
    tokenizer = _tokenizer(tokens)
    heard = [tokenizer.encode(way, SAMPLE_RATE)[move:] for way, move in zip(ways, moves, strict=True)]
    count = min(map(len, heard))
    with written_whole(file) as partial, partial.open("wb") as out:
        np.save(out, np.stack([units[:count] for units in heard]), allow_pickle=False)


@cache
def _tokenizer(tokens: Path) -> WhisperUnits:
    return WhisperUnits(tokens)
