"""The stage: text dialogues in, spoken dialogues out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from manifests.audio import encode_flac
from manifests.errors import BuildError, RejectedError
from manifests.randomness import generator
from manifests.records import Dialogue, Reject, Role, Slot, SpokenDialogue, SpokenTurn, TextTurn
from stages.base import process_each, unexpected
from stages.speech.base import Clip, Engine
from stages.speech.checks import check_text
from stages.speech.config import SpeechConfig
from stages.speech.engines import open_engine
from stages.speech.gate.gate import Gate, JudgedClip
from stages.speech.speakable import speakable
from stages.speech.takes import RefusedTake, RefusedTakeError, TakeMaker
from stages.speech.turn_words import KnownWords, turn_words
from stages.speech.voices import open_cast

KeepClip = Callable[[str, bytes], None]
"""Receives the name and the content of a FLAC file."""
BackchannelsOf = Callable[[Dialogue], tuple[TextTurn, ...]]
"""Returns what else to speak for a dialogue besides its turns."""


def no_backchannels(dialogue: Dialogue) -> tuple[TextTurn, ...]:
    """Return nothing: only the turns of a dialogue are spoken."""
    return ()


class _LostTurnError(RejectedError):
    """A turn that no clip can be made of.

    Args:
        reason: as of `RejectedError`.
        detail: as of `RejectedError`.
        content: the turn's text, as it should be spoken.
    """

    def __init__(self, reason: str, detail: str, content: str) -> None:
        super().__init__(reason, detail)
        self.content = content


@dataclass(frozen=True)
class _Outcome:
    """The outcome of a dialogue, and the takes that were refused on the way.

    Attributes:
        texts: of the turns, then of the backchannels; refused takes number them.
        unspoken: backchannels that no clip can be made of.
    """

    dialogue: Dialogue
    texts: tuple[TextTurn, ...]
    result: SpokenDialogue | RefusedTakeError | _LostTurnError
    refused: tuple[RefusedTake, ...]
    unspoken: tuple[_LostTurnError, ...] = ()


class SpeechStage:
    """Speaks every turn of a dialogue and judges it; a turn whose takes all fail rejects its dialogue.

    Backchannels are spoken in the voices that have said the turns, and judged alike; one that fails is left out.

    Args:
        config: the `speech` section.
        seed: the run's.
        keep_clip: called with the refused clips of rejected dialogues; None keeps none.
        backchannels_of: tells what to speak beside a dialogue's turns.

    Raises:
        BuildError: an engine or a judge can't be opened (unknown voice, missing package, weights or key).
    """

    name = "speech"

    def __init__(
        self,
        config: SpeechConfig,
        seed: int,
        keep_clip: KeepClip | None = None,
        backchannels_of: BackchannelsOf = no_backchannels,
    ) -> None:
        self._config = config
        self._seed = seed
        self._backchannels_of = backchannels_of
        self._keep_clip = keep_clip if config.gate.keep_rejected_audio else None
        self._engines: dict[Role, Engine] = {
            "user": open_engine(config.user, seed),
            "assistant": open_engine(config.assistant, seed),
        }
        self._cast = open_cast(config, seed)
        self._gate = Gate(config)

    def process(self, items: Iterable[Dialogue]) -> Iterator[SpokenDialogue | Reject]:
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
        texts = (*dialogue.turns, *self._backchannels_of(dialogue))

        def make(number: int, voice: str, take: int) -> SpokenTurn:
            where = f"turn {number}" if number < len(dialogue.turns) else f"backchannel {texts[number].text!r}"
            return self._take(dialogue, texts[number], number, where, voice, take)

        maker = TakeMaker(make)
        spoken: dict[int, SpokenTurn] = {}
        try:
            self._check_texts(dialogue)
            for role in self._engines:
                turns = [number for number, turn in enumerate(dialogue.turns) if turn.role == role]
                spoken |= maker.speak(turns, self._voices(role, dialogue.slot), self._attempts(role))
        except (RefusedTakeError, _LostTurnError) as rejected:
            return _Outcome(dialogue, texts, rejected, tuple(maker.refused))
        turns_in_order = tuple(spoken[number] for number in range(len(dialogue.turns)))
        voices = {turn.turn.role: turn.voice for turn in turns_in_order}
        unspoken: list[_LostTurnError] = []
        result = SpokenDialogue(
            dialogue.slot,
            dialogue.language,
            dialogue.source,
            self._config.sample_rate,
            turns_in_order,
            tuple(self._backchannels(maker, dialogue, texts, voices, unspoken)),
        )
        return _Outcome(dialogue, texts, result, tuple(maker.refused), tuple(unspoken))

    def _backchannels(
        self,
        maker: TakeMaker[SpokenTurn],
        dialogue: Dialogue,
        texts: Sequence[TextTurn],
        voices: Mapping[Role, str],
        unspoken: list[_LostTurnError],
    ) -> Iterator[SpokenTurn]:
        """Yield the backchannels that pass, of roles that have a turn; they stand behind the turns among the texts.

        Those that no clip can be made of go to `unspoken`.
        """
        for number in range(len(dialogue.turns), len(texts)):
            role = texts[number].role
            if role not in voices:
                continue
            try:
                self._check_text(texts[number], dialogue.slot, f"backchannel {texts[number].text!r}")
                yield from maker.speak([number], [voices[role]], self._attempts(role)).values()
            except RefusedTakeError:
                continue
            except _LostTurnError as lost:
                unspoken.append(lost)

    def _attempts(self, role: Role) -> int:
        return self._config.gate.attempts_per_voice if self._engines[role].draws else 1

    def _check_texts(self, dialogue: Dialogue) -> None:
        for number, turn in enumerate(dialogue.turns):
            self._check_text(turn, dialogue.slot, f"turn {number}")

    def _check_text(self, turn: TextTurn, slot: Slot, place: str) -> None:
        try:
            check_text(turn.spoken, self._config.limits, self._cast.speed(turn.role, slot))
        except RejectedError as refused:
            raise _LostTurnError(refused.reason, f"{place}, {turn.role}: {refused.detail}", turn.spoken) from refused

    def _voices(self, role: Role, slot: Slot) -> list[str]:
        """Return a role's voices in a dialogue in the order they are tried, none twice."""
        tried = (self._cast.voice(role, slot, attempt) for attempt in range(self._config.gate.voices))
        return list(dict.fromkeys(tried))

    def _take(self, dialogue: Dialogue, turn: TextTurn, number: int, place: str, voice: str, take: int) -> SpokenTurn:
        """Make one clip of one turn or backchannel.

        Raises:
            RefusedTakeError: it can't be used; another one may be.
            _LostTurnError: no clip of the turn can be made, or something unexpected befell it.
        """
        where = f"{place}, {turn.role} {voice}"
        rng = generator(self._seed, "speech", dialogue.slot.index, number, take)
        speed = self._cast.speed(turn.role, dialogue.slot)
        try:
            clip = self._engines[turn.role].synthesize(turn.spoken, voice, dialogue.language, speed, rng)
            judged = self._gate.judge(clip, speakable(turn.spoken), dialogue.language, speed, take)
        except RefusedTakeError as refused:
            detail = f"{where}: {refused.detail}"
            raise RefusedTakeError(refused.reason, detail, refused.scores, refused.clip) from refused
        except (BuildError, MemoryError, OSError):
            raise
        except Exception as error:
            lost = error if isinstance(error, RejectedError) else unexpected(error)
            raise _LostTurnError(lost.reason, f"{where}: {lost.detail}", turn.spoken) from error
        start_s, end_s = (sample / self._config.sample_rate for sample in (judged.bounds.start, judged.bounds.end))
        words = turn_words(turn.text, start_s, end_s, _known_words(clip, judged))
        return SpokenTurn(
            turn, voice, judged.samples, start_s, end_s, words.words, words.found_by, words.shared, speed, judged.scores
        )

    def _told(self, outcome: _Outcome) -> Iterator[SpokenDialogue | Reject]:
        """Yield the rejects of an outcome and its result; only a lost dialogue's clips are kept."""
        result = outcome.result
        rejects = [self._refusal(outcome, take, keep=isinstance(result, RejectedError)) for take in outcome.refused]
        yield from rejects
        if isinstance(result, SpokenDialogue):
            yield from (self._loss(outcome, lost, final=False) for lost in outcome.unspoken)
            yield result
        elif isinstance(result, RefusedTakeError):
            yield replace(rejects[-1], final=True)
        else:
            yield self._loss(outcome, result, final=True)

    def _loss(self, outcome: _Outcome, lost: _LostTurnError, *, final: bool) -> Reject:
        dialogue_id = outcome.dialogue.slot.dialogue_id
        return Reject(dialogue_id, self.name, lost.reason, lost.detail, content=lost.content, final=final)

    def _refusal(self, outcome: _Outcome, take: RefusedTake, keep: bool) -> Reject:
        dialogue = outcome.dialogue
        audio = ""
        if keep and self._keep_clip and take.error.clip:
            audio = f"rejected/{dialogue.slot.index:06d}-turn-{take.turn:02d}-take-{take.number}.flac"
            self._keep_clip(audio, encode_flac(*take.error.clip))
        return Reject(
            dialogue.slot.dialogue_id,
            self.name,
            take.error.reason,
            take.error.detail,
            content=outcome.texts[take.turn].spoken,
            final=False,
            scores=take.error.scores,
            audio=audio,
        )


def _known_words(clip: Clip, judged: JudgedClip) -> KnownWords | None:
    if clip.words is not None:
        return KnownWords(clip.words, "engine", clip.words_shared)
    return KnownWords(judged.words, "asr") if judged.words else None
