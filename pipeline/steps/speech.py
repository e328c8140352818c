"""Step `speech`: text dialogues -> spoken turns."""

from manifests.tables import rejects_from_table, spoken_to_table
from pipeline.artefacts import Artefact, Artefacts
from pipeline.plan import Plan
from pipeline.steps.selection import read_dialogues
from pipeline.steps.step import sift
from stages.speech import SpeechStage


class SpeechStep:
    """Speaks the dialogues that the selection has left in."""

    def __init__(self, plan: Plan, artefacts: Artefacts) -> None:
        self._artefacts = artefacts
        self._stage = SpeechStage(plan.config.speech, plan.config.seed)
        self._left_out = {
            reject.dialogue_id
            for table in artefacts.tables("selection", None, "rejects")
            for reject in rejects_from_table(table)
        }

    def run(self, shard: int | None) -> Artefact:
        """Speak one shard's dialogues."""
        assert shard is not None
        dialogues = [
            dialogue
            for dialogue in read_dialogues(self._artefacts, shard)
            if dialogue.slot.dialogue_id not in self._left_out
        ]
        artefact = Artefact(items_in=len(dialogues))
        spoken = sift(self._stage.process(dialogues), artefact)
        audio_s = sum(len(turn.samples) / dialogue.sample_rate for dialogue in spoken for turn in dialogue.turns)
        artefact.add_table("speech", "", spoken_to_table(spoken), audio_s=audio_s)
        return artefact

    def close(self) -> None:
        """Release the engines."""
        self._stage.close()
