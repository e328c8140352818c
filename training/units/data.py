"""The training channels in memory: hearings with what is said in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from manifests.audio import Samples
from manifests.randomness import generator
from stages.units.grid import RATE_HZ
from training.units.aligned_speech import AlignedSentence, Take
from training.units.bottleneck import Said
from training.units.channels import FRAME_S, Channel, assemble
from training.units.features import Hearing, read_hearings
from training.units.phones import SILENCE
from training.units.speech_parts import read_part

SENTENCES_PER_CHANNEL = 8
HELD_OUT_EVERY = 16
"""Every sixteenth channel is kept for the figures of the log."""


@dataclass(frozen=True)
class Example:
    """One channel's hearings and what is said in it."""

    hearings: list[Hearing]
    said: Said


def training_channels(parts: Sequence[Path], seed: int, resampled_share: float) -> list[Channel]:
    """Return every take of every sentence, such a share of them resampled, in channels of a few sentences each."""
    takes: list[tuple[AlignedSentence, Take]] = []
    for part in parts:
        for sentence in read_part(part):
            takes.append((sentence, sentence.joe))
            if sentence.kokoro is not None:
                takes.append((sentence, sentence.kokoro))
    order = generator(seed, "units channels").permutation(len(takes))
    groups = [order[start:][:SENTENCES_PER_CHANNEL] for start in range(0, len(takes), SENTENCES_PER_CHANNEL)]
    return [
        assemble([takes[place] for place in group], seed, index, resampled_share) for index, group in enumerate(groups)
    ]


def babble_clips(channels: Sequence[Channel]) -> list[Samples]:
    """Return clips for the babble of the built-in noise."""
    return [channel.samples[: 16_000 * 8] for channel in channels[:12]]


def examples(files: Sequence[Path], channels: Sequence[Channel]) -> list[Example]:
    """Return the channels with their features, the prior scaled by all of them."""
    priors = np.concatenate([channel.prior[~channel.gaps] for channel in channels])
    mean, spread = priors.mean(axis=0), priors.std(axis=0) + 1e-3
    return [
        Example(read_hearings(file), said_in(channel, mean, spread))
        for file, channel in zip(files, channels, strict=True)
    ]


def said_in(channel: Channel, mean: np.ndarray, spread: np.ndarray) -> Said:
    """Return what is said in each whole unit of a channel."""
    labels = channel.frame_labels()
    units = len(labels) // 2
    phones = labels[: 2 * units].reshape(units, 2).astype(np.int64)
    times = (np.arange(2 * units) + 0.5) * FRAME_S
    prior = ((channel.prior[channel.pieces_at(times)] - mean) / spread).reshape(units, 2, -1)
    speech = np.where((phones > SILENCE).any(axis=1), 1.0, np.where((phones == SILENCE).all(axis=1), 0.0, -1.0))
    return Said(*(torch.from_numpy(one) for one in (phones, prior.astype(np.float32), speech.astype(np.float32))))


assert RATE_HZ * 2 * FRAME_S == 1.0
