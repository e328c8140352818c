"""The rule of every stage: one bad item never stops the others, and threads change no result."""

import threading
import time

import pytest

from manifests.errors import BuildError, RejectedError
from manifests.records import Reject, Slot
from stages.base import process_each


def slot_of(item: int) -> Slot:
    return Slot(item, f"d{item}", "train")


def work(item: int) -> str:
    time.sleep(0.002 * (7 - item))
    if item == 2:
        raise RejectedError("odd", "two")
    if item == 4:
        raise ValueError("four")
    return f"done {item}"


@pytest.mark.parametrize("threads", [1, 5])
def test_results_come_in_the_items_order_with_rejects_in_their_places(threads):
    results = list(process_each("stage", range(6), slot_of, work, threads))
    reasons = [result.reason if isinstance(result, Reject) else result for result in results]
    assert reasons == ["done 0", "done 1", "odd", "done 3", "unexpected_ValueError", "done 5"]


def test_so_many_items_are_worked_on_at_once():
    together = threading.Barrier(3)
    assert len(list(process_each("stage", range(6), slot_of, lambda item: together.wait(5), 3))) == 6


@pytest.mark.parametrize("threads", [1, 3])
def test_what_concerns_the_machine_stops_the_work_and_drops_what_has_not_begun(threads):
    begun = []

    def fail(item: int) -> None:
        begun.append(item)
        time.sleep(0.02)
        raise BuildError("no server")

    with pytest.raises(BuildError, match="no server"):
        list(process_each("stage", range(100), slot_of, fail, threads))
    assert len(begun) < 10
