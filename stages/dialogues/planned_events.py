"""Which dialogues have an interruption or marked backchannels: decided before a word is written."""

import math
from collections.abc import Sequence

from manifests.randomness import generator

MIN_INTERRUPTED_WORDS = 6
"""A shorter assistant turn leaves no room to interrupt it."""


def holds_interruption(seed: int, index: int, share: float) -> bool:
    """Tell whether the dialogue of this index holds an interruption.

    Systematic sampling: of any n dialogues in a row, n * share do, rounded up or down.
    """
    return _sampled(seed, "dialogues.interruptions", index, share)


def marks_backchannels(seed: int, index: int, share: float) -> bool:
    """Tell whether the script of this index marks backchannels; sampled like interruptions, apart from them."""
    return _sampled(seed, "dialogues.backchannels", index, share)


def pick_exchange(seed: int, index: int, candidates: Sequence[int]) -> int | None:
    """Return the exchange whose user turn interrupts the assistant's turn before it; None without candidates."""
    if not candidates:
        return None
    return int(generator(seed, "dialogues.interrupting_exchange", index).choice(list(candidates)))


def _sampled(seed: int, purpose: str, index: int, share: float) -> bool:
    start = float(generator(seed, purpose).random())
    return math.floor((index + 1) * share + start) > math.floor(index * share + start)
