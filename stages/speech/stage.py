"""The stage: text dialogues in, spoken dialogues out."""

from collections.abc import Iterator, Sequence

from manifests.audio import resample
from manifests.errors import RejectedError
from manifests.randomness import generator
from manifests.records import Dialogue, Reject, Role, SpokenDialogue, SpokenTurn, TextTurn
from stages.base import process_each
from stages.speech.base import Engine
from stages.speech.bounds import find_bounds
from stages.speech.casting import make_cast
from stages.speech.checks import check_clip, check_duration
from stages.speech.config import SpeechConfig
from stages.speech.engines import open_engine
from stages.speech.level import normalised


class SpeechStage:
    """Speaks every turn of a dialogue; a turn that can't be used rejects its dialogue.

    Raises:
        BuildError: an engine can't be opened (unknown voice, missing package, weights or key).
    """

    name = "speech"

    def __init__(self, config: SpeechConfig, seed: int) -> None:
        self._config = config
        self._seed = seed
        self._engines: dict[Role, Engine] = {
            "assistant": open_engine(config.assistant, seed),
            "user": open_engine(config.user, seed),
        }
        (assistant,) = self._engines["assistant"].voices()
        self._cast = make_cast(config.casting, assistant, self._engines["user"].voices(), seed)

    def process(self, items: Sequence[Dialogue]) -> Iterator[SpokenDialogue | Reject]:
        """Yield each dialogue spoken, or its reject."""
        return process_each(self.name, items, lambda dialogue: dialogue.slot, self._speak)

    def close(self) -> None:
        """Release the engines."""
        for engine in self._engines.values():
            engine.close()

    def _speak(self, dialogue: Dialogue) -> SpokenDialogue:
        turns = []
        for number, turn in enumerate(dialogue.turns):
            voice = self._cast.voice(turn.role, dialogue.slot)
            try:
                turns.append(self._speak_turn(dialogue, number, turn, voice))
            except RejectedError as rejected:
                where = f"turn {number}, {turn.role} {voice}"
                raise RejectedError(rejected.reason, f"{where}: {rejected.detail}") from rejected
        return SpokenDialogue(dialogue.slot, dialogue.language, dialogue.source, self._config.sample_rate, tuple(turns))

    def _speak_turn(self, dialogue: Dialogue, number: int, turn: TextTurn, voice: str) -> SpokenTurn:
        config = self._config
        if not turn.spoken.strip():
            raise RejectedError("unspeakable", "the turn has no text to speak")
        random = generator(self._seed, "speech", dialogue.slot.index, number)
        speed = self._cast.speed(turn.role, dialogue.slot)
        clip, source_rate = self._engines[turn.role].synthesize(turn.spoken, voice, dialogue.language, speed, random)
        check_clip(clip, source_rate)
        samples = resample(clip, source_rate, config.sample_rate)
        bounds = find_bounds(samples, config.sample_rate, config.vad)
        check_duration((bounds.end - bounds.start) / config.sample_rate, turn.spoken, config.limits)
        return SpokenTurn(
            turn,
            voice,
            normalised(samples, config.sample_rate, bounds, config.level_dbfs),
            bounds.start / config.sample_rate,
            bounds.end / config.sample_rate,
            speed,
        )
