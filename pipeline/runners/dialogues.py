"""Runner of stage `dialogues`: slots of a shard -> filtered text dialogues."""

from manifests.tables import dialogues_to_table
from pipeline.artefacts import Artefact, Artefacts
from pipeline.plan import Plan
from pipeline.runners.runner import sift
from pipeline.storage import Store
from stages.dialogues import DialogueStage


class StoredAnswers:
    """The LLM's raw answers, stored under a hash of the request."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> bytes | None:
        """Return the answer kept under a key, or None."""
        try:
            return self._store.read(self._path(key))
        except FileNotFoundError:
            return None

    def put(self, key: str, answer: bytes) -> None:
        """Keep an answer; of several answers to one request, the first is kept."""
        self._store.create(self._path(key), answer)

    def _path(self, key: str) -> str:
        return f"answers/{key[:2]}/{key}.json"


class DialoguesRunner:
    """Writes dialogues, or reads them from a file."""

    def __init__(self, plan: Plan, artefacts: Artefacts) -> None:
        self._plan = plan
        self._stage = DialogueStage(plan.config.dialogues, plan.config.seed, StoredAnswers(artefacts.store))

    def run(self, shard: int | None) -> Artefact:
        """Fill the slots of one shard."""
        assert shard is not None
        slots = self._plan.slots(shard)
        artefact = Artefact(items_in=len(slots))
        artefact.add_table("text", "", dialogues_to_table(sift(self._stage.process(slots), artefact)))
        return artefact

    def close(self) -> None:
        """Stop the local LLM, if one was started."""
        self._stage.close()
