"""How loud a channel is over time, as it goes: one peak for each 50 ms."""

import numpy as np

from manifests.audio import Samples

LEVEL_S = 0.05


class Levels:
    """Peaks of one channel.

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
        """Add what follows: at a time, with silence before it, or at once."""
        gap = 0 if start_s is None else max(round(start_s * self._rate) - self._samples, 0)
        self._samples += gap + len(samples)
        self._kept = np.concatenate([self._kept, np.zeros(gap, np.float32), samples])
        whole = len(self._kept) // self._bin
        self._peaks.append(np.abs(self._kept[: whole * self._bin]).reshape(whole, self._bin).max(axis=1))
        self._kept = self._kept[whole * self._bin :]

    def peaks(self) -> Samples:
        """Return one peak for each whole `LEVEL_S` so far, shape (n,)."""
        return np.concatenate([np.zeros(0, np.float32), *self._peaks])
