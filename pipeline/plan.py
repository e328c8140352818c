"""The plan: which dialogues there will be, in which shard and split; fixed before any work."""

from dataclasses import dataclass
from functools import cached_property

from manifests.names import Split
from manifests.randomness import generator
from manifests.records import Slot
from pipeline.config import RunConfig


@dataclass(frozen=True)
class Plan:
    """The slots of a run's dialogues. It depends on the config alone."""

    config: RunConfig

    @property
    def shards(self) -> int:
        """How many shards there are; the last may be short."""
        corpus = self.config.corpus
        return -(-corpus.dialogues // corpus.dialogues_per_shard)

    def size(self, shard: int) -> int:
        """Return how many slots a shard has."""
        corpus = self.config.corpus
        return min(corpus.dialogues_per_shard, corpus.dialogues - shard * corpus.dialogues_per_shard)

    def slots(self, shard: int) -> tuple[Slot, ...]:
        """Return the slots of one shard in order."""
        corpus = self.config.corpus
        start = shard * corpus.dialogues_per_shard
        indices = range(start, start + self.size(shard))
        return tuple(Slot(index, f"d{index:08d}", self._split(index)) for index in indices)

    def split_sizes(self) -> dict[Split, int]:
        """Return how many dialogues each split is planned to have."""
        corpus = self.config.corpus
        validation = round(corpus.dialogues * corpus.validation_share)
        test = round(corpus.dialogues * corpus.test_share)
        return {"train": corpus.dialogues - validation - test, "validation": validation, "test": test}

    def _split(self, index: int) -> Split:
        sizes = self.split_sizes()
        rank = int(self._order[index])
        if rank < sizes["validation"]:
            return "validation"
        return "test" if rank < sizes["validation"] + sizes["test"] else "train"

    @cached_property
    def _order(self) -> list[int]:
        order = generator(self.config.seed, "splits").permutation(self.config.corpus.dialogues)
        return [int(rank) for rank in order]
