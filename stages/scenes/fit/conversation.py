"""Who spoke when: what every reader returns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """Something that one speaker says: an utterance, or a word, as the file has it.

    Attributes:
        text: what is said; None if the file does not say.
    """

    speaker: str
    start_s: float
    end_s: float
    text: str | None = None


@dataclass(frozen=True)
class Conversation:
    """What is said in one recording.

    Attributes:
        name: of the file, and of the recording where a file holds several; errors name it.
        intervals: in any order.
    """

    name: str
    intervals: tuple[Interval, ...]

    @property
    def speakers(self) -> tuple[str, ...]:
        """Their names, sorted."""
        return tuple(sorted({interval.speaker for interval in self.intervals}))

    def of(self, speaker: str) -> list[Interval]:
        """Return what one speaker says, by onset."""
        own = [interval for interval in self.intervals if interval.speaker == speaker]
        return sorted(own, key=lambda interval: (interval.start_s, interval.end_s))
