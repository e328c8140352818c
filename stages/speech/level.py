"""One level for every voice: the RMS of its active speech.

Engines differ by 10 dB and more, and a channel's SNR is set on speech power later; so each turn is brought to a
common active level: the RMS of the 10 ms frames inside the speech bounds that lie within 30 dB of the loudest one
(pauses and padding do not count, in the spirit of ITU-T P.56). -26 dBFS leaves room for speech's crest factor of
12-18 dB; should a peak still pass -1 dBFS, the turn is made that much quieter instead of being clipped.
"""

import numpy as np

from manifests.audio import Samples
from stages.voice_activity import SpeechBounds, frame_energy_db

_FRAME_S = 0.010
_ACTIVE_DB = 30.0
PEAK_CEILING_DBFS = -1.0


def active_level_dbfs(samples: Samples, sample_rate: int, bounds: SpeechBounds) -> float:
    """Return the RMS of the active frames inside the bounds, in dB under full scale."""
    spoken = samples[bounds.start : bounds.end]
    frame_samples = min(round(_FRAME_S * sample_rate), len(spoken))
    levels = frame_energy_db(spoken, frame_samples)
    active = levels[levels >= levels.max() - _ACTIVE_DB]
    return float(10 * np.log10((10 ** (active / 10)).mean()))


def normalised(samples: Samples, sample_rate: int, bounds: SpeechBounds, level_dbfs: float) -> Samples:
    """Return the clip at the wanted active level, or below it where its peak would pass the ceiling."""
    gain_db = level_dbfs - active_level_dbfs(samples, sample_rate, bounds)
    peak_dbfs = 20 * float(np.log10(np.abs(samples).max()))
    gain = 10 ** (min(gain_db, PEAK_CEILING_DBFS - peak_dbfs) / 20)
    return samples * np.float32(gain)
