"""The embedded tokenizer: `whisper-vq`."""

import numpy as np

from manifests.audio import Samples, resample
from manifests.errors import BuildError, RejectedError
from stages.units import grid
from stages.units.base import Units
from stages.units.codebook import Codebook
from stages.units.log_mel import SAMPLE_RATE, Frames, log_mel
from stages.units.whisper_features import WhisperFeatures, channel_windows
from stages.weights import digest, ensure


class WhisperUnits:
    """The embedded tokenizer: Whisper features of each chunk's window, projected, nearest code.

    Raises:
        BuildError: ctranslate2 or the weights are missing, or the codebook was made with other weights.
    """

    rate_hz: float = grid.RATE_HZ
    codebooks = 1
    chunk_units = grid.CHUNK_UNITS

    def __init__(self, codebook: Codebook) -> None:
        made_for = codebook.format
        if digest(made_for.feature_model) != made_for.feature_digest:
            raise BuildError(
                f"the codebook was made with other weights of {made_for.feature_model} than the registry's: "
                "retrain it with `python -m training.codebook`"
            )
        self.size = codebook.size
        self._codebook = codebook
        self._features = WhisperFeatures(ensure(made_for.feature_model), made_for.compute_type)
        self._silence = self._units(log_mel(np.zeros(grid.WINDOW_SAMPLES, np.float32)))

    def encode(self, samples: Samples, sample_rate: int) -> Units:
        """Return the units of a whole channel, see `stages.units.SpeechTokenizer`."""
        if samples.ndim != 1:
            raise ValueError(f"samples of shape {samples.shape} are not one channel")
        if not np.isfinite(samples).all():
            raise RejectedError("audio_not_finite", "a sample is NaN or infinite")
        channel = resample(samples, sample_rate, SAMPLE_RATE)
        chunks = [self._units_or_silence(window) for window in channel_windows(channel)]
        return np.concatenate(chunks) if chunks else np.zeros(0, np.int32)

    def encode_window(self, samples: Samples) -> Units:
        """Return the units of one chunk, shape (CHUNK_UNITS,), as a live loop calls it.

        Args:
            samples: shape (WINDOW_SAMPLES,) at 16 kHz: the past, the chunk and its look-ahead.
        """
        if samples.shape != (grid.WINDOW_SAMPLES,):
            raise ValueError(f"a window has shape {(grid.WINDOW_SAMPLES,)}, not {samples.shape}")
        return self._units_or_silence(log_mel(samples))

    def _units_or_silence(self, frames: Frames) -> Units:
        return self._silence if frames.max() == frames.min() else self._units(frames)

    def _units(self, frames: Frames) -> Units:
        return self._codebook.nearest(self._codebook.project(self._features.of_window(frames)))
