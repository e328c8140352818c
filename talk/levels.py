"""The level of a channel over time: one peak per 50 ms, computed as audio arrives."""

import numpy as np

from manifests.audio import Samples

LEVEL_S = 0.05


class Levels:
    """The peaks of one channel.

    Args:
        rate: of the samples, in Hz.
    """

    def __init__(self, rate: int) -> None:
        self._bin = round(rate * LEVEL_S)
        self._rate = rate
        self._kept: Samples = np.zeros(0, np.float32)
        self._peaks: list[Samples] = []
        self._samples = 0

    def add(self, samples: Samples, start_s: float | None = None) -> None:
        """Add audio at a given time, with silence before it, or right after what is there."""
        gap = 0 if start_s is None else max(round(start_s * self._rate) - self._samples, 0)
        self._samples += gap + len(samples)
        self._kept = np.concatenate([self._kept, np.zeros(gap, np.float32), samples])
        whole = len(self._kept) // self._bin
        self._peaks.append(np.abs(self._kept[: whole * self._bin]).reshape(whole, self._bin).max(axis=1))
        self._kept = self._kept[whole * self._bin :]

    def peaks(self) -> Samples:
        """Return one peak for each whole `LEVEL_S` so far, shape (n,)."""
        return np.concatenate([np.zeros(0, np.float32), *self._peaks])
