"""When the assistant's audio is played: on budget or as soon as it is ready, and how lost time is recovered. Pure."""

from dataclasses import dataclass

import numpy as np

from manifests.audio import Samples
from talk.session import COMPUTE_S


@dataclass(frozen=True)
class Played:
    """A chunk's sound as it is heard.

    Attributes:
        start_s: when it begins, counted from the user's first sample.
        sound: what is played; a late chunk without some of its silence.
        skipped: how many samples at the chunk's beginning are left out.
    """

    start_s: float
    sound: Samples
    skipped: int


class Playout:
    """Places one chunk after another. Digital silence is left out until lost time is made good; speech never is.

    Args:
        sound_rate: in Hz.
    """

    def __init__(self, sound_rate: int) -> None:
        self._rate = sound_rate
        self._free_s = 0.0

    def place(self, sound: Samples, due_s: float, ready_s: float) -> Played:
        """Return when a chunk's audio is played.

        Args:
            sound: shape (n,).
            due_s: when the user's chunk was whole.
            ready_s: when the sound was there; not before `due_s`.
        """
        wanted_s = due_s + COMPUTE_S
        start_s = max(wanted_s, ready_s, self._free_s)
        behind = round((start_s - wanted_s) * self._rate)
        loud = np.flatnonzero(sound)
        first, last = (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (len(sound), len(sound))
        skipped = min(behind, first)
        spared = min(behind - skipped, len(sound) - last)
        kept = sound[skipped : len(sound) - spared]
        self._free_s = start_s + len(kept) / self._rate
        return Played(start_s, kept, skipped)
