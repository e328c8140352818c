"""The stage: text dialogues in, spoken dialogues out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from manifests.audio import encode_flac
from manifests.errors import RejectedError
from manifests.randomness import generator
from manifests.records import Dialogue, Reject, Role, Slot, SpokenDialogue, SpokenTurn
from stages.base import process_each
from stages.speech.base import Clip, Engine
from stages.speech.casting import make_cast
from stages.speech.checks import check_text
from stages.speech.config import SpeechConfig
from stages.speech.engines import open_engine
from stages.speech.gate.gate import Gate, JudgedClip
from stages.speech.takes import RefusedTake, RefusedTakeError, TakeMaker
from stages.speech.turn_words import KnownWords, turn_words

KeepClip = Callable[[str, bytes], None]
"""Takes a file name and a FLAC file."""


@dataclass(frozen=True)
class _Outcome:
    """What became of a dialogue, and the takes that were refused on the way."""

    dialogue: Dialogue
    result: SpokenDialogue | RejectedError
    refused: tuple[RefusedTake, ...]


class SpeechStage:
    """Speaks every turn of a dialogue and judges it; a turn that fails to the last rejects its dialogue.

    Args:
        config: the `speech` section.
        seed: the run's.
        keep_clip: called with the refused clips of rejected dialogues; None keeps none.

    Raises:
        BuildError: an engine or a judge can't be opened (unknown voice, missing package, weights or key).
    """

    name = "speech"

    def __init__(self, config: SpeechConfig, seed: int, keep_clip: KeepClip | None = None) -> None:
        self._config = config
        self._seed = seed
        self._keep_clip = keep_clip if config.gate.keep_rejected_audio else None
        self._engines: dict[Role, Engine] = {
            "user": open_engine(config.user, seed),
            "assistant": open_engine(config.assistant, seed),
        }
        (assistant,) = self._engines["assistant"].voices()
        self._cast = make_cast(config.casting, assistant, self._engines["user"].voices(), seed)
        self._gate = Gate(config)

    def process(self, items: Sequence[Dialogue]) -> Iterator[SpokenDialogue | Reject]:
        """Yield each dialogue spoken, or its reject; before either, every clip that was refused."""
        threads = max(engine.concurrency for engine in self._engines.values())
        for outcome in process_each(self.name, items, lambda dialogue: dialogue.slot, self._speak, threads):
            if isinstance(outcome, Reject):
                yield outcome
            else:
                yield from self._told(outcome)

    def close(self) -> None:
        """Release the engines."""
        for engine in self._engines.values():
            engine.close()

    def _speak(self, dialogue: Dialogue) -> _Outcome:
        def make(number: int, voice: str, take: int) -> SpokenTurn:
            return self._take(dialogue, number, voice, take)

        maker = TakeMaker(make)
        spoken: dict[int, SpokenTurn] = {}
        try:
            self._check_texts(dialogue)
            for role in self._engines:
                turns = [number for number, turn in enumerate(dialogue.turns) if turn.role == role]
                attempts = self._config.gate.attempts_per_voice if self._engines[role].draws else 1
                spoken |= maker.speak(turns, self._voices(role, dialogue.slot), attempts)
        except RejectedError as rejected:
            return _Outcome(dialogue, rejected, tuple(maker.refused))
        turns_in_order = tuple(spoken[number] for number in range(len(dialogue.turns)))
        result = SpokenDialogue(
            dialogue.slot, dialogue.language, dialogue.source, self._config.sample_rate, turns_in_order
        )
        return _Outcome(dialogue, result, tuple(maker.refused))

    def _check_texts(self, dialogue: Dialogue) -> None:
        for number, turn in enumerate(dialogue.turns):
            try:
                check_text(turn.spoken, self._config.limits)
            except RejectedError as refused:
                raise RejectedError(refused.reason, f"turn {number}, {turn.role}: {refused.detail}") from refused

    def _voices(self, role: Role, slot: Slot) -> list[str]:
        """Return a role's voices in a dialogue in the order they are tried, none twice."""
        tried = (self._cast.voice(role, slot, attempt) for attempt in range(self._config.gate.voices))
        return list(dict.fromkeys(tried))

    def _take(self, dialogue: Dialogue, number: int, voice: str, take: int) -> SpokenTurn:
        """Make one clip of one turn.

        Raises:
            RefusedTakeError: it can't be used; another one may be.
            RejectedError: no clip of the turn can be made.
        """
        turn = dialogue.turns[number]
        where = f"turn {number}, {turn.role} {voice}"
        random = generator(self._seed, "speech", dialogue.slot.index, number, take)
        speed = self._cast.speed(turn.role, dialogue.slot)
        try:
            clip = self._engines[turn.role].synthesize(turn.spoken, voice, dialogue.language, speed, random)
            judged = self._gate.judge(clip, turn.spoken, dialogue.language, take)
        except RefusedTakeError as refused:
            detail = f"{where}: {refused.detail}"
            raise RefusedTakeError(refused.reason, detail, refused.scores, refused.clip) from refused
        except RejectedError as refused:
            raise RejectedError(refused.reason, f"{where}: {refused.detail}") from refused
        start_s, end_s = (sample / self._config.sample_rate for sample in (judged.bounds.start, judged.bounds.end))
        words = turn_words(turn.text, start_s, end_s, _known_words(clip, judged))
        return SpokenTurn(
            turn, voice, judged.samples, start_s, end_s, words.words, words.found_by, words.shared, speed, judged.scores
        )

    def _told(self, outcome: _Outcome) -> Iterator[SpokenDialogue | Reject]:
        """Yield the rejects of an outcome and its result; only a lost dialogue's clips are kept."""
        lost = isinstance(outcome.result, RejectedError)
        rejects = [self._refusal(outcome.dialogue, take, keep=lost) for take in outcome.refused]
        yield from rejects
        if not isinstance(outcome.result, RejectedError):
            yield outcome.result
            return
        last = rejects[-1] if isinstance(outcome.result, RefusedTakeError) else None
        yield Reject(
            outcome.dialogue.slot.dialogue_id,
            self.name,
            outcome.result.reason,
            outcome.result.detail,
            content=last.content if last else "",
            scores=last.scores if last else None,
            audio=last.audio if last else "",
        )

    def _refusal(self, dialogue: Dialogue, take: RefusedTake, keep: bool) -> Reject:
        audio = ""
        if keep and self._keep_clip and take.error.clip:
            audio = f"rejected/{dialogue.slot.index:06d}-turn-{take.turn:02d}-take-{take.number}.flac"
            self._keep_clip(audio, encode_flac(*take.error.clip))
        return Reject(
            dialogue.slot.dialogue_id,
            self.name,
            take.error.reason,
            take.error.detail,
            content=dialogue.turns[take.turn].spoken,
            final=False,
            scores=take.error.scores,
            audio=audio,
        )


def _known_words(clip: Clip, judged: JudgedClip) -> KnownWords | None:
    if clip.words is not None:
        return KnownWords(clip.words, "engine", clip.words_shared)
    return KnownWords(judged.words, "asr") if judged.words else None
