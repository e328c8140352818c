"""Many storage calls at once: each spends most of its time waiting for the network."""

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
        Exception: what `act` raised for the first item that failed; items not started by then are left undone.
    """
    return list(in_order(act, items, _AT_ONCE, _BEGUN_PER_THREAD))
