"""Where everything that is said stands in the scene: pure arithmetic on durations, words and draws, no audio.

Positions are whole samples from the scene's beginning; only the events, which people read, are in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from manifests.records import AsideKind, Event, EventKind, Role
from stages.scenes.draws import FailedInterruptionDraw, InterruptionDraw, TurnDraw
from stages.scenes.listening import Listening, OwnSpeech, is_due
from stages.scenes.placement import Placement, place
from stages.scenes.utterance import Utterance

APART_S = 0.3
"""Silence that an aside keeps from its own speaker's turns and other asides; run together, they are heard as one."""


@dataclass(frozen=True)
class PlacedAside:
    """Speech that takes no floor, in its place.

    Attributes:
        turn: for a backchannel the turn it sounds in; for a failed interruption the user's turn it begins to say.
        clip: of a backchannel, its number among the dialogue's; None: the clip is the turn's own.
    """

    kind: AsideKind
    role: Role
    turn: int
    clip: int | None
    placement: Placement


@dataclass(frozen=True)
class ScenePlan:
    """A placement per turn, in the dialogue's order, and what happened.

    Attributes:
        asides: sorted by start.
        events: sorted by start.
        notes: ``interruption_dropped`` and ``failed_interruption_dropped`` (nobody to interrupt, or too few words),
            ``interruption_after_end`` (the assistant finished before it would have stopped), ``offset_clamped`` (a turn
            was moved later, so that nobody talks over themselves or answers a turn that has not begun) and
            ``backchannel_dropped`` (no phrase or word of the turn leaves room for it).
    """

    placements: tuple[Placement, ...]
    asides: tuple[PlacedAside, ...]
    events: tuple[Event, ...]
    length_samples: int
    notes: tuple[str, ...]


def plan_scene(
    turns: Sequence[Utterance],
    backchannels: Sequence[Utterance],
    draws: Sequence[TurnDraw],
    tail_samples: int,
    sample_rate: int,
) -> ScenePlan:
    """Place the turns of a dialogue one after the other, then what is said beside them.

    A drawn offset or duration is kept to the nearest sample.

    Args:
        turns: in the dialogue's order, at least one.
        backchannels: that the draws choose from.
        draws: one per turn.
        tail_samples: silence after the last speech.
        sample_rate: samples per second.
    """
    planner = _Planner(sample_rate)
    for turn, draw in zip(turns, draws, strict=True):
        if draw.interruption is None or not planner.interrupt(turn, draw, draw.interruption):
            planner.take_floor(turn, draw)
    planner.listen(backchannels, draws)
    return planner.plan(tail_samples)


