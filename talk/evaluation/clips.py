"""Which parts of a held-out dialogue make samples of Full-Duplex-Bench's four tasks (arXiv 2503.04721). Pure.

That benchmark plays a short recording of a user to a model and looks at what comes out. Here each sample is a stretch
of a dialogue's user channel, noise and all, that begins a little before one of the user's turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from manifests.audio import Samples
from manifests.records import Event
from training.evaluation.corpus import HeldOut

BenchTask = Literal["pause_handling", "backchannel", "smooth_turn_taking", "user_interruption"]
BENCH_TASKS: tuple[BenchTask, ...] = ("pause_handling", "backchannel", "smooth_turn_taking", "user_interruption")
"""By the names that the benchmark's `evaluate.py --task` takes."""

LEAD_S = 0.4
"""Of the channel before the first turn: a chunk."""
ANSWER_S = 4.0
"""Behind the last turn, where an answer is waited for."""
CLEAR_S = 0.1
"""What is kept away from what the user says next."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Clip:
    """A sample. Times are seconds from the clip's beginning.

    Attributes:
        dialogue: its number among the held-out ones.
        start_s, end_s: of the user's channel, in the dialogue.
        tail_s: silence that follows.
        turn: the user's turn that it is about, the interrupting one where there are two.
        text: what is said there.
        context: what the user said before an interruption; else empty.
        marks: pauses in the turn, or the corpus's own assistant's backchannels.
    """

    task: BenchTask
    dialogue: int
    start_s: float
    end_s: float
    tail_s: float
    turn: Span
    text: str
    context: str = ""
    marks: tuple[Span, ...] = ()

    @property
    def seconds(self) -> float:
        """The length of the sample in seconds, including the silence."""
        return self.end_s - self.start_s + self.tail_s

    def heard_in(self, user: Samples, rate: int) -> Samples:
        """Return the clip's part of the user's channel, without the tail; silence where the dialogue has ended.

        Args:
            user: shape (n,), at `rate` Hz.

        Returns:
            Shape (end - start,), of the samples at `start_s` and `end_s`.
        """
        start, end = round(self.start_s * rate), round(self.end_s * rate)
        heard = user[start:end]
        return np.pad(heard, (0, end - start - len(heard)))


def clips_of(place: int, dialogue: HeldOut) -> list[Clip]:
    """Return the samples that a dialogue has, in order of time.

    Turns that the user begins over the assistant are none but interruptions: alone they would interrupt nobody.
    """
    turns = sorted((event for event in dialogue.events if event.kind == "turn"), key=lambda event: event.turn)
    interrupting = {event.turn for event in dialogue.events if event.kind == "interruption" and event.role == "user"}
    found: list[Clip] = []
    for before, turn, after in zip([None, *turns], turns, [*turns[1:], None], strict=False):
        if turn.role != "user":
            continue
        maker = _Maker(place, dialogue, turn)
        if turn.turn in interrupting and turn.turn >= 2:
            found.append(maker.interruption(turns[turn.turn - 2]))
        if before is not None and turn.start_s < before.end_s:
            continue
        pauses = maker.marks("pause", "user")
        backchannels = maker.marks("backchannel", "assistant")
        if pauses:
            found.append(maker.turn_alone("pause_handling", pauses))
        if backchannels:
            found.append(maker.turn_alone("backchannel", backchannels))
        if after is not None and after.start_s >= turn.end_s:
            found.append(maker.answered("smooth_turn_taking", turn.start_s))
    return found


@dataclass(frozen=True)
class _Maker:
    place: int
    dialogue: HeldOut
    turn: Event

    def turn_alone(self, task: BenchTask, marks: Sequence[Span]) -> Clip:
        """Return the turn up to its end: whatever the model says there, it says before the user has ended."""
        start_s = max(self.turn.start_s - LEAD_S, 0.0)
        within = tuple((first - start_s, last - start_s) for first, last in marks)
        turn, text = self._within(start_s), self._text(self.turn)
        return Clip(task, self.place, start_s, self.turn.end_s, 0.0, turn, text, marks=within)

    def answered(self, task: BenchTask, from_s: float, context: str = "") -> Clip:
        """Return what the user says from some time on to the turn's end, with time for an answer."""
        start_s = max(from_s - LEAD_S, 0.0)
        until_s = self.turn.end_s + ANSWER_S
        next_s = min((event.start_s for event in self._said() if event.start_s >= self.turn.end_s), default=until_s)
        end_s = max(min(until_s, next_s - CLEAR_S), self.turn.end_s)
        return Clip(
            task, self.place, start_s, end_s, until_s - end_s, self._within(start_s), self._text(self.turn), context
        )

    def interruption(self, context: Event) -> Clip:
        """Return the turn that is answered first, and the one that interrupts the answer."""
        return self.answered("user_interruption", context.start_s, self._text(context))

    def marks(self, kind: str, role: str) -> list[Span]:
        """Return when something of a kind happens in the turn."""
        return [
            (event.start_s, event.end_s)
            for event in self.dialogue.events
            if (event.kind, event.role, event.turn) == (kind, role, self.turn.turn)
        ]

    def _said(self) -> list[Event]:
        return [event for event in self.dialogue.events if event.role == "user" and event.kind != "pause"]

    def _within(self, start_s: float) -> Span:
        return self.turn.start_s - start_s, self.turn.end_s - start_s

    def _text(self, turn: Event) -> str:
        return self.dialogue.turns[turn.turn].text
