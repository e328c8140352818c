"""Calls that wait for storage wait together, and what comes of them stands in order."""

import threading
import time

import pytest

from pipeline.side_by_side import side_by_side


def test_results_are_in_the_order_of_the_items_whichever_is_there_first():
    last_is_done = threading.Event()

    def act(number: int) -> int:
        if number == 2:
            last_is_done.set()
        assert last_is_done.wait(10)
        return number * 10

    assert side_by_side(act, [0, 1, 2]) == [0, 10, 20]


def test_of_several_faults_the_first_items_is_raised_and_what_is_not_begun_is_left():
    begun = []

    def act(number: int) -> None:
        begun.append(number)
        if number:
            time.sleep(0.05)
        raise OSError(f"item {number} failed")

    with pytest.raises(OSError, match="item 0 failed"):
        side_by_side(act, range(1000))

    assert len(begun) < 100
