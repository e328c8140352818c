"""Features of speech for units: Whisper's encoder over short fixed windows, one window per chunk.

The units of a chunk depend on its window alone (2 s of past, the chunk, 160 ms of look-ahead), so tokens made from
a whole recording are the tokens a live loop makes, in training as in conversation.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError
from stages.units.grid import (
    CHUNK_SAMPLES,
    CHUNK_UNITS,
    LOOKAHEAD_SAMPLES,
    PAST_SAMPLES,
    PAST_UNITS,
    UNIT_SAMPLES,
    WINDOW_UNITS,
    chunks_of,
)
from stages.units.log_mel import HOP_SAMPLES, Frames, log_mel

UNIT_FRAMES = UNIT_SAMPLES // HOP_SAMPLES
CHUNK_FRAMES = CHUNK_UNITS * UNIT_FRAMES
WINDOW_FRAMES = WINDOW_UNITS * UNIT_FRAMES

Features = np.ndarray[tuple[int, int], np.dtype[np.float32]]


class WhisperFeatures:
    """The encoder's last layer at 25 Hz, for the ten units in the middle of each window.

    Windows go through the encoder one by one: the cost over batches is about a tenth, and no window can then
    change another's numbers.

    Args:
        folder: a Whisper model in CTranslate2's format.
        compute_type: CTranslate2's number format; another one makes other features.

    Raises:
        BuildError: CTranslate2 isn't installed.
    """

    def __init__(self, folder: Path, compute_type: str = "int8") -> None:
        try:
            import ctranslate2
        except ImportError as error:
            raise BuildError("the speech tokenizer needs ctranslate2: pip install -e '.[engines]'") from error
        self._storage = ctranslate2.StorageView
        self._encoder = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type=compute_type, intra_threads=1, inter_threads=1
        )

    def of_window(self, frames: Frames) -> Features:
        """Return the features, shape (CHUNK_UNITS, dims), of a window's log-mel, shape (WINDOW_FRAMES, 80)."""
        batch = self._storage.from_array(np.ascontiguousarray(frames.T[np.newaxis]))
        encoded = np.asarray(self._encoder.encode(batch, to_cpu=True), np.float32)[0]
        pairs = encoded.reshape(WINDOW_UNITS, 2, -1)
        middle: Features = pairs[PAST_UNITS : PAST_UNITS + CHUNK_UNITS].mean(axis=1)
        return middle


def channel_windows(samples: Samples) -> Iterator[Frames]:
    """Yield each chunk's window of log-mel frames, shape (WINDOW_FRAMES, 80).

    Args:
        samples: a whole channel at 16 kHz, shape (n,). Before it lies silence; after it, as much as fills the last
            chunk and its look-ahead.
    """
    chunks = chunks_of(len(samples))
    end = chunks * CHUNK_SAMPLES - len(samples) + LOOKAHEAD_SAMPLES
    frames = log_mel(np.pad(samples.astype(np.float32, copy=False), (PAST_SAMPLES, end)))
    for chunk in range(chunks):
        yield frames[chunk * CHUNK_FRAMES :][:WINDOW_FRAMES]
