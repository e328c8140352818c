"""One channel on its way into a codec and out of it: whole chunks in, flat units out."""

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from manifests.audio import Samples, resample
from manifests.errors import RejectedError
from stages.units.base import Units
from stages.units.config import CHUNKS_PER_S


def whole_chunks(samples: Samples, sample_rate: int, target_rate: int) -> Samples:
    """Return a channel at the target rate in chunks of 400 ms, shape (chunks, samples of one), silence at the end.

    Raises:
        RejectedError: ``audio_not_finite`` for NaN or infinity.
        ValueError: samples are not one channel.
    """
    if samples.ndim != 1:
        raise ValueError(f"samples of shape {samples.shape} are not one channel")
    if not np.isfinite(samples).all():
        raise RejectedError("audio_not_finite", "a sample is NaN or infinite")
    chunk = round(target_rate / CHUNKS_PER_S)
    # Counted before resampling, which may round to a sample more or less.
    chunks = math.ceil(Fraction(len(samples), sample_rate) * Fraction(CHUNKS_PER_S))
    heard = resample(samples.astype(np.float32, copy=False), sample_rate, target_rate)[: chunks * chunk]
    return np.pad(heard, (0, chunks * chunk - len(heard))).reshape(chunks, chunk)


def flatten_codes(codes: npt.NDArray[np.integer], codebook_size: int) -> Units:
    """Return units in the order of time, frame by frame, each frame's codebooks in order.

    Args:
        codes: shape (codebooks, frames); code c of codebook k becomes unit k * codebook_size + c.
    """
    offsets = np.arange(len(codes))[:, np.newaxis] * codebook_size
    units: Units = (codes + offsets).T.reshape(-1).astype(np.int32)
    return units
