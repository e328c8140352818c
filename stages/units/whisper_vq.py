"""The embedded tokenizer: Whisper's first layers over each chunk's window, and the trained bottleneck."""

from pathlib import Path

import numpy as np

from manifests.audio import Samples, resample
from manifests.errors import BuildError
from stages.units import grid
from stages.units.base import Units
from stages.units.bottleneck import EMBEDDED, HEARD_FRAMES, Bottleneck
from stages.units.channels import check_channel, chunks_in
from stages.units.log_mel import SAMPLE_RATE, Frames, log_mel
from stages.units.whisper_encoder import WhisperEncoder, channel_windows
from stages.weights import digest, ensure

BATCH_WINDOWS = 8
"""Windows that go through the networks together. No window changes another's units: the tests hold both networks to
the same numbers in any batch."""


class WhisperUnits:
    """`whisper-vq`: the units of a chunk depend on its window alone, so a live loop hears what training heard.

    Args:
        path: a trained bottleneck.

    Raises:
        BuildError: the weights are not available, the file doesn't exist, or it was trained on other weights.
    """

    rate_hz: float = grid.RATE_HZ
    codebooks = 1
    chunk_units = grid.CHUNK_UNITS

    def __init__(self, path: Path = EMBEDDED) -> None:
        self._bottleneck = Bottleneck(path)
        made_for = self._bottleneck.format
        if digest(made_for.feature_model) != made_for.feature_digest:
            raise BuildError(
                f"{path} was trained on different weights of {made_for.feature_model} from the registry's: "
                "retrain the units with `make units`"
            )
        self.size = made_for.size
        self._encoder = WhisperEncoder(ensure(made_for.feature_model), made_for.layers, made_for.compute_type)

    def encode(self, samples: Samples, sample_rate: int) -> Units:
        """Return the units of a whole channel, see `stages.units.SpeechTokenizer`.

        Args:
            samples: shape (n,).
            sample_rate: in Hz.

        Raises:
            RejectedError, ValueError: as `check_channel`.
        """
        check_channel(samples)
        channel = resample(samples, sample_rate, SAMPLE_RATE)
        windows = list(channel_windows(channel, chunks_in(len(samples), sample_rate)))
        starts = range(0, len(windows), BATCH_WINDOWS)
        chunks = [self._units(np.stack(windows[start:][:BATCH_WINDOWS])) for start in starts]
        return np.concatenate(chunks) if chunks else np.zeros(0, np.int32)

    def encode_window(self, samples: Samples) -> Units:
        """Return the units of one chunk, shape (CHUNK_UNITS,), as a live loop calls it.

        Args:
            samples: shape (WINDOW_SAMPLES,) at 16 kHz: the past, the chunk and its look-ahead.

        Raises:
            ValueError: samples of another shape.
            RejectedError, ValueError: as `check_channel`.
        """
        if samples.shape != (grid.WINDOW_SAMPLES,):
            raise ValueError(f"a window has shape {(grid.WINDOW_SAMPLES,)}, not {samples.shape}")
        check_channel(samples)
        return self._units(log_mel(samples)[np.newaxis])

    def _units(self, windows: Frames) -> Units:
        heard = self._encoder.encode(windows)[:, -HEARD_FRAMES:]
        return self._bottleneck.units(np.ascontiguousarray(heard)).reshape(-1)
