"""What a law gives when it is drawn, and how often it may be drawn again."""

from typing import NamedTuple

MAX_REDRAWS = 10_000
LEAST_SHARE_KEPT = 0.01
"""A truncation that throws away more than 99 of 100 draws is taken for a slip: the law is not what it says."""


class Draw(NamedTuple):
    """A drawn value and how many draws outside the truncation came before it."""

    value: float
    redraws: int = 0
