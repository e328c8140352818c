"""Inter-pausal units: what one speaker says without a silence worth the name, and which of it takes no floor."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stages.scenes.fit.conversation import Conversation, Interval

SHORTEST_PAUSE_S = 0.2
"""Silences below are stops and joints of speech itself (Heldner and Edlund 2010, doi:10.1016/j.wocn.2010.08.002)."""
LONGEST_BACKCHANNEL_S = 1.0
"""Of Switchboard's backchannels 90 % are below 0.65 s."""
MOST_BACKCHANNEL_WORDS = 3
ISOLATION_S = 1.0


@dataclass(frozen=True)
class Unit:
    """An inter-pausal unit.

    Attributes:
        text: what is said; None where the file does not tell.
        inner_ends_s: where the intervals end that it was merged from, the last one included, ascending.
        backchannel: it is short and alone, and the other goes on: it takes no floor.
    """

    speaker: str
    start_s: float
    end_s: float
    text: str | None
    inner_ends_s: tuple[float, ...]
    backchannel: bool = False


def units_of(conversation: Conversation, first: str, second: str) -> tuple[Unit, ...]:
    """Return the units of two speakers by onset, backchannels told apart.

    Intervals of a speaker that overlap, or that stand less than `SHORTEST_PAUSE_S` apart, are one unit. A unit is a
    backchannel if it is

    - short: at most `LONGEST_BACKCHANNEL_S`, and, where the text is known, `MOST_BACKCHANNEL_WORDS` words,
    - alone: its speaker says nothing else within `ISOLATION_S` before and after it,
    - and takes no floor: the other speaks within `ISOLATION_S` before it, and within `ISOLATION_S` after it.

    By times alone a "yes" between two questions looks the same, and is counted as one.
    """
    own, others = _merged(conversation.of(first)), _merged(conversation.of(second))
    told = [*_told_apart(own, others), *_told_apart(others, own)]
    return tuple(sorted(told, key=lambda unit: (unit.start_s, unit.end_s, unit.speaker)))


def _merged(intervals: Sequence[Interval]) -> list[Unit]:
    groups: list[list[Interval]] = []
    reached = -SHORTEST_PAUSE_S
    for interval in intervals:
        if not groups or interval.start_s - reached >= SHORTEST_PAUSE_S:
            groups.append([])
            reached = interval.end_s
        groups[-1].append(interval)
        reached = max(reached, interval.end_s)
    return [_unit(group) for group in groups]


def _unit(group: Sequence[Interval]) -> Unit:
    texts = [interval.text for interval in group if interval.text is not None]
    ends = tuple(sorted(interval.end_s for interval in group))
    return Unit(group[0].speaker, group[0].start_s, ends[-1], " ".join(texts) if texts else None, ends)


def _told_apart(own: Sequence[Unit], others: Sequence[Unit]) -> list[Unit]:
    """Return a speaker's units with the backchannels among them marked; both lists are by onset, without overlaps."""
    starts, ends = [unit.start_s for unit in others], [unit.end_s for unit in others]
    told = []
    for index, unit in enumerate(own):
        long = unit.end_s - unit.start_s > LONGEST_BACKCHANNEL_S
        wordy = unit.text is not None and len(unit.text.split()) > MOST_BACKCHANNEL_WORDS
        alone = (index == 0 or unit.start_s - own[index - 1].end_s >= ISOLATION_S) and (
            index == len(own) - 1 or own[index + 1].start_s - unit.end_s >= ISOLATION_S
        )
        before = bisect_left(starts, unit.start_s) - 1  # the other's last unit that began before
        after = bisect_left(ends, unit.end_s + 1e-9)  # the other's first unit that ends after
        heard_before = before >= 0 and ends[before] >= unit.start_s - ISOLATION_S
        heard_after = after < len(others) and starts[after] <= unit.end_s + ISOLATION_S
        told.append(replace(unit, backchannel=not long and not wordy and alone and heard_before and heard_after))
    return told
