"""Packs for a training process, loaded from the shards by worker processes; resumes at the exact sample."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from manifests.errors import BuildError
from manifests.randomness import generator
from training.duplex.packing import WASTE, Pack, best_fit, fitting_pieces, pack_of
from training.duplex.rows import Row, RowWindows, Source
from training.duplex.token_map import TokenMap

PREFETCHED = 4
"""Packs that each worker holds ready."""


@dataclass(frozen=True)
class LoaderPlan:
    """Everything that determines the packs and their order.

    Attributes:
        sources: files, and how their rows are mixed.
        purpose: names the stage in the draws of the order.
        process, processes, workers: this training process takes its part of the rows, its workers theirs of that.
    """

    sources: tuple[Source, ...]
    token_map: TokenMap
    max_length: int
    seed: int
    purpose: str
    process: int = 0
    processes: int = 1
    workers: int = 1

    @property
    def readers(self) -> int:
        """Streams of this process: its workers, or the process itself."""
        return max(self.workers, 1)


@dataclass(frozen=True)
class Counts:
    """Counts of what a stream has packed.

    Attributes:
        rows: that were read.
        cuts: in them.
        left_out: rows of which nothing fits.
        packs, tokens: that were made, and what they hold.
        tokens_left_out: of rows, or parts of them, that can't be cut to fit.
        longest: tokens of the longest row, or piece of one, in a pack.
    """

    rows: int = 0
    cuts: int = 0
    left_out: int = 0
    packs: int = 0
    tokens: int = 0
    tokens_left_out: int = 0
    longest: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        mine, theirs = asdict(self), asdict(other)
        summed = {name: mine[name] + theirs[name] for name in mine}
        return Counts(**{**summed, "longest": max(self.longest, other.longest)})


@dataclass(frozen=True)
class Position:
    """A stream's position: what `PackStream` needs to continue with the next pack.

    Attributes:
        rows: state of the rows at the start of the window; None at the very start.
        carried: rows that the window before could not fill a pack with.
        packs: of the window that are done.
        counts: of all that came before the window.
    """

    rows: dict[str, Any] | None = None
    carried: tuple[Row, ...] = ()
    packs: int = 0
    counts: Counts = Counts()

    def to_json(self) -> dict[str, Any]:
        """Return the position as JSON values."""
        carried = [[row.row_id, row.ids.tolist(), np.packbits(row.loss_mask).tolist()] for row in self.carried]
        return {"rows": self.rows, "carried": carried, "packs": self.packs, "counts": asdict(self.counts)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Position":
        """Read what `to_json` returned."""
        carried = tuple(
            Row(row_id, np.array(ids, np.int32), np.unpackbits(np.array(bits, np.uint8), count=len(ids)).astype(bool))
            for row_id, ids, bits in content["carried"]
        )
        return cls(content["rows"], carried, content["packs"], Counts(**content["counts"]))


@dataclass(frozen=True)
class Delivery:
    """A pack, and its stream's position after it."""

    pack: Pack
    position: Position
    counts: Counts


