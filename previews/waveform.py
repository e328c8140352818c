"""Samples as the outline of a waveform: SVG path data in the coordinates of its own view box."""

import numpy as np

from manifests.audio import Samples

BINS_PER_SECOND = 50
MOST_BINS = 2000
"""A screen shows no more; longer dialogues get wider bins."""


GAMMA = 0.65


def bins_for(duration_s: float) -> int:
    """Return how many bins a dialogue is divided into."""
    return int(np.clip(duration_s * BINS_PER_SECOND, 1, MOST_BINS))


def levels(channel: Samples, bins: int) -> tuple[Samples, Samples]:
    """Return (peak, RMS) of `bins` equal parts of a channel, shape (bins,) each; a part without samples is 0."""
    edges = np.linspace(0, len(channel), bins + 1).astype(int)
    padded = np.append(channel, np.float32(0))
    peaks = np.maximum.reduceat(np.abs(padded), edges[:-1])
    energy = np.add.reduceat(np.square(padded, dtype=np.float64), edges[:-1])
    sizes = np.diff(edges)
    rms = np.sqrt(energy / np.maximum(sizes, 1))
    filled = sizes > 0
    return np.where(filled, peaks, 0).astype(np.float32), np.where(filled, rms, 0).astype(np.float32)


def outline(levels: Samples) -> str:
    """Return a closed path that mirrors levels about y = 100: x counts bins, a level of 1 reaches y 0 and 200.

    Heights are the level to the power of `GAMMA`, so that noise at 30 dB SNR can still be seen.
    """
    heights = np.rint(np.clip(levels, 0, 1) ** GAMMA * 100).astype(int).tolist()
    above = [f"{x} {100 - height}" for x, height in enumerate(heights)]
    below = [f"{x} {100 + height}" for x, height in enumerate(heights)]
    return "M" + "L".join(above + below[::-1]) + "Z"
