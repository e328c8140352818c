"""Runner of stage `speech`: text dialogues -> spoken turns."""

from collections import Counter

from manifests.records import Dialogue, SpokenDialogue, TextTurn
from manifests.tables import rejects_from_table, spoken_to_table
from pipeline.artefacts import Artefact, Artefacts, NewFile
from pipeline.plan import Plan
from pipeline.runners.runner import joined, sift
from pipeline.runners.selection import read_dialogues
from stages.scenes import backchannels_of
from stages.speech import SpeechStage


class SpeechRunner:
    """Speaks the dialogues that the selection has kept."""

    def __init__(self, plan: Plan, artefacts: Artefacts) -> None:
        self._config = plan.config
        self._artefacts = artefacts
        self._clips: list[NewFile] = []
        self._judged = plan.config.speech.gate.judges_words
        self._stage = SpeechStage(plan.config.speech, plan.config.seed, self._keep, self._backchannels)
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
        self._clips.clear()
        tables = [spoken_to_table([])]
        audio_s = 0.0
        for spoken in sift(self._stage.process(dialogues), artefact):
            tables.append(spoken_to_table([spoken]))
            for turn in (*spoken.turns, *spoken.backchannels):
                audio_s += len(turn.samples) / spoken.sample_rate
            artefact.notes.update(self._notes(spoken))
        artefact.add_table("speech", "", joined(tables), audio_s=audio_s)
        artefact.files += self._clips
        return artefact

    def close(self) -> None:
        """Release the engines."""
        self._stage.close()

    def _backchannels(self, dialogue: Dialogue) -> tuple[TextTurn, ...]:
        scenes = self._config.scenes
        return backchannels_of(dialogue, scenes.timing, scenes.backchannel_phrases, self._config.seed)

    def _keep(self, name: str, flac: bytes) -> None:
        self._clips.append(NewFile("rejected_audio", "", name, flac, 1))

    def _notes(self, spoken: SpokenDialogue) -> Counter[str]:
        """Count the turns that took more than one clip or that no judge could tell, and words that no engine timed."""
        turns = spoken.turns
        scores = [turn.scores for turn in turns if turn.scores]
        return Counter(
            turn_made_again=sum(score.attempts > 1 for score in scores),
            turn_not_judged=sum(self._judged and score.heard is None for score in scores),
            words_shared=sum(turn.words_shared for turn in turns),
            turn_timed_by_asr=sum(turn.words_from == "asr" for turn in turns),
            turn_timed_by_characters=sum(turn.words_from == "characters" for turn in turns),
        )
