"""What a timing profile decides, and how it is counted."""

from dataclasses import dataclass
from typing import NamedTuple

from manifests.records import Role


class Measure(NamedTuple):
    """Something that a law or a rate of the profile decides, for one role.

    Attributes:
        what: the key in the profile, without the role.
        role: who acts.
    """

    what: str
    role: Role


@dataclass(frozen=True)
class Tally:
    """How often something occurred.

    Attributes:
        came: how often.
        chances: how often it could have; for backchannels, minutes of the other's speech.
        dropped: how often it was drawn but found no room.
    """

    came: int = 0
    chances: float = 0.0
    dropped: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.came + other.came, self.chances + other.chances, self.dropped + other.dropped)

    @property
    def rate(self) -> float:
        """How often it occurred per opportunity; 0 without any."""
        return self.came / self.chances if self.chances else 0.0
