"""Where speech begins and ends in a clip: silero VAD, refined by energy.

The VAD tells speech from other sound, but on a grid of 32 ms and some windows late or early; energy tells when
sound begins to the frame, but not what it is. So the VAD finds the stretch, and inside a reach around its borders
the first and the last audible 5 ms frames are the bounds. Planned timing is only as true as these bounds.
"""

import numpy as np

from manifests.audio import Samples
from manifests.errors import RejectedError
from stages.speech.config import VadConfig
from stages.voice_activity import AUDIBLE_DB, Floats, SpeechBounds, find_stretches, frame_energy_db, lasting

_FRAME_S = 0.005
_REACH_S = 0.2
"""How far outside the VAD's stretch sound still belongs to it: weak first and last consonants, releases."""
_COMPANY = 4
_FLOOR_S = 0.1
"""Less padding than this tells nothing of a voice's noise floor."""
_OVER_FLOOR_DB = 10.0
_AUDIBLE_CEILING_DB = -25.0
"""Where a voice has a noise floor of its own, audible is so much above the floor, but never above the ceiling."""


def find_bounds(samples: Samples, sample_rate: int, vad: VadConfig) -> SpeechBounds:
    """Return the bounds of the speech in a clip, accurate to about 10 ms.

    Args:
        samples: shape (n,), not silent; its level does not matter.
        sample_rate: in Hz.
        vad: threshold and minimal amount of speech.

    Raises:
        RejectedError: ``no_speech``, when the VAD finds less than `vad.min_speech_s` in all.
    """
    stretches = find_stretches(samples, sample_rate, vad.threshold)
    speech_s = sum(stretch.end - stretch.start for stretch in stretches) / sample_rate
    if not stretches or speech_s < vad.min_speech_s:
        raise RejectedError("no_speech", f"{speech_s:.2f} s of speech; at least {vad.min_speech_s:g} s are needed")
    return _refine(samples, sample_rate, SpeechBounds(stretches[0].start, stretches[-1].end))


def _refine(samples: Samples, sample_rate: int, stretch: SpeechBounds) -> SpeechBounds:
    start, end = stretch.start, stretch.end
    frame_samples = round(_FRAME_S * sample_rate)
    level = frame_energy_db(samples, frame_samples)
    if level.size == 0:
        return SpeechBounds(0, len(samples))
    outside = np.concatenate([level[: int(start / frame_samples)], level[int(end / frame_samples) :]])
    audible = level >= level.max() + _audible_db(outside - level.max())
    reach = _REACH_S * sample_rate
    first = max(0, int((start - reach) / frame_samples))
    last = int(np.ceil((end + reach) / frame_samples))
    inside = np.flatnonzero(lasting(audible, _FRAME_S, _COMPANY)[first:last])
    if inside.size == 0:
        return SpeechBounds(start, min(end, len(samples)))
    begin = first + int(inside[0])
    stop = first + int(inside[-1]) + 1
    return SpeechBounds(begin * frame_samples, min(stop * frame_samples, len(samples)))


def _audible_db(outside: Floats) -> float:
    """Return what counts as audible, given the frames around the speech; all in dB under the loudest frame."""
    if outside.size * _FRAME_S < _FLOOR_S:
        return AUDIBLE_DB
    floor = float(np.percentile(outside, 20))
    return float(np.clip(floor + _OVER_FLOOR_DB, AUDIBLE_DB, _AUDIBLE_CEILING_DB))
