"""Synthetic channels for the trainings of the units: drawn features and labels, of a few seconds each."""

from pathlib import Path

import numpy as np

from stages.units.bottleneck import HEARD_FRAMES
from stages.units.grid import CHUNK_UNITS, UNIT_SAMPLES
from stages.units.vits_decoder import PRIOR_DIMS
from training.units.aligned_speech import SAMPLE_RATE
from training.units.bottleneck import FEATURES
from training.units.channels import Channel
from training.units.data import Example, said_in
from training.units.features import Hearing
from training.units.log import Log
from training.units.phones import PHONES

MOVED_UNITS = (0, 3, 7, 0)
PIECE_S = 0.12


class StoppedLog(Log):
    """Stops the training, as Ctrl-C would, after it has written a step of a stage."""

    def __init__(self, file: Path, stage: str, step: int) -> None:
        super().__init__(file)
        self._last = (stage, step)

    def write(self, **values: float | str) -> None:
        super().write(**values)
        if (values["stage"], values.get("step")) == self._last:
            raise KeyboardInterrupt


def drawn_channels(count: int, units: int) -> list[Channel]:
    """Channels of so many units, in pieces of `PIECE_S`, every third one a gap."""
    rng = np.random.default_rng(5)
    pieces = round(units * UNIT_SAMPLES / SAMPLE_RATE / PIECE_S)
    gaps = np.arange(pieces) % 3 == 2
    channels = []
    for _ in range(count):
        samples = (0.1 * rng.standard_normal(units * UNIT_SAMPLES)).astype(np.float32)
        samples[gaps[np.arange(len(samples)) * pieces // len(samples)]] = 0.0
        channels.append(
            Channel(
                samples,
                np.arange(pieces) * PIECE_S,
                np.where(gaps, 0, rng.integers(1, len(PHONES), pieces)).astype(np.int16),
                rng.standard_normal((pieces, PRIOR_DIMS)).astype(np.float32),
                gaps,
            )
        )
    return channels


def drawn_examples(channels: list[Channel]) -> list[Example]:
    """What is said in the channels, heard in four ways."""
    rng = np.random.default_rng(6)
    units = len(channels[0].samples) // UNIT_SAMPLES
    shape = (-(-(units + max(MOVED_UNITS)) // CHUNK_UNITS), HEARD_FRAMES, FEATURES)
    return [
        Example(
            [Hearing(rng.standard_normal(shape).astype(np.float16), moved) for moved in MOVED_UNITS],
            said_in(channel, np.zeros(PRIOR_DIMS), np.ones(PRIOR_DIMS)),
        )
        for channel in channels
    ]
