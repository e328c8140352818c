"""Inter-pausal units (IPUs): what a speaker says without a noticeable silence, and which of it are backchannels."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stages.scenes.fit.conversation import Conversation, Interval
from stages.written_words import split_words

SHORTEST_PAUSE_S = 0.2
"""Silences below are stops and joints of speech itself (Heldner and Edlund 2010, doi:10.1016/j.wocn.2010.08.002)."""
LONGEST_BACKCHANNEL_S = 1.0
"""Of Switchboard's backchannels 90 % are below 0.65 s."""
MOST_BACKCHANNEL_WORDS = 3
ISOLATION_S = 1.0


@dataclass(frozen=True)
class Ipu:
    """An inter-pausal unit.

    Attributes:
        text: what is said; None if the file does not say.
        inner_ends_s: where the intervals that it was merged from end, including the last one, ascending.
        backchannel: it is short and isolated, and the other keeps talking: it doesn't take the floor.
    """

    speaker: str
    start_s: float
    end_s: float
    text: str | None
    inner_ends_s: tuple[float, ...]
    backchannel: bool = False


def ipus_of(conversation: Conversation, first: str, second: str) -> tuple[Ipu, ...]:
    """Return the IPUs of two speakers by onset, with backchannels marked.

    Intervals of a speaker that overlap, or are less than `SHORTEST_PAUSE_S` apart, form one IPU. An IPU is a
    backchannel if it is

    - short: at most `LONGEST_BACKCHANNEL_S` and, if the text is known, `MOST_BACKCHANNEL_WORDS` words,
    - isolated: its speaker says nothing else within `ISOLATION_S` before and after it,
    - and doesn't take the floor: the other speaks within `ISOLATION_S` before it, and within `ISOLATION_S` after it.

    By times alone, a "yes" between two questions looks the same, and is counted as one.
    """
    own, others = _merged(conversation.of(first)), _merged(conversation.of(second))
    told = [*_told_apart(own, others), *_told_apart(others, own)]
    return tuple(sorted(told, key=lambda ipu: (ipu.start_s, ipu.end_s, ipu.speaker)))


def _merged(intervals: Sequence[Interval]) -> list[Ipu]:
    groups: list[list[Interval]] = []
    reached = -SHORTEST_PAUSE_S
    for interval in intervals:
        if not groups or interval.start_s - reached >= SHORTEST_PAUSE_S:
            groups.append([])
            reached = interval.end_s
        groups[-1].append(interval)
        reached = max(reached, interval.end_s)
    return [_ipu(group) for group in groups]


def _ipu(group: Sequence[Interval]) -> Ipu:
    texts = [interval.text for interval in group if interval.text is not None]
    ends = tuple(sorted(interval.end_s for interval in group))
    return Ipu(group[0].speaker, group[0].start_s, ends[-1], " ".join(texts) if texts else None, ends)


def _told_apart(own: Sequence[Ipu], others: Sequence[Ipu]) -> list[Ipu]:
    """Return a speaker's IPUs with the backchannels among them marked; both lists are by onset, without overlaps."""
    starts, ends = [ipu.start_s for ipu in others], [ipu.end_s for ipu in others]
    told = []
    for index, ipu in enumerate(own):
        long = ipu.end_s - ipu.start_s > LONGEST_BACKCHANNEL_S
        wordy = ipu.text is not None and len(split_words(ipu.text)) > MOST_BACKCHANNEL_WORDS
        alone = (index == 0 or ipu.start_s - own[index - 1].end_s >= ISOLATION_S) and (
            index == len(own) - 1 or own[index + 1].start_s - ipu.end_s >= ISOLATION_S
        )
        before = bisect_left(starts, ipu.start_s) - 1  # the other's last IPU that began before
        after = bisect_left(ends, ipu.end_s + 1e-9)  # the other's first IPU that ends after
        heard_before = before >= 0 and ends[before] >= ipu.start_s - ISOLATION_S
        heard_after = after < len(others) and starts[after] <= ipu.end_s + ISOLATION_S
        told.append(replace(ipu, backchannel=not long and not wordy and alone and heard_before and heard_after))
    return told
