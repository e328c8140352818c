"""Checks of a channel on its way to a tokenizer; chunks are counted at the channel's own rate."""

import math
from fractions import Fraction

import numpy as np

from manifests.audio import Samples
from manifests.errors import RejectedError
from stages.units.config import CHUNKS_PER_S

LOUDEST = 100.0
"""40 dB over full scale: what lies beyond is no sound in [-1, 1], and its square may be infinite."""


def check_channel(samples: Samples) -> None:
    """Refuse anything but one channel of sound in [-1, 1].

    Raises:
        RejectedError: ``audio_not_finite`` for NaN or infinity, ``audio_too_loud`` far beyond full scale.
        ValueError: another shape, or integers.
    """
    if samples.ndim != 1:
        raise ValueError(f"samples of shape {samples.shape} are not one channel")
    if not np.issubdtype(samples.dtype, np.floating):
        raise ValueError(f"samples are {samples.dtype}, not floats in [-1, 1]; divide integers by their full scale")
    peak = float(np.abs(samples).max(initial=0.0))
    if not np.isfinite(peak):
        raise RejectedError("audio_not_finite", "a sample is NaN or infinite")
    if peak > LOUDEST:
        raise RejectedError("audio_too_loud", f"a sample is {peak:.3g} times full scale; at most {LOUDEST:g} is taken")


def chunks_in(samples: int, sample_rate: int) -> int:
    """Return how many chunks this many samples fill, the last one padded.

    Counted before resampling, which may round to a sample more or less.
    """
    return math.ceil(Fraction(samples, sample_rate) * Fraction(CHUNKS_PER_S))
