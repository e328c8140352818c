"""Where somebody speaks, by silero VAD, and how loud each frame is: clips and scenes are measured with both."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from manifests.audio import Samples, resample

VAD_RATE = 16000
"""Hz; what silero's graph is used at here. Windows of 512 samples."""

AUDIBLE_DB = -40.0
"""Relative to the loudest frame: weak fricatives lie 20-35 dB under the vowels, a clip's padding far below."""

_COMPANY_S = 0.08

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class SpeechBounds:
    """Sample indices into the clip: speech is ``samples[start:end]``."""

    start: int
    end: int


def find_stretches(
    samples: Samples, sample_rate: int, threshold: float, shortest_s: float = 0.0, padding_s: float = 0.0
) -> list[SpeechBounds]:
    """Return where the VAD hears speech, in order, to its 32 ms; silence of less than 100 ms parts nothing.

    Args:
        samples: shape (n,), not silent; its level does not matter.
        sample_rate: in Hz.
        threshold: of the detector, 0 to 1.
        shortest_s: stretches below this are none.
        padding_s: what each stretch is made longer by, at either end.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    heard = resample(samples / np.abs(samples).max() * np.float32(0.5), sample_rate, VAD_RATE)
    options = VadOptions(
        threshold=threshold,
        min_speech_duration_ms=round(1000 * shortest_s),
        min_silence_duration_ms=100,
        speech_pad_ms=round(1000 * padding_s),
    )
    found: list[dict[str, Any]] = get_speech_timestamps(heard, options, VAD_RATE)
    to_own = sample_rate / VAD_RATE
    return [SpeechBounds(int(stretch["start"] * to_own), int(stretch["end"] * to_own)) for stretch in found]


def frame_energy_db(samples: Samples, frame_samples: int) -> Floats:
    """Return each whole frame's RMS in dBFS, shape (n // frame_samples,); -200 for digital silence."""
    whole = samples[: len(samples) // frame_samples * frame_samples].astype(np.float64)
    power = (whole.reshape(-1, frame_samples) ** 2).mean(axis=1)
    decibels: Floats = 10 * np.log10(np.maximum(power, 1e-20))
    return decibels


def lasting(audible: Mask, frame_s: float, company: int) -> Mask:
    """Return which audible frames have audible neighbours: a click is isolated, a stop's release is near its word.

    Args:
        audible: shape (n,).
        frame_s: how long a frame is.
        company: how many audible frames, itself one, must lie within 80 ms either side.

    Returns:
        shape (n,).
    """
    near = np.ones(2 * round(_COMPANY_S / frame_s) + 1)
    counted = np.convolve(audible, near, "full")[near.size // 2 :][: audible.size]
    return audible & (counted >= company)
