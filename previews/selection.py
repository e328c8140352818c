"""Which dialogues an auditor hears: some of every split, including interrupted ones, the same in every run."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.names import SPLITS, Split

if TYPE_CHECKING:
    import pyarrow as pa

CANDIDATE_COLUMNS = ("index", "split", "events")
"""The columns of a scenes table that candidates are read from; none of them holds audio."""


@dataclass(frozen=True)
class Candidate:
    """A dialogue that may be shown."""

    index: int
    split: Split
    interrupted: bool


def candidates_from_table(table: "pa.Table") -> Iterator[Candidate]:
    """Yield a candidate per row of a scenes table, of which only `CANDIDATE_COLUMNS` are read."""
    for row in table.select(CANDIDATE_COLUMNS).to_pylist():
        interrupted = any(event["kind"] == "interruption" for event in row["events"])
        yield Candidate(row["index"], row["split"], interrupted)


def select(candidates: Iterable[Candidate], count: int) -> tuple[int, ...]:
    """Return the indices of at most `count` dialogues, ascending.

    Every split gets one before any gets two; the rest are shared by size (D'Hondt). Within a split, half of them,
    rounded up, are interrupted dialogues as far as there are any; both halves are spread evenly over the indices.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.index)
    by_split = {split: [candidate for candidate in ordered if candidate.split == split] for split in SPLITS}
    seats = _seats({split: len(members) for split, members in by_split.items()}, count)
    return tuple(sorted(index for split in SPLITS for index in _select_in_split(by_split[split], seats[split])))


def _seats(sizes: dict[Split, int], count: int) -> dict[Split, int]:
    seats = dict.fromkeys(sizes, 0)
    for _ in range(min(count, sum(sizes.values()))):
        open_splits = [split for split in sizes if seats[split] < sizes[split]]
        unseated = [split for split in open_splits if not seats[split]]
        chosen = max(unseated or open_splits, key=lambda split: sizes[split] / (seats[split] + 1))
        seats[chosen] += 1
    return seats


def _select_in_split(members: Sequence[Candidate], seats: int) -> list[int]:
    interrupted = [candidate.index for candidate in members if candidate.interrupted]
    others = [candidate.index for candidate in members if not candidate.interrupted]
    of_interrupted = max(min((seats + 1) // 2, len(interrupted)), seats - len(others))
    return _spread(interrupted, of_interrupted) + _spread(others, seats - of_interrupted)


def _spread(indices: Sequence[int], count: int) -> list[int]:
    return [indices[position * len(indices) // count] for position in range(count)]
