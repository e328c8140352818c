"""Many calls of storage at once: each waits for the network most of its time."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from manifests.in_order import in_order

Item = TypeVar("Item")
Result = TypeVar("Result")

_AT_ONCE = 16
_BEGUN_PER_THREAD = 4


def side_by_side(act: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return what `act` makes of each item, in the order of the items.

    Raises:
        Exception: what `act` raised of the first item that it failed for; items not begun by then are left.
    """
    return list(in_order(act, items, _AT_ONCE, _BEGUN_PER_THREAD))
