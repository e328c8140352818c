"""Whisper's log-mel spectrogram, adapted to streaming: no frame needs what comes after it or depends on a maximum.

Two things differ from Whisper's own (Radford et al. 2022, 80 bands, 25 ms Hann windows every 10 ms, slaney
filters): a frame ends where its hop ends instead of being centred, and the floor is a constant instead of 8 below
the utterance's maximum. So the frames of a whole recording and those of a live loop's buffer are the same numbers.
"""

from functools import cache

import numpy as np

from manifests.audio import Samples

SAMPLE_RATE = 16_000
BANDS = 80
HOP_SAMPLES = 160
FFT_SAMPLES = 400
HISTORY_SAMPLES = FFT_SAMPLES - HOP_SAMPLES
"""Samples before the first frame's hop that the first frame needs."""

BLOCK_FRAMES = 8
"""Frames per matrix product. One fixed shape, because BLAS may round a product of another shape differently."""

LOG10_FLOOR = -6.5
"""Eight below the maximum of speech at a usual level, which lies near 1.5."""

Frames = np.ndarray[tuple[int, int], np.dtype[np.float32]]


def log_mel(samples: Samples) -> Frames:
    """Return the frames, shape (n, 80), of samples at 16 kHz, shape (HISTORY_SAMPLES + n * HOP_SAMPLES,).

    `n` must be a multiple of `BLOCK_FRAMES`. Each frame is scaled as Whisper scales: (log10 + 4) / 4.

    Raises:
        ValueError: it is none.
    """
    windows = np.lib.stride_tricks.sliding_window_view(samples, FFT_SAMPLES)[::HOP_SAMPLES]
    if len(windows) % BLOCK_FRAMES:
        raise ValueError(f"{len(windows)} frames are not a multiple of {BLOCK_FRAMES}")
    spectrum = np.fft.rfft(windows * _hann())
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    mel = power.reshape(-1, BLOCK_FRAMES, power.shape[1]) @ _filters()
    log = np.log10(np.maximum(mel.reshape(-1, BANDS), np.float32(10.0**LOG10_FLOOR)))
    scaled: Frames = ((log + 4.0) / 4.0).astype(np.float32)
    return scaled


@cache
def _hann() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    periodic = np.hanning(FFT_SAMPLES + 1)[:-1]
    return periodic.astype(np.float32)


@cache
def _filters() -> Frames:
    """Return the filters, shape (201, 80)."""
    from librosa.filters import mel

    filters: Frames = np.ascontiguousarray(mel(sr=SAMPLE_RATE, n_fft=FFT_SAMPLES, n_mels=BANDS).T)
    return filters
