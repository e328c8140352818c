"""Splits long channels for models that hear a whole recording at once: overlapping windows, the middle of each kept.

s3tokenizer has such windows of its own, with the same 30 s and 4 s; but where its last window is shorter than the
overlap (a recording of 53 s, say), up to 2 s of units are lost. These lose none.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from stages.units.base import Units

WINDOW_CHUNKS = 75
"""30 s, the longest that S3's position embeddings hold."""
CONTEXT_CHUNKS = 5
"""2 s, heard on either side of what is kept."""


class Window(NamedTuple):
    """Half-open ranges of chunks: what the model hears, and what is kept of it."""

    start: int
    end: int
    keep_start: int
    keep_end: int


def windows(chunks: int) -> Iterator[Window]:
    """Yield the windows for this many chunks: one if they fit, else several whose kept parts tile the channel."""
    kept_until = 0
    while kept_until < chunks:
        start = max(kept_until - CONTEXT_CHUNKS, 0)
        end = min(start + WINDOW_CHUNKS, chunks)
        keep_end = end if end == chunks else end - CONTEXT_CHUNKS
        yield Window(start, end, kept_until, keep_end)
        kept_until = keep_end


def units_in_windows(signal: Any, chunks: int, chunk_units: int, encode: Callable[[Any], Units]) -> Units:
    """Return the units of a channel, shape (chunks * chunk_units,).

    Args:
        signal: a numpy array or a tensor whose last axis is time, `chunks` equal parts of it.
        encode: makes `chunk_units` for each chunk of a part of the signal.
    """
    chunk = signal.shape[-1] // chunks if chunks else 0
    kept = [np.zeros(0, np.int32)]
    for window in windows(chunks):
        units = encode(signal[..., window.start * chunk : window.end * chunk])
        first, last = window.keep_start - window.start, window.keep_end - window.start
        kept.append(units[first * chunk_units : last * chunk_units])
    return np.concatenate(kept)
