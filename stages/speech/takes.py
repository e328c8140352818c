"""Making a turn until it passes the gate: another seed, then another voice for all that its speaker says.

A dialogue's user must stay one person, so a voice that fails at one turn gives all of them to the next voice; the
assistant has one voice in the whole corpus and only other seeds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from manifests.audio import Samples
from manifests.errors import RejectedError
from manifests.records import TurnScores

Take = TypeVar("Take")


class RefusedTakeError(RejectedError):
    """A clip that can't be used, although another one of the same turn may be.

    Args:
        reason: as of `RejectedError`.
        detail: as of `RejectedError`.
        scores: what was measured before it was refused; None if nothing was.
        clip: (samples, sample rate), for whoever wants to hear why; None if it is no audio.
    """

    def __init__(
        self, reason: str, detail: str, scores: TurnScores | None = None, clip: tuple[Samples, int] | None = None
    ) -> None:
        super().__init__(reason, detail)
        self.scores = scores
        self.clip = clip


@dataclass(frozen=True)
class RefusedTake:
    """A refused clip: its turn, its voice, its number among the turn's clips (from 1), and why it was refused."""

    turn: int
    voice: str
    number: int
    error: RefusedTakeError


@dataclass
class TakeMaker(Generic[Take]):
    """Speaks the turns of one dialogue.

    Attributes:
        make: makes one clip of (turn, voice, number of the clip from 1); the number is the seed.
        refused: every clip that the gate has refused, in order.
    """

    make: Callable[[int, str, int], Take]
    refused: list[RefusedTake] = field(default_factory=list)
    _made: dict[int, int] = field(default_factory=dict)

    def speak(self, turns: Sequence[int], voices: Sequence[str], attempts: int) -> dict[int, Take]:
        """Return one speaker's turns, all in the first of the voices that can say them all.

        Args:
            turns: their numbers in the dialogue.
            voices: in the order they are tried, at least one.
            attempts: clips of a turn in one voice.

        Raises:
            RefusedTakeError: the last voice failed, too.
            RejectedError: the engine says that no clip can be made.
        """
        for voice in voices[:-1]:
            try:
                return self._in_one_voice(turns, voice, attempts)
            except RefusedTakeError:
                continue
        return self._in_one_voice(turns, voices[-1], attempts)

    def _in_one_voice(self, turns: Sequence[int], voice: str, attempts: int) -> dict[int, Take]:
        return {turn: self._until_it_passes(turn, voice, attempts) for turn in turns}

    def _until_it_passes(self, turn: int, voice: str, attempts: int) -> Take:
        for _ in range(attempts - 1):
            try:
                return self._take(turn, voice)
            except RefusedTakeError:
                continue
        return self._take(turn, voice)

    def _take(self, turn: int, voice: str) -> Take:
        number = self._made.get(turn, 0) + 1
        self._made[turn] = number
        try:
            return self.make(turn, voice, number)
        except RefusedTakeError as error:
            self.refused.append(RefusedTake(turn, voice, number, error))
            raise
