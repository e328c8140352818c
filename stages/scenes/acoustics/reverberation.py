"""Impulse responses: applying them to a voice, and measuring them. Pure."""

import math
from dataclasses import dataclass

import numpy as np

from manifests.audio import Samples
from noise import SILENCE_POWER, mean_square

DIRECT_S = 0.0025
"""What arrives so soon after the direct sound's onset counts as direct; the floor's reflection comes later."""

FOOT_S = 0.002
"""Kept before that onset: the foot of the band-limited pulse that a direct sound is."""

ONSET_SHARE = 0.1
"""The direct sound begins where a response first passes -20 dB of its peak (ISO 3382-1, 5.3.3)."""


@dataclass(frozen=True)
class Response:
    """A room's impulse response.

    Attributes:
        samples: shape (n,).
        onset: index of the sample in which the direct sound arrives.
        rt60_s: time of a decay by 60 dB; None if the response is too short to tell.
        direct_to_reverberant_db: energy of the direct sound over that of the rest; None if there is no rest.
    """

    samples: Samples
    onset: int
    rt60_s: float | None
    direct_to_reverberant_db: float | None


def response_of(recording: Samples, sample_rate: int) -> Response | None:
    """Return the response in a recording, without what precedes the direct sound; None for silence.

    Args:
        recording: shape (n,).
        sample_rate: samples per second.
    """
    if mean_square(recording) < SILENCE_POWER:
        return None
    size = np.abs(recording)
    arrival = int(np.argmax(size >= ONSET_SHARE * size.max()))
    onset = min(arrival, round(FOOT_S * sample_rate))
    heard = recording[arrival:]
    direct = round(DIRECT_S * sample_rate)
    energy, rest = (float(np.sum(np.square(part), dtype=np.float64)) for part in (heard[:direct], heard[direct:]))
    ratio_db = 10 * math.log10(energy / rest) if rest > 0 else None
    return Response(recording[arrival - onset :], onset, _rt60_s(heard, sample_rate), ratio_db)


def reverberate(voice: Samples, response: Response) -> Samples:
    """Return a voice as it sounds in a room, at its original length; the direct sound keeps its timing."""
    from scipy.signal import oaconvolve

    heard: Samples = oaconvolve(voice, response.samples)[response.onset : response.onset + len(voice)]
    return heard.astype(np.float32, copy=False)


def _rt60_s(samples: Samples, sample_rate: int) -> float | None:
    """Return three times the time in which the energy decays from -5 to -25 dB (T20 of ISO 3382-1).

    Schroeder's backward integration (1965) gives the decay; a straight line is fitted to it.
    """
    left = np.cumsum(np.square(samples[::-1], dtype=np.float64))[::-1]
    decay_db = 10 * np.log10(left[left > 0] / left[0])
    span = np.flatnonzero((decay_db <= -5) & (decay_db >= -25))
    if len(span) < 2 or decay_db[-1] > -25:
        return None
    # Not polyfit: its BLAS sums depend on the number of threads, and a corpus must not.
    times, levels = span / sample_rate - np.mean(span / sample_rate), decay_db[span] - np.mean(decay_db[span])
    return float(-60 * np.sum(times**2) / np.sum(times * levels))
