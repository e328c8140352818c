"""When speech is heard in a finished scene: what a listener who doesn't know the plan finds in each channel.

The VAD tells speech from other sound, but not whose it is: others may talk behind the user. So what it finds has to be
nearly as loud as the channel's loudest speech, and what lies well away from that is the background. From each loud
part the utterance reaches as far as something is heard over the background, to whichever side. Each band of the
spectrum is held against its own background, so that a hum does not hide an s. What is found is then matched with what
was planned, utterance by utterance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from manifests.audio import Samples
from stages.voice_activity import AUDIBLE_DB, Floats, Mask, find_stretches, frame_energy_db, lasting

_THRESHOLD = 0.35
"""A weak first word behind noise is missed by the detector's usual threshold."""
_FRAME_S = 0.005
_BANDS_HZ = ((100, 900), (900, 2500), (2500, 7500))
_LOUDEST_S = 0.5
"""So much of a channel's loudest speech tells how loud its speaker is."""
_LOUD_S = 0.1
_LOUD_DB = -12.0
"""Under the loudest speech, over 100 ms: every utterance has such a part. Its loudest is some 6 dB over active speech,
and talkers who lie 15 dB under that don't swell to it."""
_AWAY_S = 0.3
"""From the loud parts; what lies farther away is background."""
_BACKGROUND_PERCENTILE = 95
_OVER_BACKGROUND_DB = 6.0
"""Frames so much over a band's background are heard; with less its own swells are, with more no weak onset."""
_COMPANY = 6
"""More than a clip's 4: a background swells for longer than a click."""
_APART_S = 0.15
"""A stop's closure is silent, too, and lasts up to 120 ms; pauses begin at 200 ms."""


@dataclass(frozen=True)
class SpeechSpan:
    """A stretch of time in which one speaker speaks, in seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class HeardUtterance:
    """An utterance as it was heard; None for a border that runs into the speaker's own next or last utterance."""

    start_s: float | None
    end_s: float | None


def audible_speech(channel: Samples, sample_rate: int) -> list[SpeechSpan]:
    """Return what is spoken in a channel, in order; silence of less than 150 ms parts nothing.

    Args:
        channel: shape (n,).
        sample_rate: in Hz.
    """
    frame = round(_FRAME_S * sample_rate)
    levels = [frame_energy_db(band, frame) for band in _bands(channel, sample_rate)] if channel.any() else []
    loud = _loud(channel, sample_rate, levels[0]) if levels else np.zeros(0, np.bool_)
    if not loud.any():
        return []
    heard = lasting(_over_background(levels, loud), _FRAME_S, _COMPANY) | loud
    joined = _joined(heard, round(_APART_S / _FRAME_S))
    spoken = ((first, last) for first, last in joined if loud[first:last].any())
    return [SpeechSpan(first * frame / sample_rate, last * frame / sample_rate) for first, last in spoken]


def match_heard(planned: Sequence[SpeechSpan], spoken: Sequence[SpeechSpan]) -> list[HeardUtterance]:
    """Return when each of a speaker's planned utterances was heard.

    An utterance is heard from the first to the last stretch that overlaps it, including pauses. A stretch that overlaps
    two utterances only shows where the first begins and the second ends.

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
            heard.append(HeardUtterance(None, None))
            continue
        shared_before = place > 0 and ranges[place - 1][1] >= first
        shared_after = place + 1 < len(ranges) and ranges[place + 1][0] <= last
        heard.append(
            HeardUtterance(
                None if shared_before else spoken[first].start_s, None if shared_after else spoken[last].end_s
            )
        )
    return heard


def _loud(channel: Samples, sample_rate: int, level: Floats) -> Mask:
    """Return the frames in which the VAD hears speech that is nearly as loud as the loudest of it."""
    frame = round(_FRAME_S * sample_rate)
    speech = np.zeros(level.size, np.bool_)
    for stretch in find_stretches(channel, sample_rate, _THRESHOLD):
        speech[stretch.start // frame : -(-stretch.end // frame)] = True
    if not speech.any():
        return speech
    length = round(_LOUD_S / _FRAME_S)
    power = np.convolve(10 ** (level / 10), np.ones(length) / length, "full")[(length - 1) // 2 :][: level.size]
    smooth = 10 * np.log10(power)
    loudest = np.sort(smooth[speech])[-round(_LOUDEST_S / _FRAME_S) :].mean()
    loud: Mask = speech & (smooth >= loudest + _LOUD_DB)
    return loud


def _over_background(levels: Sequence[Floats], loud: Mask) -> Mask:
    """Return the frames that are heard over the background in any band, and lie within 40 dB of the loudest frame.

    Args:
        levels: of every band, shape (n,) each, the whole channel's first.
        loud: shape (n,), the frames that are certainly the speaker's.
    """
    away = round(_AWAY_S / _FRAME_S)
    background = np.convolve(loud, np.ones(2 * away + 1), "full")[away:][: loud.size] == 0
    heard = np.zeros(loud.size, np.bool_)
    for level in levels:
        swells = np.percentile(level[background], _BACKGROUND_PERCENTILE) if background.any() else -np.inf
        heard |= level >= max(swells + _OVER_BACKGROUND_DB, levels[0].max() + AUDIBLE_DB)
    return heard


def _joined(heard: Mask, apart: int) -> Iterator[tuple[int, int]]:
    """Yield where frames are heard, as half-open ranges that are at least `apart` frames from each other."""
    frames = np.flatnonzero(heard)
    breaks = np.flatnonzero(np.diff(frames) > apart)
    yield from zip(frames[[0, *(breaks + 1)]].tolist(), (frames[[*breaks, -1]] + 1).tolist(), strict=True)


def _bands(samples: Samples, sample_rate: int) -> list[npt.NDArray[np.float32]]:
    """Return the samples and what each band holds of them."""
    from scipy.signal import butter, sosfiltfilt

    bands = [samples]
    for low, high in _BANDS_HZ:
        filters = butter(3, (low, min(high, 0.47 * sample_rate)), "bandpass", fs=sample_rate, output="sos")
        bands.append(sosfiltfilt(filters, samples).astype(np.float32))
    return bands
