"""The contract of a stage, and the rule that one bad item never stops the others."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from manifests.errors import BuildError, RejectedError
from manifests.records import Reject, Slot

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)
In = TypeVar("In")
Out = TypeVar("Out")


class Stage(Protocol[In_contra, Out_co]):
    """Turns items into results. Constructing one loads its models; `process` may be called many times."""

    def process(self, items: Sequence[In_contra]) -> Iterator[Out_co | Reject]:
        """Yield, in the order of the items, each item's result or its final reject.

        Non-final rejects (a refused attempt) may come before either. The results depend on the item, the
        stage's config and the run's seed alone, never on the other items or their order.

        Raises:
            BuildError: the run can't go on (missing weights, an endpoint that refuses every call).
        """
        ...


def process_each(
    stage: str, items: Sequence[In], slot_of: Callable[[In], Slot], work: Callable[[In], Out]
) -> Iterator[Out | Reject]:
    """Yield `work(item)` for every item; an item that fails becomes a final reject instead.

    `BuildError`, `MemoryError` and `OSError` pass through: they concern the machine, not the item.
    """
    for item in items:
        dialogue_id = slot_of(item).dialogue_id
        try:
            yield work(item)
        except RejectedError as rejected:
            yield Reject(dialogue_id, stage, rejected.reason, rejected.detail)
        except (BuildError, MemoryError, OSError):
            raise
        except Exception as error:
            detail = "".join(traceback.format_exception(error, limit=-4))
            yield Reject(dialogue_id, stage, f"unexpected_{type(error).__name__}", detail)
