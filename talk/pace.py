"""How well a conversation keeps up with its clock: chunk times, late chunks, notices when the machine is overloaded."""

from collections.abc import Sequence

import numpy as np

from talk.conversation import AnsweredChunk
from talk.session import CHUNK_S, Spent

PARTS = ("tokenizer", "model", "vocoder", "sum")


class Pace:
    """Running counts of a conversation.

    Attributes:
        chunks, late: how many.
        behind_s: the longest that an answer took from its chunk's being whole.
    """

    def __init__(self) -> None:
        self.chunks = 0
        self.late = 0
        self.behind_s = 0.0
        self._spent: list[Spent] = []
        self._overloaded = False

    def note(self, answered: AnsweredChunk) -> str | None:
        """Count a chunk; return a notice to show if the clock starts slipping, or has caught up."""
        self.chunks += 1
        self.late += answered.late
        self.behind_s = max(self.behind_s, answered.delay_s)
        self._spent.append(answered.chunk.spent)
        at = f"{answered.due_s:.1f} s"
        if not self._overloaded and answered.delay_s > CHUNK_S:
            self._overloaded = True
            return (
                f"{at}: the machine is overloaded: the answer came {answered.delay_s:.2f} s after its chunk. All of "
                "the user's audio is still heard, but the assistant speaks late"
            )
        if self._overloaded and not answered.late:
            self._overloaded = False
            return f"{at}: caught up"
        return None

    def quantiles_ms(self, shares: Sequence[float]) -> dict[str, list[float]]:
        """Return quantiles of the time per chunk, in milliseconds, by part of `PARTS`; needs at least one chunk."""
        times = np.array([(one.tokenizer_s, one.model_s, one.vocoder_s, one.sum_s) for one in self._spent])
        found = 1000 * np.quantile(times, shares, axis=0)
        return {name: [float(value) for value in found[:, place]] for place, name in enumerate(PARTS)}
