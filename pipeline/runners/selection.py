"""Runner of stage `selection`: once all dialogues are written, leave out near-duplicates across the corpus."""

from collections.abc import Iterator

from manifests.records import Dialogue
from manifests.tables import dialogues_from_table
from pipeline.artefacts import Artefact, Artefacts
from pipeline.plan import Plan
from stages.dialogues import find_duplicates


class SelectionRunner:
    """Finds the dialogues that repeat an earlier one."""

    def __init__(self, plan: Plan, artefacts: Artefacts) -> None:
        self._plan = plan
        self._artefacts = artefacts

    def run(self, shard: int | None) -> Artefact:
        """Compare all dialogues of the corpus, in the order of their indices."""
        assert shard is None
        seen = 0

        def dialogues() -> Iterator[Dialogue]:
            nonlocal seen
            for number in range(self._plan.shards):
                for dialogue in read_dialogues(self._artefacts, number):
                    seen += 1
                    yield dialogue

        duplicates = find_duplicates(dialogues(), self._plan.config.dialogues)
        return Artefact(items_in=seen, items_out=seen - len(duplicates), rejects=list(duplicates))

    def close(self) -> None:
        """Nothing was started."""


def read_dialogues(artefacts: Artefacts, shard: int) -> list[Dialogue]:
    """Return a shard's text dialogues, near-duplicates included."""
    return [
        dialogue for table in artefacts.tables("dialogues", shard, "text") for dialogue in dialogues_from_table(table)
    ]
