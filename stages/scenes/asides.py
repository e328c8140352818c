"""What is said besides the turns: backchannels and failed interruptions. Pure.

What the script marks comes first; what was sampled takes the room that is left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from manifests.records import AsideKind, Role
from stages.scenes.backchannel_places import BackchannelPlaces, OwnSpeech, is_due
from stages.scenes.draws import BackchannelDraw, FailedInterruptionDraw, TurnDraw
from stages.scenes.placement import Placement, place
from stages.scenes.utterance import Utterance

APART_S = 0.3
"""Silence that an aside keeps from its own speaker's turns and other asides; run together, they are heard as one."""


@dataclass(frozen=True)
class PlacedAside:
    """Speech that doesn't take the floor, with its place.

    Attributes:
        turn: for a backchannel, the turn it falls in; for a failed interruption, the user's turn it begins to say.
        clip: a backchannel's number among the dialogue's; None: the clip is the turn's own.
        drawn_s: a backchannel's delay; how long a failed interruption was to last.
        onset: where in the assistant's turn a failed interruption begins, from 0 to 1; None for a backchannel.
    """

    kind: AsideKind
    role: Role
    turn: int
    clip: int | None
    placement: Placement
    drawn_s: float
    onset: float | None = None


def place_asides(
    placements: Sequence[Placement], backchannels: Sequence[Utterance], draws: Sequence[TurnDraw], sample_rate: int
) -> tuple[list[PlacedAside], list[str]]:
    """Return all asides, and ``backchannel_dropped:<role>`` or ``failed_interruption_dropped`` for each without room.

    Args:
        placements: of the turns.
        backchannels: that the draws choose from.
        draws: one per turn.
        sample_rate: samples per second.
    """
    if not any(draw.backchannels or draw.failed_interruption for draw in draws):
        return [], []
    asides = _Asides(placements, backchannels, sample_rate)
    asides.listen(_drawn(draws, marked=True))
    for index, draw in enumerate(draws[1:], start=1):
        if draw.failed_interruption is not None:
            asides.interrupt_in_vain(index, draw.failed_interruption)
    asides.listen(_drawn(draws, marked=False))
    return asides.placed, asides.notes


def place_marked(
    placements: Sequence[Placement], backchannels: Sequence[Utterance], draws: Sequence[TurnDraw], sample_rate: int
) -> list[PlacedAside]:
    """Return the backchannels that the script marks, of the turns placed so far; as `place_asides`."""
    drawn = list(_drawn(draws[: len(placements)], marked=True))
    if not drawn:
        return []
    asides = _Asides(placements, backchannels, sample_rate)
    asides.listen(drawn)
    return asides.placed


def _drawn(draws: Sequence[TurnDraw], marked: bool) -> Iterable[tuple[int, BackchannelDraw]]:
    """Return the backchannels that the script marks, or the others, with the index of their turn."""
    return ((index, one) for index, draw in enumerate(draws) for one in draw.backchannels if one.marked == marked)


class _Asides:
    """The asides of a scene, in the making; those added first have the first choice of room."""

    def __init__(self, placements: Sequence[Placement], backchannels: Sequence[Utterance], sample_rate: int) -> None:
        self.placed: list[PlacedAside] = []
        self.notes: list[str] = []
        self._placements = placements
        self._backchannels = backchannels
        self._sample_rate = sample_rate
        apart = round(APART_S * sample_rate)
        self._own: dict[Role, OwnSpeech] = {"user": OwnSpeech(apart), "assistant": OwnSpeech(apart)}
        for placement in placements:
            self._own[placement.utterance.turn.role].add(placement.start_samples, placement.end_samples)
        self._places = BackchannelPlaces(self._own, apart, sample_rate)

    def listen(self, backchannels: Iterable[tuple[int, BackchannelDraw]]) -> None:
        """Place backchannels, each in the turn of an index."""
        for index, drawn in backchannels:
            turn, clip = self._placements[index], self._backchannels[drawn.clip]
            if not is_due(turn, drawn):
                continue
            onset = self._places.onset(turn, clip, drawn)
            if onset is None:
                self.notes.append(f"backchannel_dropped:{clip.turn.role}")
                continue
            placement = place(clip, onset, (), self._sample_rate)
            self.placed.append(PlacedAside("backchannel", clip.turn.role, index, drawn.clip, placement, drawn.delay_s))

    def interrupt_in_vain(self, index: int, drawn: FailedInterruptionDraw) -> None:
        """Let the user begin a turn over the one before and give up."""
        turn, before = self._placements[index].utterance, self._placements[index - 1]
        said = self._attempt(turn, before, drawn) if before.can_be_interrupted_by(turn) else None
        if said is None:
            self.notes.append("failed_interruption_dropped")
            return
        role, start = turn.turn.role, said.start_samples
        self._own[role].add(start, said.end_samples)
        share = before.share_at(start)
        self.placed.append(PlacedAside("failed_interruption", role, index, None, said, drawn.give_up_s, share))

    def _attempt(self, turn: Utterance, before: Placement, drawn: FailedInterruptionDraw) -> Placement | None:
        """Return the words of a turn that are said before giving up, never all; None if not one has room anywhere."""
        own = self._own[turn.turn.role]
        for onset in before.word_starts_near(drawn.onset):
            whole = place(turn, onset, (), self._sample_rate)
            give_up = onset + drawn.give_up_s * self._sample_rate
            ends = [
                end
                for number in range(len(turn.words) - 1)
                if onset < (end := whole.word_end(number)) < whole.word_end(len(turn.words) - 1)
                and end <= before.end_samples
                and own.has_room(onset, end)
            ]
            said = whole.cut_at(min(ends, key=lambda end: abs(end - give_up))) if ends else None
            if said is not None:
                return said
        return None
