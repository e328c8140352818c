"""Work on many items at once, in threads, with the results in the items' order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    act: Callable[[Item], Result], items: Iterable[Item], threads: int, begun_per_thread: int = 1
) -> Iterator[Result]:
    """Yield what `act` makes of each item, in the order of the items.

    Args:
        act: thread-safe, if there are several threads.
        threads: items worked on at once. With 1, each item is taken and worked on when its result is asked for.
        begun_per_thread: items per thread that may be taken before the first of them is yielded: a higher number keeps
            the threads busy during a slow item, and holds more results meanwhile.

    Raises:
        Exception: what `act` raised for the first item that failed; items not started by then are left undone.
    """
    if threads == 1:
        yield from map(act, items)
        return
    coming = iter(items)
    pool = ThreadPoolExecutor(threads)
    try:
        begun = deque(pool.submit(act, item) for item in islice(coming, begun_per_thread * threads))
        while begun:
            result = begun.popleft().result()
            begun.extend(pool.submit(act, item) for item in islice(coming, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)
