"""When speech is heard in a finished scene: what a listener, who knows no plan, finds in each channel.

The VAD tells where somebody speaks, energy where it begins and ends, as for a clip. What is found is then matched with
what was planned, utterance by utterance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from manifests.audio import Samples
from stages.speech.bounds import SpeechBounds, find_stretches, refine
from stages.speech.config import VadConfig

_AROUND_S = 0.5
"""Of the channel around a stretch, to tell its noise floor from and to look for weak first and last sounds."""


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


def audible_speech(channel: Samples, sample_rate: int, vad: VadConfig) -> list[Spoken]:
    """Return what is spoken in a channel, in order; silence of less than 100 ms parts nothing.

    Args:
        channel: shape (n,).
        sample_rate: in Hz.
        vad: threshold of the detector.
    """
    if not channel.any():
        return []
    stretches = find_stretches(channel, sample_rate, vad)
    around = round(_AROUND_S * sample_rate)
    middles = [(before.end + after.start) // 2 for before, after in pairwise(stretches)]
    spoken = []
    for stretch, low, high in zip(stretches, [0, *middles], [*middles, len(channel)], strict=True):
        first, last = max(low, stretch.start - around), min(high, stretch.end + around)
        inside = SpeechBounds(stretch.start - first, stretch.end - first)
        bounds = refine(channel[first:last], sample_rate, inside)
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
