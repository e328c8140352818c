"""Which dialogues hold an interruption, and which user turn it is: decided before a word is written."""

import math
from collections.abc import Sequence

from manifests.randomness import generator

MIN_INTERRUPTED_WORDS = 6
"""A shorter assistant turn leaves no room to interrupt it."""


def holds_interruption(seed: int, index: int, share: float) -> bool:
    """Tell whether the dialogue of this index holds an interruption.

    Systematic sampling: of any n dialogues in a row, n * share do, rounded up or down.
    """
    start = float(generator(seed, "dialogues.interruptions").random())
    return math.floor((index + 1) * share + start) > math.floor(index * share + start)


def pick_exchange(seed: int, index: int, candidates: Sequence[int]) -> int | None:
    """Return the exchange whose user turn interrupts the assistant's turn before it; None without candidates."""
    if not candidates:
        return None
    return int(generator(seed, "dialogues.interrupting_exchange", index).choice(list(candidates)))