class PackStream(IterableDataset[Delivery | BuildError]):
    """The endless packs of one reader; a fault comes as the last item, since it can't leave a worker unchanged.

    Args:
        plan: what is packed.
        positions: where each reader stands.
        first: the reader that the first worker is.
    """

    def __init__(self, plan: LoaderPlan, positions: Sequence[Position], first: int) -> None:
        self._plan = plan
        self._positions = positions
        self._first = first

    def __iter__(self) -> Iterator[Delivery | BuildError]:
        """Yield the packs of this worker's reader from its position onwards."""
        worker = get_worker_info()
        if worker is not None:
            torch.set_num_threads(1)
        reader = ((worker.id if worker else 0) + self._first) % self._plan.readers
        try:
            yield from self._packs(reader, self._positions[reader])
        except BuildError as fault:
            yield fault

    def _packs(self, reader: int, position: Position) -> Iterator[Delivery]:
        plan = self._plan
        share = plan.process * plan.readers + reader
        windows = RowWindows(plan.sources, plan.seed, plan.purpose, share, plan.processes * plan.readers)
        # `datasets` tells where it stands only once it has read something, so the state that was loaded is kept.
        if position.rows is None:
            start = replace(position, rows=windows.state_dict())
        else:
            windows.load_state_dict(position.rows)
            start = position
        stream = iter(windows)
        while True:
            window = next(stream)
            groups, carried, counted = self._groups(window, start, share)
            counts = start.counts + counted
            if windows.epoch and counts.left_out == counts.rows:
                raise BuildError(
                    f"{plan.purpose}: none of {start.counts.rows} rows fits into max_length {plan.max_length}; for "
                    f"example, {window[0].row_id} has {len(window[0])} tokens; raise max_length"
                )
            for place, group in enumerate(groups):
                pack = pack_of(group, plan.token_map, plan.max_length) if place >= start.packs else None
                counts += Counts(packs=1, tokens=sum(map(len, group)), longest=max(map(len, group)))
                if pack:
                    yield Delivery(pack, replace(start, packs=place + 1), counts)
            start = Position(windows.state_dict(), carried, 0, counts)

    def _groups(
        self, window: list[Row], start: Position, share: int
    ) -> tuple[list[list[Row]], tuple[Row, ...], Counts]:
        """Return the window's groups in the order of training, the rows carried over, and what was counted."""
        plan = self._plan
        pieces = [fitting_pieces(row, plan.max_length) for row in window]
        left_out = sum(not of_row for of_row in pieces)
        tokens_left_out = sum(map(len, window)) - sum(len(piece) for of_row in pieces for piece in of_row)
        fitting = [*start.carried, *(piece for of_row in pieces for piece in of_row)]
        groups = best_fit(fitting, plan.max_length)
        cuts = sum(len(of_row) - 1 for of_row in pieces if of_row) + sum(map(len, groups)) - len(fitting)
        is_full = not groups or sum(map(len, groups[-1])) >= (1 - WASTE) * plan.max_length
        carried = () if is_full else tuple(groups.pop())
        order = generator(plan.seed, f"{plan.purpose} packs", share, start.counts.rows).permutation(len(groups))
        return (
            [groups[place] for place in order],
            carried,
            Counts(len(window), cuts, left_out, tokens_left_out=tokens_left_out),
        )


class Loader:
    """Packs for one training process.

    Args:
        plan: what is packed.
        state: of `state_dict`, to continue after the packs that were taken; None: from the start.

    Raises:
        BuildError: the number of workers differs from the state's.
    """

    def __init__(self, plan: LoaderPlan, state: Mapping[str, Any] | None = None) -> None:
        self._positions = [Position()] * plan.readers
        self._taken = 0
        if state is not None:
            self._positions = [Position.from_json(position) for position in state["positions"]]
            self._taken = state["taken"]
            if len(self._positions) != plan.readers:
                raise BuildError(
                    f"loader.workers is {plan.workers}, but the checkpoint was written with {len(self._positions)}; "
                    "resume with that number"
                )
        self._counts = [position.counts for position in self._positions]
        stream = PackStream(plan, tuple(self._positions), self._taken % plan.readers)
        prefetched = PREFETCHED if plan.workers else None
        self._packs = iter(DataLoader(stream, batch_size=None, num_workers=plan.workers, prefetch_factor=prefetched))

    def take(self) -> Pack:
        """Return the next pack.

        Raises:
            BuildError: no row fits, or one holds ids outside the vocabulary.
        """
        delivery: Delivery | BuildError = next(self._packs)
        if isinstance(delivery, BuildError):
            raise delivery
        reader = self._taken % len(self._positions)
        self._positions[reader], self._counts[reader] = delivery.position, delivery.counts
        self._taken += 1
        return delivery.pack

    @property
    def counts(self) -> Counts:
        """Counts of the packs taken so far."""
        return sum(self._counts, Counts())

    def state_dict(self) -> dict[str, Any]:
        """Return the position of the next pack, as JSON values."""
        return {"taken": self._taken, "positions": [position.to_json() for position in self._positions]}
