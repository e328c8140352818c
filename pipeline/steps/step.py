"""The contract between a step and whatever runs it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from manifests.records import SPLITS, Reject, Split
from pipeline.artefacts import Artefact

Item = TypeVar("Item")


class Step(Protocol):
    """A stage, opened with its models, that turns units of work into artefacts."""

    def run(self, shard: int | None) -> Artefact:
        """Do one shard, or the whole corpus when the step runs once (`shard` is None)."""
        ...

    def close(self) -> None:
        """Stop what the step has started."""
        ...


def sift(results: Iterable[Item | Reject], artefact: Artefact) -> list[Item]:
    """Take the rejects into the artefact and return the rest."""
    kept: list[Item] = []
    for result in results:
        if isinstance(result, Reject):
            artefact.rejects.append(result)
        else:
            kept.append(result)
    artefact.items_out = len(kept)
    return kept


def by_split(items: Sequence[Item], split_of: Callable[[Item], Split]) -> list[tuple[Split, list[Item]]]:
    """Return the items of each split that has any, in the order of the splits."""
    grouped: dict[Split, list[Item]] = defaultdict(list)
    for item in items:
        grouped[split_of(item)].append(item)
    return [(split, grouped[split]) for split in SPLITS if grouped[split]]
