"""All random choices of one dialogue's timing, drawn before anything is planned."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from manifests.records import BackchannelMark, Role
from stages.scenes.laws import Law
from stages.scenes.profile import TimingProfile
from stages.scenes.utterance import Utterance

_OTHER: dict[Role, Role] = {"user": "assistant", "assistant": "user"}


@dataclass(frozen=True)
class InterruptionDraw:
    """A turn starts over the previous one, which stops.

    Attributes:
        onset: fraction of the turn before at which this one starts.
        reaction_s: from this turn's onset to the stop of the one before.
    """

    onset: float
    reaction_s: float


@dataclass(frozen=True)
class FailedInterruptionDraw:
    """A turn is first attempted over the previous one, which continues.

    Attributes:
        onset: fraction of the turn before at which the attempt starts.
        give_up_s: how long it lasts.
    """

    onset: float
    give_up_s: float


@dataclass(frozen=True)
class BackchannelDraw:
    """A backchannel inside a turn, by whoever listens.

    Attributes:
        clip: its number among the dialogue's backchannels.
        delay_s: from the end of a phrase or word to its onset.
        place: which end that is, as a share of all there are.
        words: how many words of the turn come before it, if the script says so; the place is then unused.
    """

    clip: int
    delay_s: float
    place: float
    words: int | None = None

    @property
    def marked(self) -> bool:
        """Whether the script says where it stands."""
        return self.words is not None


@dataclass(frozen=True)
class TurnDraw:
    """What was drawn for one turn.

    Attributes:
        offset_s: floor-transfer offset from the turn before; for the first turn the lead silence.
        pauses: inside this turn: number of the border and duration in seconds, in order.
        backchannels: inside this turn.
    """

    offset_s: float
    interruption: InterruptionDraw | None = None
    failed_interruption: FailedInterruptionDraw | None = None
    pauses: tuple[tuple[int, float], ...] = ()
    backchannels: tuple[BackchannelDraw, ...] = ()


@dataclass(frozen=True)
class TimingDraws:
    """The draws of a dialogue, one per turn.

    Attributes:
        redrawn: per law's key in the profile, how many draws truncation discarded.
        notes: ``interruption_by_script`` and ``backchannel_by_script:<role>`` (the script marks some, so none are
            sampled), ``backchannel_unspoken`` (it marks one that has no clip) and ``backchannel_no_clip:<role>``
            (the profile asks for some, but the role has no clips to use).
    """

    turns: tuple[TurnDraw, ...]
    redrawn: tuple[tuple[str, int], ...]
    notes: tuple[str, ...] = ()


def draw_timing(
    turns: Sequence[Utterance],
    backchannels: Sequence[Utterance],
    timing: TimingProfile,
    sample_rate: int,
    rng: np.random.Generator,
) -> TimingDraws:
    """Draw the timing of every turn in order.

    If the script marks interruptions, there are no others in the dialogue; if it marks backchannels of a role, that
    role says no others. Interrupting turns also get an ordinary offset, in case their interruption is dropped.

    Args:
        turns: of the dialogue; the first interrupts nothing, whatever it says.
        backchannels: what has been spoken for this dialogue to choose from; their `turn.role` says whose they are.
        timing: the laws and rates.
        sample_rate: in Hz.
        rng: the dialogue's own.

    Raises:
        BuildError: draws kept falling outside a law's truncation.
    """
    dialogue = _Dialogue(turns, backchannels, timing, sample_rate, rng)
    draws = tuple(dialogue.turn(index) for index in range(len(turns)))
    return TimingDraws(draws, tuple(sorted((+dialogue.redrawn).items())), (*dialogue.by_script(), *dialogue.notes))


class _Dialogue:
    """The draws of one dialogue, in the making."""

    def __init__(
        self,
        turns: Sequence[Utterance],
        backchannels: Sequence[Utterance],
        timing: TimingProfile,
        sample_rate: int,
        rng: np.random.Generator,
    ) -> None:
        self.redrawn: Counter[str] = Counter()
        self.notes: list[str] = []
        self._turns = turns
        self._timing = timing
        self._sample_rate = sample_rate
        self._rng = rng
        self._script_interrupts = any(turn.turn.interrupts for turn in turns[1:])
        self._marked = {role: _listens_by_script(turns, role) for role in _OTHER}
        self._clips = {
            role: [number for number, clip in enumerate(backchannels) if clip.turn.role == role] for role in _OTHER
        }
        self._by_text = {(clip.turn.role, clip.turn.text): number for number, clip in enumerate(backchannels)}
        self._next_clip = dict.fromkeys(_OTHER, 0)

    def turn(self, index: int) -> TurnDraw:
        """Draw one turn; turns are drawn in order."""
        timing, turn = self._timing, self._turns[index]
        role = turn.turn.role
        interruption, failed = None, None
        if index == 0:
            offset_s = self._draw("lead_s", timing.lead_s)
        else:
            law = timing.floor_transfer_s.user if role == "user" else timing.floor_transfer_s.assistant
            offset_s = self._draw(f"floor_transfer_s.{role}", law)
            interruption, failed = self._interruptions(index)
        return TurnDraw(offset_s, interruption, failed, self._pauses(turn), self._backchannels(turn))

    def _interruptions(self, index: int) -> tuple[InterruptionDraw | None, FailedInterruptionDraw | None]:
        turn, before = self._turns[index].turn, self._turns[index - 1].turn
        interruption, failed = self._timing.interruption, self._timing.failed_interruption
        stops, goes_on = turn.interrupts, False
        if not stops and turn.role == "user" and before.role == "assistant":
            rate = 0.0 if self._script_interrupts else interruption.rate
            if rate or failed.rate:
                chance = self._rng.random()
                stops, goes_on = chance < rate, rate <= chance < rate + failed.rate
        if stops:
            onset = self._draw("interruption.onset", interruption.onset)
            return InterruptionDraw(onset, self._draw("interruption.reaction_s", interruption.reaction_s)), None
        if goes_on:
            onset = self._draw("failed_interruption.onset", failed.onset)
            give_up_s = self._draw("failed_interruption.give_up_s", failed.give_up_s)
            return None, FailedInterruptionDraw(onset, give_up_s)
        return None, None

    def _pauses(self, turn: Utterance) -> tuple[tuple[int, float], ...]:
        role = turn.turn.role
        pause = self._timing.pause.user if role == "user" else self._timing.pause.assistant
        if not pause.rate or not turn.borders:
            return ()
        chances = self._rng.random(len(turn.borders)).tolist()
        return tuple(
            (number, self._draw(f"pause.{role}.duration_s", pause.duration_s))
            for number, chance in enumerate(chances)
            if chance < pause.rate
        )

    def _backchannels(self, turn: Utterance) -> tuple[BackchannelDraw, ...]:
        listener = _OTHER[turn.turn.role]
        settings = self._timing.backchannel
        of_listener = settings.user if listener == "user" else settings.assistant
        name = f"backchannel.{listener}.delay_s"
        if self._marked[listener]:
            drawn = []
            for mark in turn.turn.backchannels:
                number = self._by_text.get((listener, mark.text))
                if number is None:
                    self.notes.append("backchannel_unspoken")
                    continue
                drawn.append(
                    BackchannelDraw(number, self._draw(name, of_listener.delay_s), 0.0, _words_before(turn, mark))
                )
            return tuple(drawn)
        clips = self._clips[listener]
        if not of_listener.per_minute:
            return ()
        if not clips:
            note = f"backchannel_no_clip:{listener}"
            self.notes += [note] if note not in self.notes else []
            return ()
        minutes = turn.speech_samples / self._sample_rate / 60
        places = self._rng.random(self._rng.poisson(of_listener.per_minute * minutes)).tolist()
        return tuple(
            BackchannelDraw(self._clip(listener), self._draw(name, of_listener.delay_s), place) for place in places
        )

    def by_script(self) -> Iterator[str]:
        """Yield a note for everything that is not sampled, since the script marks it."""
        if self._script_interrupts:
            yield "interruption_by_script"
        yield from (f"backchannel_by_script:{role}" for role, marked in self._marked.items() if marked)

    def _clip(self, role: Role) -> int:
        """Return the next clip of a role: each is heard before any is heard again."""
        clips = self._clips[role]
        self._next_clip[role] += 1
        return clips[(self._next_clip[role] - 1) % len(clips)]

    def _draw(self, name: str, law: Law) -> float:
        value, redraws = law.draw(self._rng)
        if redraws:
            self.redrawn[name] += redraws
        return value


def _listens_by_script(turns: Sequence[Utterance], role: Role) -> bool:
    return any(turn.turn.backchannels for turn in turns if turn.turn.role != role)


def _words_before(turn: Utterance, mark: BackchannelMark) -> int:
    """Return how many words of a turn end at or before a mark; at least one."""
    return max(sum(word.text_end <= mark.after for word in turn.words), 1)
