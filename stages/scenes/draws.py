"""Everything that timing leaves to chance in one dialogue, drawn before anything is planned."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manifests.records import TextTurn
from stages.scenes.laws import Law
from stages.scenes.profile import TimingProfile


@dataclass(frozen=True)
class TurnDraw:
    """What was drawn for one turn.

    Attributes:
        offset_s: floor-transfer offset from the turn before; for the first turn the lead silence.
        interruption_onset: fraction of the turn before at which this one starts over it; None if it does not.
        reaction_s: from the onset of this turn to the stop of the turn before; None without an interruption.
    """

    offset_s: float
    interruption_onset: float | None = None
    reaction_s: float | None = None


@dataclass(frozen=True)
class TimingDraws:
    """The draws of a dialogue, one per turn.

    Attributes:
        redrawn: per law's key in the profile, how many draws truncation threw away.
    """

    turns: tuple[TurnDraw, ...]
    redrawn: tuple[tuple[str, int], ...]


def draw_timing(turns: Sequence[TextTurn], timing: TimingProfile, generator: np.random.Generator) -> TimingDraws:
    """Draw the timing of every turn in order.

    An interrupting turn also gets an ordinary offset, for the case that its interruption has to be dropped.

    Args:
        turns: as written; the first interrupts nothing, whatever it says.
        timing: the laws.
        generator: the dialogue's own.

    Raises:
        BuildError: a law's truncation was missed again and again.
    """
    redrawn: Counter[str] = Counter()

    def draw(name: str, law: Law) -> float:
        drawn = law.draw(generator)
        redrawn[name] += drawn.redraws
        return drawn.value

    draws = []
    for index, turn in enumerate(turns):
        if index == 0:
            draws.append(TurnDraw(draw("lead_s", timing.lead_s)))
            continue
        if turn.role == "assistant":
            offset_s = draw("floor_transfer_s.assistant", timing.floor_transfer_s.assistant)
        else:
            offset_s = draw("floor_transfer_s.user", timing.floor_transfer_s.user)
        if turn.interrupts:
            onset = draw("interruption.onset", timing.interruption.onset)
            draws.append(TurnDraw(offset_s, onset, draw("interruption.reaction_s", timing.interruption.reaction_s)))
        else:
            draws.append(TurnDraw(offset_s))
    return TimingDraws(tuple(draws), tuple(sorted((+redrawn).items())))
