"""When speech is heard in a finished scene: what a listener, who knows no plan, finds in each channel.

The VAD tells where somebody speaks, energy where it begins and ends: noise stands behind the user, so each band of
the spectrum is held against its own noise, and a hum does not hide an s. What is found is then matched with what was
planned, utterance by utterance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from manifests.audio import Samples
from stages.voice_activity import SpeechBounds, find_stretches, frame_energy_db

_THRESHOLD = 0.35
"""A weak first word behind noise is missed by the detector's usual threshold, and found 0.3 s late."""
_AROUND_S = 0.5
"""Of the channel around a stretch, to tell its noise from."""
_REACH_S = 0.2
"""How far outside the VAD's stretch sound still belongs to it, as for clips."""
_FRAME_S = 0.005
_BANDS_HZ = ((100, 900), (900, 2500), (2500, 7500))
_AUDIBLE_DB = -40.0
"""Under the loudest frame: nobody hears less, noise or not."""
_NOISE_PERCENTILE = 80
_OVER_NOISE_DB = 8.0
"""Frames so much over a band's noise are speech; with less the noise's own swell counts, with more no weak onset."""
_COMPANY_S = 0.08
_COMPANY_FRAMES = 6
"""A frame counts with so many audible ones (itself one) inside this time either side: a click stands alone."""


@dataclass(frozen=True)
class Spoken:
    """A stretch of time in which one speaker speaks, in seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Heard:
    """An utterance as it was heard; None for a border that runs into the speaker's own next or last utterance."""

    start_s: float | None
    end_s: float | None


def audible_speech(channel: Samples, sample_rate: int) -> list[Spoken]:
    """Return what is spoken in a channel, in order; silence of less than 100 ms parts nothing.

    Args:
        channel: shape (n,).
        sample_rate: in Hz.
    """
    if not channel.any():
        return []
    stretches = find_stretches(channel, sample_rate, _THRESHOLD)
    around = round(_AROUND_S * sample_rate)
    middles = [(before.end + after.start) // 2 for before, after in pairwise(stretches)]
    spoken = []
    for stretch, low, high in zip(stretches, [0, *middles], [*middles, len(channel)], strict=True):
        first, last = max(low, stretch.start - around), min(high, stretch.end + around)
        inside = SpeechBounds(stretch.start - first, stretch.end - first)
        bounds = _refine(channel[first:last], sample_rate, inside)
        spoken.append(Spoken((first + bounds.start) / sample_rate, (first + bounds.end) / sample_rate))
    return spoken


def match_heard(planned: Sequence[Spoken], spoken: Sequence[Spoken]) -> list[Heard]:
    """Return when each of a speaker's planned utterances was heard.

    An utterance is heard from the first to the last stretch that overlaps it: pauses stand inside it. A stretch that
    overlaps two utterances tells only where the first begins and the second ends.

    Args:
        planned: in order, without overlap.
        spoken: what was heard in their channel, in order.
    """
    starts, ends = np.array([one.start_s for one in spoken]), np.array([one.end_s for one in spoken])
    ranges = []
    for utterance in planned:
        first = int(np.searchsorted(ends, utterance.start_s, side="right"))
        ranges.append((first, int(np.searchsorted(starts, utterance.end_s, side="left")) - 1))
    heard = []
    for place, (first, last) in enumerate(ranges):
        if first > last:
            heard.append(Heard(None, None))
            continue
        shared_before = place > 0 and ranges[place - 1][1] >= first
        shared_after = place + 1 < len(ranges) and ranges[place + 1][0] <= last
        heard.append(
            Heard(None if shared_before else spoken[first].start_s, None if shared_after else spoken[last].end_s)
        )
    return heard


def _refine(samples: Samples, sample_rate: int, stretch: SpeechBounds) -> SpeechBounds:
    """Return a stretch from its first to its last audible frame."""
    frame = round(_FRAME_S * sample_rate)
    whole = frame_energy_db(samples, frame)
    first, last = stretch.start // frame, min(stretch.end // frame, whole.size)
    audible = np.zeros(whole.size, np.bool_)
    for band in _bands(samples, sample_rate):
        level = frame_energy_db(band, frame)
        noise = np.concatenate([level[:first], level[last:]])
        over = np.percentile(noise, _NOISE_PERCENTILE) + _OVER_NOISE_DB if noise.size else -np.inf
        audible |= level >= max(over, whole.max() + _AUDIBLE_DB)
    near = np.ones(2 * round(_COMPANY_S / _FRAME_S) + 1)
    audible &= np.convolve(audible, near, "full")[near.size // 2 :][: audible.size] >= _COMPANY_FRAMES
    reach = round(_REACH_S / _FRAME_S)
    low = max(0, first - reach)
    inside = low + np.flatnonzero(audible[low : last + reach])
    if inside.size == 0:
        return stretch
    return SpeechBounds(int(inside[0]) * frame, (int(inside[-1]) + 1) * frame)


def _bands(samples: Samples, sample_rate: int) -> list[npt.NDArray[np.float32]]:
    """Return the samples and what each band holds of them."""
    from scipy.signal import butter, sosfiltfilt

    bands = [samples]
    for low, high in _BANDS_HZ:
        filters = butter(3, (low, min(high, 0.47 * sample_rate)), "bandpass", fs=sample_rate, output="sos")
        bands.append(sosfiltfilt(filters, samples).astype(np.float32))
    return bands