class _Planner:
    """The scene so far; turns are added in order and only the latest may still be cut."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._apart = round(APART_S * sample_rate)
        self._placements: list[Placement] = []
        self._asides: list[PlacedAside] = []
        self._ends: dict[Role, int] = {"user": 0, "assistant": 0}
        self._offsets: list[float | None] = []
        self._events: list[Event] = []
        self._notes: list[str] = []

    def take_floor(self, turn: Utterance, draw: TurnDraw) -> None:
        """Place a turn at its offset from the end of the one before, perhaps after an attempt over that one."""
        offset = round(draw.offset_s * self._sample_rate)
        if not self._placements:
            self._place(turn, offset, draw, None)
            return
        before = self._placements[-1]
        onset = max(before.end_samples + offset, before.start_samples, self._ends[turn.turn.role])
        if onset != before.end_samples + offset:
            self._notes.append("offset_clamped")
        if draw.failed_interruption is not None:
            self._try(turn, draw.failed_interruption, onset)
        self._place(turn, onset, draw, draw.offset_s)

    def interrupt(self, turn: Utterance, draw: TurnDraw, drawn: InterruptionDraw) -> bool:
        """Start a turn over the one before and cut that; return False, with a note, where it can't be done."""
        before = self._interruptible(turn)
        onset = self._word_start(before, turn.turn.role, drawn.onset) if before else None
        if before is None or onset is None:
            self._notes.append("interruption_dropped")
            return False
        stop = onset + round(drawn.reaction_s * self._sample_rate)
        share = _fraction(before, onset)
        if stop < before.end_samples:
            cut = before.cut_at(stop)
            if cut is None:
                self._notes.append("interruption_dropped")
                return False
            self._placements[-1] = cut
            self._ends[before.utterance.turn.role] = cut.end_samples
        else:
            stop = before.end_samples
            self._notes.append("interruption_after_end")
        self._place(turn, onset, draw, None)
        self._event("interruption", turn.turn.role, len(self._placements) - 1, onset, stop, drawn.reaction_s, share)
        return True

    def listen(self, backchannels: Sequence[Utterance], draws: Sequence[TurnDraw]) -> None:
        """Place the backchannels, once all turns stand."""
        if not any(draw.backchannels for draw in draws):
            return
        own: dict[Role, OwnSpeech] = {"user": OwnSpeech(self._apart), "assistant": OwnSpeech(self._apart)}
        for placement in [*self._placements, *(aside.placement for aside in self._asides)]:
            own[placement.utterance.turn.role].add(placement.start_samples, placement.end_samples)
        listening = Listening(own, self._apart, self._sample_rate)
        for index, draw in enumerate(draws):
            for drawn in draw.backchannels:
                if not is_due(self._placements[index], drawn):
                    continue
                clip = backchannels[drawn.clip]
                onset = listening.onset(self._placements[index], clip, drawn)
                if onset is None:
                    self._notes.append("backchannel_dropped")
                    continue
                placed = place(clip, onset, (), self._sample_rate)
                role = clip.turn.role
                self._asides.append(PlacedAside("backchannel", role, index, drawn.clip, placed))
                self._event("backchannel", role, index, onset, placed.end_samples, drawn.delay_s)

    def plan(self, tail_samples: int) -> ScenePlan:
        """Return what has been placed, closed by the tail."""
        for index, (placement, offset_s) in enumerate(zip(self._placements, self._offsets, strict=True)):
            role = placement.utterance.turn.role
            self._event("turn", role, index, placement.start_samples, placement.end_samples, offset_s)
            for pause in placement.pauses:
                self._event("pause", role, index, pause.start_samples, pause.end_samples, pause.duration_s)
        events = sorted(self._events, key=lambda event: (event.start_s, event.turn, event.kind))
        asides = sorted(self._asides, key=lambda aside: (aside.placement.start_samples, aside.role))
        length = max(placement.end_samples for placement in self._placements) + tail_samples
        return ScenePlan(tuple(self._placements), tuple(asides), tuple(events), length, tuple(self._notes))

    def _try(self, turn: Utterance, drawn: FailedInterruptionDraw, onset_of_turn: int) -> None:
        """Let the user begin a turn over the one before and give up, well before that ends and the turn begins."""
        before = self._interruptible(turn)
        onset = self._word_start(before, turn.turn.role, drawn.onset) if before else None
        if before is not None and onset is not None:
            whole = place(turn, onset, (), self._sample_rate)
            latest = min(before.end_samples, onset_of_turn - self._apart)
            give_up = onset + drawn.give_up_s * self._sample_rate
            ends = [end for number in range(len(turn.words)) if onset < (end := whole.word_end(number)) <= latest]
            said = whole.cut_at(min(ends, key=lambda end: abs(end - give_up))) if ends else None
            if said is not None:
                index, role = len(self._placements), turn.turn.role
                self._asides.append(PlacedAside("failed_interruption", role, index, None, said))
                share = _fraction(before, onset)
                self._event("failed_interruption", role, index, onset, said.end_samples, drawn.give_up_s, share)
                return
        self._notes.append("failed_interruption_dropped")

    def _interruptible(self, turn: Utterance) -> Placement | None:
        """Return the turn before, if it is the assistant's and this one the user's."""
        before = self._placements[-1] if self._placements else None
        if before is None or turn.turn.role != "user" or before.utterance.turn.role != "assistant":
            return None
        return before

    def _word_start(self, before: Placement, role: Role, fraction: float) -> int | None:
        """Return the word start nearest to a fraction of a turn, behind its first word and the role's own speech."""
        wanted = before.start_samples + fraction * (before.end_samples - before.start_samples)
        free = self._ends[role] + (self._apart if self._ends[role] else 0)
        starts = [
            start
            for number in range(1, before.words_said)
            if max(free, before.start_samples + 1) <= (start := before.word_start(number)) < before.end_samples
        ]
        return min(starts, key=lambda start: abs(start - wanted)) if starts else None

    def _place(self, turn: Utterance, onset: int, draw: TurnDraw, offset_s: float | None) -> None:
        placement = place(turn, onset, draw.pauses, self._sample_rate)
        self._placements.append(placement)
        self._ends[turn.turn.role] = placement.end_samples
        self._offsets.append(offset_s)

    def _event(
        self,
        kind: EventKind,
        role: Role,
        turn: int,
        start: int,
        end: int,
        drawn_s: float | None,
        onset: float | None = None,
    ) -> None:
        rate = self._sample_rate
        self._events.append(Event(kind, role, turn, start / rate, end / rate, drawn_s, onset))


def _fraction(before: Placement, position: int) -> float:
    """Return how much of a turn has passed at a position."""
    return (position - before.start_samples) / (before.end_samples - before.start_samples)
