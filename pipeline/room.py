"""Room for workers on the cluster's nodes, node by node and GPU by GPU. Pure; knows nothing of Ray."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.config import StageResources

_TOLERANCE = 5e-5
"""Half of the ten-thousandths that Ray counts resources in (`kResourceUnitScaling` in its `fixed_point.h`)."""


@dataclass(frozen=True)
class NodeSize:
    """What a node has in all."""

    cpus: float
    gpus: float


def holds(size: NodeSize, wanted: StageResources) -> bool:
    """Tell whether an empty node is large enough for a worker."""
    return _Room(size).fits(wanted)


def has_room(
    nodes: Mapping[str, NodeSize],
    placed: Iterable[tuple[str, StageResources]],
    coming: Iterable[StageResources],
    wanted: StageResources,
) -> bool:
    """Tell whether a node has room for one more worker.

    Args:
        nodes: those that are alive, by id.
        placed: our workers, each with its node's id; those on other nodes count for nothing.
        coming: our workers that have no node yet; each is thought to take the first that fits.
    """
    rooms = {name: _Room(size) for name, size in nodes.items()}
    for name, resources in placed:
        if name in rooms:
            rooms[name].take(resources)
    for resources in coming:
        room = next((room for room in rooms.values() if room.fits(resources)), None)
        if room is not None:
            room.take(resources)
    return any(room.fits(wanted) for room in rooms.values())


class _Room:
    """What is free on a node. A share of a GPU is of one GPU: two halves of two make no whole one."""

    def __init__(self, size: NodeSize) -> None:
        self._cpus = size.cpus
        self._gpus = [1.0] * int(size.gpus)

    def fits(self, wanted: StageResources) -> bool:
        return self._cpus >= wanted.cpus - _TOLERANCE and len(self._fullest(wanted)) == _count(wanted)

    def take(self, wanted: StageResources) -> None:
        self._cpus -= wanted.cpus
        for gpu in self._fullest(wanted):
            self._gpus[gpu] -= _share(wanted)

    def _fullest(self, wanted: StageResources) -> list[int]:
        """Return which GPUs a worker would get: of those with enough left the ones with the least."""
        enough = [gpu for gpu, free in enumerate(self._gpus) if free >= _share(wanted) - _TOLERANCE]
        return sorted(enough, key=lambda gpu: self._gpus[gpu])[: _count(wanted)]


def _count(wanted: StageResources) -> int:
    return max(1, round(wanted.gpus)) if wanted.gpus else 0


def _share(wanted: StageResources) -> float:
    return min(wanted.gpus, 1.0)
