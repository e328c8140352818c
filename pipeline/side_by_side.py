"""Many calls of storage at once: each waits for the network most of its time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AT_ONCE = 16


def side_by_side(act: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return what `act` makes of each item, in the order of the items.

    Raises:
        Exception: what `act` raised of the first item that it failed for; items not begun by then are left.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(act, items))
