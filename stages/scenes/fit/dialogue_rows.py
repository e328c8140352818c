"""The `dialogues` config of a corpus of ours."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from stages.scenes.fit.conversation import Conversation, Interval

COLUMNS = ("id", "turns", "asides")
"""What is read of it."""


def conversations_in(table: pa.Table, name: str) -> Iterator[Conversation]:
    """Yield the dialogues of a table with `COLUMNS`; the speakers are called user and assistant.

    Words are taken one by one, so that pauses inside turns are heard; backchannels and turns that are given up are
    speech like any other.

    Args:
        table: of the `dialogues` config.
        name: of its file.
    """
    for row in table.to_pylist():
        spoken = [*row["turns"], *row["asides"]]
        yield Conversation(f"{name} ({row['id']})", tuple(word for said in spoken for word in _words(said)))


def _words(said: dict[str, Any]) -> Iterator[Interval]:
    """Yield the words of a turn or aside; the first and last reach to where its speech begins and ends."""
    words = said["words"]
    for index, word in enumerate(words):
        start_s = said["start_s"] if index == 0 else word["start_s"]
        end_s = said["end_s"] if index == len(words) - 1 else word["end_s"]
        yield Interval(said["role"], start_s, end_s, word["text"])
