"""Conversations with known timing, for the tests of fitting."""

import numpy as np

from stages.scenes.fit.conversation import Conversation, Interval

OFFSETS = np.array([-0.25, 0.125, 0.5])
"""Of the changes of speaker in `alternating`, in turn."""


def alternating(turns: int, speakers: tuple[str, str] = ("A", "B"), name: str = "talk") -> Conversation:
    """Return turns of 3 s, each of two IPUs with a pause of 0.5 s between, at `OFFSETS` in turn."""
    intervals, at = [], 1.0
    for turn in range(turns):
        speaker = speakers[turn % 2]
        intervals += [Interval(speaker, at, at + 1.0, "yes, well"), Interval(speaker, at + 1.5, at + 3.0, "I see it")]
        at += 3.0 + float(OFFSETS[turn % len(OFFSETS)])
    return Conversation(name, tuple(intervals))


def drawn(turns: int, offsets, speakers: tuple[str, str] = ("A", "B"), name: str = "talk") -> Conversation:
    """Return turns of one IPU of 4 s, at offsets drawn by a function."""
    intervals, at = [], 1.0
    for turn in range(turns):
        intervals.append(Interval(speakers[turn % 2], at, at + 4.0))
        at += 4.0 + float(offsets())
    return Conversation(name, tuple(intervals))


def as_rttm(conversation: Conversation) -> str:
    """Return a conversation as the lines of an RTTM file."""
    return "".join(
        f"SPEAKER {conversation.name} 1 {said.start_s:.4f} {said.end_s - said.start_s:.4f} <NA> <NA> {said.speaker}\n"
        for said in conversation.intervals
    )
