"""Measurements on a clip that don't depend on what it says: clipping, silence, noise. Pure."""

from dataclasses import dataclass

import numpy as np

from manifests.audio import Samples
from stages.voice_activity import Floats, SpeechBounds, frame_energy_db

_FRAME_S = 0.010
_SILENT_DB = -40.0
"""Relative to the loudest frame: weak fricatives lie 20-35 dB under the vowels, pauses of engines far below."""
_TOP = 0.99
"""Of the clip's own peak: a clip that was cut off and then turned down is flat below full scale."""
_TOP_RUN_SAMPLES = 3
"""Speech passes its peak in a sample or two; a wave that was cut off stays there."""
_FLOOR_PERCENTILE = 5
_FLOOR_S = 0.1
_EVEN_DB = 2.0
"""Measured on turns of both embedded engines: 0.3-1.6 dB in white and in low noise, 4 dB and more in clean clips that
were cut at the bounds of their speech."""
_QUIETEST_DB = -100.0
"""Digital silence has no level; 16 bits end at -96 dBFS."""


@dataclass(frozen=True)
class SilenceInside:
    """Silence between the first and the last sound of a turn.

    Attributes:
        share: of the turn's time.
        longest_s: the longest one.
    """

    share: float
    longest_s: float


def clipped_share(samples: Samples) -> float:
    """Return the share of the samples, shape (n,), that are stuck at the clip's own peak for three samples or more."""
    loud = np.abs(samples)
    top = np.concatenate([[False], loud >= _TOP * loud.max(), [False]])
    starts, ends = (np.flatnonzero(np.diff(top.astype(np.int8)) == step) for step in (1, -1))
    runs = ends - starts
    return float(runs[runs >= _TOP_RUN_SAMPLES].sum() / samples.size)


def silence_inside(samples: Samples, sample_rate: int, bounds: SpeechBounds) -> SilenceInside:
    """Return how much of the speech between its bounds is silence: 10 ms frames 40 dB below the loudest.

    Args:
        samples: of the clip, shape (n,).
        sample_rate: in Hz.
        bounds: of the speech in it.
    """
    level = frame_energy_db(samples[bounds.start : bounds.end], round(_FRAME_S * sample_rate))
    if level.size == 0:
        return SilenceInside(0.0, 0.0)
    silent = level < level.max() + _SILENT_DB
    edges = np.diff(np.concatenate([[0], silent.astype(np.int8), [0]]))
    runs = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    longest = int(runs.max()) if runs.size else 0
    return SilenceInside(float(silent.mean()), longest * _FRAME_S)


def speech_over_floor_db(samples: Samples, sample_rate: int) -> float:
    """Return how far the loudest tenth of a clip's 10 ms frames lies over its quietest twentieth, in dB.

    Engines pause between words and pad their clips, so the quietest frames hold what the clip has of noise; in a clip
    without any pause they hold its weakest consonants.

    Args:
        samples: of the clip, shape (n,).
        sample_rate: in Hz.
    """
    level = _levels(samples, sample_rate)
    if level.size == 0:
        return 0.0
    return float(np.percentile(level, 90) - np.percentile(level, _FLOOR_PERCENTILE))


def has_floor(samples: Samples, sample_rate: int) -> bool:
    """Tell whether the quietest twentieth of a clip, 0.1 s or more, is all of one level, as noise in its pauses is.

    In a clip without padding or pause the quietest frames are where sounds begin and end, no two alike. How loud they
    are tells nothing: "Yes." cut at its bounds has them 25 dB under its vowel, where noise at 20 dB would lie.

    Args:
        samples: of the clip, shape (n,).
        sample_rate: in Hz.
    """
    level = np.sort(_levels(samples, sample_rate))
    quietest = level[: max(round(_FLOOR_S / _FRAME_S), level.size * _FLOOR_PERCENTILE // 100)]
    if quietest.size * _FRAME_S < _FLOOR_S:
        return False
    # The lowest fifth may be a fade at the clip's ends.
    return bool(quietest[-1] - quietest[quietest.size // 5] <= _EVEN_DB)


def _levels(samples: Samples, sample_rate: int) -> Floats:
    return np.maximum(frame_energy_db(samples, round(_FRAME_S * sample_rate)), _QUIETEST_DB)
