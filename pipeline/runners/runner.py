"""The contract between the runner of a stage and whatever calls it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

import pyarrow as pa

from manifests.names import SPLITS, Split
from manifests.records import Reject
from pipeline.artefacts import Artefact

Item = TypeVar("Item")


class StageRunner(Protocol):
    """A stage, opened with its models, that turns tasks into artefacts."""

    def run(self, shard: int | None) -> Artefact:
        """Do one shard, or the whole corpus when the stage runs once (`shard` is None)."""
        ...

    def close(self) -> None:
        """Stop what the stage has started."""
        ...


def counted(items: Iterable[Item], artefact: Artefact) -> Iterator[Item]:
    """Yield the items, and count them in the artefact as input."""
    for item in items:
        artefact.items_in += 1
        yield item


def sift(results: Iterable[Item | Reject], artefact: Artefact) -> Iterator[Item]:
    """Take the rejects into the artefact, and yield and count the rest."""
    for result in results:
        if isinstance(result, Reject):
            artefact.rejects.append(result)
        else:
            artefact.items_out += 1
            yield result


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Return tables of one schema as one: of audio, rows are encoded one by one, so that no shard is decoded whole.

    They stay chunks: nested audio beyond 2 GiB can't be one.
    """
    return pa.concat_tables(tables)


def by_split(items: Sequence[Item], split_of: Callable[[Item], Split]) -> list[tuple[Split, list[Item]]]:
    """Return the items of each split that has any, in the order of the splits."""
    grouped: dict[Split, list[Item]] = defaultdict(list)
    for item in items:
        grouped[split_of(item)].append(item)
    return [(split, grouped[split]) for split in SPLITS if grouped[split]]
