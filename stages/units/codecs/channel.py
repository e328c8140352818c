"""A channel on its way into a codec and out of it: whole chunks in, flat units out."""

import numpy as np
import numpy.typing as npt

from manifests.audio import Samples, resample
from manifests.errors import RejectedError
from stages.units.base import Units
from stages.units.channels import check_channel, chunks_in
from stages.units.config import CHUNKS_PER_S


def whole_chunks(samples: Samples, sample_rate: int, target_rate: int) -> Samples:
    """Return a channel at the target rate in chunks of 400 ms, shape (chunks, samples of one), silence at the end.

    Raises:
        RejectedError, ValueError: as `check_channel`.
    """
    check_channel(samples)
    chunk = round(target_rate / CHUNKS_PER_S)
    chunks = chunks_in(len(samples), sample_rate)
    heard = resample(samples.astype(np.float32, copy=False), sample_rate, target_rate)[: chunks * chunk]
    return np.pad(heard, (0, chunks * chunk - len(heard))).reshape(chunks, chunk)


def flatten_codes(codes: npt.NDArray[np.integer], codebook_size: int) -> Units:
    """Return units in the order of time, frame by frame, each frame's codebooks in order.

    Args:
        codes: shape (codebooks, frames); code c of codebook k becomes unit k * codebook_size + c.

    Raises:
        RejectedError: ``no_unit`` for a code outside its codebook, as models make it of numbers that are none.
    """
    wrong = np.argwhere((codes < 0) | (codes >= codebook_size))
    if len(wrong):
        book, frame = (int(place) for place in wrong[0])
        raise RejectedError(
            "no_unit",
            f"code {codes[book, frame]} of codebook {book}, frame {frame}, lies outside 0-{codebook_size - 1}: the "
            "tokenizer's weights are damaged, or its numbers overflow",
        )
    offsets = np.arange(len(codes))[:, np.newaxis] * codebook_size
    units: Units = (codes + offsets).T.reshape(-1).astype(np.int32)
    return units
