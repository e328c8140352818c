"""Threads change the time that work takes, and nothing else."""

import threading
from collections.abc import Iterator

import pytest

from manifests.in_order import in_order


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_items_order(threads):
    assert list(in_order(lambda item: item * 10, range(20), threads, 3)) == [item * 10 for item in range(20)]


def test_a_slow_item_does_not_pile_up_the_results_of_all_the_others():
    too_many = threading.Event()

    def act(item: int) -> int:
        assert item or not too_many.wait(0.2), "so many were taken while the first was worked on"
        return item

    def items() -> Iterator[int]:
        yield from range(6)
        too_many.set()
        yield from range(6, 50)

    assert list(in_order(act, items(), threads=2, begun_per_thread=3)) == list(range(50))


def test_no_more_is_taken_than_is_asked_for():
    items = iter(range(100))
    results = in_order(str, items, threads=2)
    assert next(results) == "0"
    results.close()
    assert next(items) < 4
