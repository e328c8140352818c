"""Where everything that is said goes in the scene: pure arithmetic on durations, words and draws, no audio.

Positions are whole samples from the scene's beginning; only the events, which people read, are in seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from manifests.records import Event, EventKind, Role
from stages.scenes.asides import APART_S, PlacedAside, place_asides, place_marked
from stages.scenes.draws import InterruptionDraw, TurnDraw
from stages.scenes.placement import Placement, place
from stages.scenes.utterance import Utterance


@dataclass(frozen=True)
class ScenePlan:
    """A placement per turn, in the dialogue's order, and what happened.

    Attributes:
        asides: sorted by start.
        events: sorted by start.
        notes: ``interruption_dropped`` and ``failed_interruption_dropped`` (nobody to interrupt, too few words, or no
            room beside what the script marks), ``interruption_after_end`` (the assistant finished before it would have
            stopped), ``offset_clamped`` (a turn was moved later, so that nobody talks over themselves or answers a turn
            that has not begun) and ``backchannel_dropped:<role>`` (no phrase or word leaves room for it).
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
    """Place the turns of a dialogue one after the other, then what is said besides them.

    What the script marks takes precedence over what was sampled: a sampled interruption leaves room for every marked
    backchannel. Drawn offsets and durations are rounded to the nearest sample.

    Args:
        turns: in the dialogue's order, at least one.
        backchannels: that the draws choose from.
        draws: one per turn.
        tail_samples: silence after the last speech.
        sample_rate: samples per second.
    """
    planner = _Planner(backchannels, draws, sample_rate)
    for turn, draw in zip(turns, draws, strict=True):
        if draw.interruption is None or not planner.interrupt(turn, draw, draw.interruption):
            planner.take_floor(turn, draw)
    return planner.plan(tail_samples)


class _Planner:
    """The scene so far; turns are added in order and only the latest may still be cut."""

    def __init__(self, backchannels: Sequence[Utterance], draws: Sequence[TurnDraw], sample_rate: int) -> None:
        self._backchannels = backchannels
        self._draws = draws
        self._sample_rate = sample_rate
        self._placements: list[Placement] = []
        self._ends: dict[Role, int] = {"user": 0, "assistant": 0}
        self._offsets: list[float | None] = []
        self._events: list[Event] = []
        self._notes: list[str] = []

    def take_floor(self, turn: Utterance, draw: TurnDraw) -> None:
        """Place a turn at its offset from the end of the one before."""
        offset = self._samples(draw.offset_s)
        if not self._placements:
            self._add(place(turn, offset, draw.pauses, self._sample_rate), None)
            return
        before = self._placements[-1]
        onset = max(before.end_samples + offset, before.start_samples, self._free(turn.turn.role))
        if onset != before.end_samples + offset:
            self._notes.append("offset_clamped")
        self._add(place(turn, onset, draw.pauses, self._sample_rate), draw.offset_s)

    def interrupt(self, turn: Utterance, draw: TurnDraw, drawn: InterruptionDraw) -> bool:
        """Start a turn over the one before and cut that; return False, with a note, where it can't be done."""
        found = next(self._interruptions(turn, draw, drawn), None)
        if found is None:
            self._notes.append("interruption_dropped")
            return False
        left, interrupting = found
        if not left.cut:
            self._notes.append("interruption_after_end")
        before, onset = self._placements[-1], interrupting.start_samples
        self._placements[-1] = left
        self._ends[left.utterance.turn.role] = left.end_samples
        self._add(interrupting, None)
        # Stopped in a silence that had begun before, it has stopped at once.
        stop, reaction_s = max(left.end_samples, onset), drawn.reaction_s if left.cut else None
        index, share = len(self._placements) - 1, before.share_at(onset)
        self._event("interruption", turn.turn.role, index, onset, stop, reaction_s, share)
        return True

    def plan(self, tail_samples: int) -> ScenePlan:
        """Return what has been placed and what is said beside it, closed by the tail."""
        for index, (placement, offset_s) in enumerate(zip(self._placements, self._offsets, strict=True)):
            role = placement.utterance.turn.role
            self._event("turn", role, index, placement.start_samples, placement.end_samples, offset_s)
            for pause in placement.pauses:
                self._event("pause", role, index, pause.start_samples, pause.end_samples, pause.duration_s)
        asides, notes = place_asides(self._placements, self._backchannels, self._draws, self._sample_rate)
        for aside in asides:
            start, end = aside.placement.start_samples, aside.placement.end_samples
            self._event(aside.kind, aside.role, aside.turn, start, end, aside.drawn_s, aside.onset)
        events = sorted(self._events, key=lambda event: (event.start_s, event.turn, event.kind))
        asides = sorted(asides, key=lambda aside: (aside.placement.start_samples, aside.role))
        length = max(placement.end_samples for placement in self._placements) + tail_samples
        return ScenePlan(tuple(self._placements), tuple(asides), tuple(events), length, (*self._notes, *notes))

    def _interruptions(
        self, turn: Utterance, draw: TurnDraw, drawn: InterruptionDraw
    ) -> Iterator[tuple[Placement, Placement]]:
        """Yield what is left of the turn before and the interrupting one in its place, nearest to the draw first."""
        before = self._placements[-1] if self._placements else None
        if before is None or not before.can_be_interrupted_by(turn):
            return
        free = self._free(turn.turn.role)
        for onset in before.word_starts_near(drawn.onset):
            if onset < free:
                continue
            stop = onset + self._samples(drawn.reaction_s)
            left = before.cut_at(stop) if stop < before.end_samples else before
            interrupting = place(turn, onset, draw.pauses, self._sample_rate)
            if left is not None and (turn.turn.interrupts or self._keeps_marked(left, interrupting)):
                yield left, interrupting

    def _keeps_marked(self, left: Placement, interrupting: Placement) -> bool:
        """Tell whether all marked backchannels stay where they are when the latest turn is cut by the next."""
        after = self._marked([*self._placements[:-1], left, interrupting])
        return all(aside in after for aside in self._marked(self._placements))

    def _marked(self, placements: Sequence[Placement]) -> list[PlacedAside]:
        return place_marked(placements, self._backchannels, self._draws, self._sample_rate)

    def _free(self, role: Role) -> int:
        """Return from where on a role may speak again."""
        spoken_until = self._ends[role]
        return spoken_until + self._samples(APART_S) if spoken_until else 0

    def _add(self, placement: Placement, offset_s: float | None) -> None:
        self._placements.append(placement)
        self._ends[placement.utterance.turn.role] = placement.end_samples
        self._offsets.append(offset_s)

    def _samples(self, seconds: float) -> int:
        return round(seconds * self._sample_rate)

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
