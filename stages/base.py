"""The contract of every stage, and the rule that one bad item never stops the others.

Constructing a stage loads its models; its `process(items)` may be called many times. It yields, in the order of the
items, each item's result or its final reject; non-final rejects (a refused attempt) may come before either. The results
depend only on the item, the stage's config and the run's seed, never on the other items or their order. `BuildError`
says that the run can't go on (missing weights, an endpoint that refuses every call).
"""

import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from manifests.errors import BuildError, RejectedError
from manifests.in_order import in_order
from manifests.records import Reject, Slot

In = TypeVar("In")
Out = TypeVar("Out")

_BEGUN_PER_THREAD = 4
"""Items taken, per thread, before the first of them is handed over: one slow item must not pile up all the others."""

UNEXPECTED = "unexpected_"
"""Prefix of the reason of a reject caused by an unforeseen exception; the exception's name follows."""


def unexpected(error: Exception) -> RejectedError:
    """Return the rejection of an item that caused an unforeseen exception, with the last calls in its detail."""
    detail = "".join(traceback.format_exception(error, limit=-4))
    return RejectedError(f"{UNEXPECTED}{type(error).__name__}", detail)


def process_each(
    stage: str, items: Iterable[In], slot_of: Callable[[In], Slot], work: Callable[[In], Out], threads: int = 1
) -> Iterator[Out | Reject]:
    """Yield `work(item)` for every item, in their order; an item that fails becomes a final reject instead.

    `BuildError`, `MemoryError` and `OSError` pass through: they concern the machine, not the item.

    Args:
        stage: the name put in rejects.
        threads: items worked on at once. With 1, each is taken and worked on when its result is requested. With more,
            `work` must be thread-safe, items not begun when the caller stops are dropped, and at most four outcomes
            per thread are held.
    """

    def outcome(item: In) -> Out | Reject:
        dialogue_id = slot_of(item).dialogue_id
        try:
            return work(item)
        except RejectedError as rejected:
            return Reject(dialogue_id, stage, rejected.reason, rejected.detail)
        except (BuildError, MemoryError, OSError):
            raise
        except Exception as error:
            lost = unexpected(error)
            return Reject(dialogue_id, stage, lost.reason, lost.detail)

    yield from in_order(outcome, items, threads, _BEGUN_PER_THREAD)
