"""What planning knows of a clip: its speech's length, its words, its phrase boundaries. Pure except for `borders`.

Positions are whole samples from the onset of the clip's speech.
"""

from dataclasses import dataclass

from manifests.records import TextTurn
from stages.scenes.words import TimedWord


@dataclass(frozen=True)
class Border:
    """A boundary between two phrases inside a turn.

    Attributes:
        words: how many of the turn's words come before it.
        start_samples, end_samples: the silence there; equal if there is none.
    """

    words: int
    start_samples: int
    end_samples: int


@dataclass(frozen=True)
class Utterance:
    """A turn, or a backchannel, and what is known of its clip.

    Attributes:
        speech_samples: from its measured onset to its measured end.
        words: those of `turn.text`.
        borders: inside the turn, in order, none overlapping another.
    """

    turn: TextTurn
    speech_samples: int
    words: tuple[TimedWord, ...]
    borders: tuple[Border, ...] = ()
