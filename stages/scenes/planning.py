"""Where every turn stands in the scene: pure arithmetic on durations and draws, no audio.

Positions are whole samples from the scene's beginning; only the events, which people read, are in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from manifests.records import Event, TextTurn
from stages.scenes.draws import TurnDraw
from stages.scenes.words import TimedWord


@dataclass(frozen=True)
class Utterance:
    """A turn, how long its speech is, from its measured onset to its measured end, and its words from that onset."""

    turn: TextTurn
    speech_samples: int
    words: tuple[TimedWord, ...]


@dataclass(frozen=True)
class Placement:
    """A turn's place.

    Attributes:
        text: what is heard: the turn's text, or the beginning of it.
        start_samples: where speech begins.
        end_samples: where speech ends, or is cut.
        words: the words of `text`.
    """

    text: str
    start_samples: int
    end_samples: int
    words: tuple[TimedWord, ...]
    cut: bool = False


@dataclass(frozen=True)
class ScenePlan:
    """A placement per turn, in the dialogue's order, and what happened.

    Attributes:
        events: sorted by start.
        notes: ``interruption_dropped`` (it came before the assistant's first word was out, or had nobody to
            interrupt), ``interruption_after_end`` (the assistant finished before it would have stopped) and
            ``offset_clamped`` (a turn was moved later, so that nobody talks over themselves or answers a turn
            that has not begun).
    """

    placements: tuple[Placement, ...]
    events: tuple[Event, ...]
    length_samples: int
    notes: tuple[str, ...]


def plan_scene(
    utterances: Sequence[Utterance], draws: Sequence[TurnDraw], tail_samples: int, sample_rate: int
) -> ScenePlan:
    """Place the turns of a dialogue one after the other.

    A word counts as spoken if it ended at or before the cut. The drawn offset is kept to the nearest sample.

    Args:
        utterances: in the dialogue's order, at least one.
        draws: one per utterance.
        tail_samples: silence after the last speech.
        sample_rate: samples per second.
    """
    planner = _Planner(sample_rate)
    for utterance, draw in zip(utterances, draws, strict=True):
        if draw.interruption_onset is None or draw.reaction_s is None or not planner.interrupt(utterance, draw):
            planner.take_floor(utterance, draw.offset_s)
    return planner.plan(tail_samples)


class _Planner:
    """The scene so far; turns are added in order and only the latest may still be cut."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._utterances: list[Utterance] = []
        self._placements: list[Placement] = []
        self._offsets: list[float | None] = []
        self._interruptions: list[Event] = []
        self._notes: list[str] = []

    def take_floor(self, utterance: Utterance, offset_s: float) -> None:
        """Place a turn at its offset from the end of the one before."""
        offset = round(offset_s * self._sample_rate)
        if not self._placements:
            self._place(utterance, offset, None)
            return
        before = self._placements[-1]
        onset = max(before.end_samples + offset, before.start_samples, self._own_end(utterance))
        if onset != before.end_samples + offset:
            self._notes.append("offset_clamped")
        self._place(utterance, onset, offset_s)

    def interrupt(self, utterance: Utterance, draw: TurnDraw) -> bool:
        """Start a turn over the one before and cut that; return False, with a note, where it can't be done."""
        assert draw.interruption_onset is not None
        assert draw.reaction_s is not None
        before = self._placements[-1] if self._placements else None
        if before is None or utterance.turn.role != "user" or self._utterances[-1].turn.role != "assistant":
            self._notes.append("interruption_dropped")
            return False
        duration = before.end_samples - before.start_samples
        wanted = before.start_samples + round(draw.interruption_onset * duration)
        onset = max(wanted, self._own_end(utterance))
        stop = min(onset + round(draw.reaction_s * self._sample_rate), before.end_samples)
        said = tuple(word for word in before.words if word.end_samples <= stop)
        if not said or onset >= before.end_samples:
            self._notes.append("interruption_dropped")
            return False
        if onset != wanted:
            self._notes.append("offset_clamped")
        if stop < before.end_samples:
            text = before.text[: said[-1].text_end]
            self._placements[-1] = replace(before, text=text, end_samples=stop, words=said, cut=True)
        else:
            self._notes.append("interruption_after_end")
        self._place(utterance, onset, None)
        turn = len(self._placements) - 1
        start_s, end_s = self._seconds(onset), self._seconds(stop)
        self._interruptions.append(Event("interruption", utterance.turn.role, turn, start_s, end_s, draw.reaction_s))
        return True

    def plan(self, tail_samples: int) -> ScenePlan:
        """Return what has been placed, closed by the tail."""
        turns = [
            Event(
                "turn",
                utterance.turn.role,
                index,
                self._seconds(placement.start_samples),
                self._seconds(placement.end_samples),
                offset_s,
            )
            for index, (utterance, placement, offset_s) in enumerate(
                zip(self._utterances, self._placements, self._offsets, strict=True)
            )
        ]
        events = sorted([*turns, *self._interruptions], key=lambda event: (event.start_s, event.turn, event.kind))
        length = max(placement.end_samples for placement in self._placements) + tail_samples
        return ScenePlan(tuple(self._placements), tuple(events), length, tuple(self._notes))

    def _place(self, utterance: Utterance, onset: int, offset_s: float | None) -> None:
        end = onset + utterance.speech_samples
        text = utterance.turn.text
        self._utterances.append(utterance)
        words = tuple(word.moved(onset) for word in utterance.words)
        self._placements.append(Placement(text, onset, end, words))
        self._offsets.append(offset_s)

    def _own_end(self, utterance: Utterance) -> int:
        """Return where the speaker's latest turn ended; 0 if there is none."""
        pairs = zip(reversed(self._utterances), reversed(self._placements), strict=True)
        return next((placed.end_samples for said, placed in pairs if said.turn.role == utterance.turn.role), 0)

    def _seconds(self, samples: int) -> float:
        return samples / self._sample_rate
