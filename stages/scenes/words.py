"""Words of a turn and when each is spoken."""

from typing import NamedTuple

from manifests.records import SpokenTurn
from stages.written_words import split_words


class TimedWord(NamedTuple):
    """A written word with its place in the text and in time.

    Attributes:
        text_end: index after its last character in the turn's text.
        start_samples, end_samples: from the onset of the turn's speech, or from the beginning of the scene.
    """

    text: str
    text_end: int
    start_samples: int
    end_samples: int


def timed_words(turn: SpokenTurn, speech_start: int, speech_end: int, sample_rate: int) -> tuple[TimedWord, ...]:
    """Return the words of a turn, timed from the onset of its speech.

    Args:
        turn: the turn, whose words are those of its text.
        speech_start: where its speech begins in its clip, in samples.
        speech_end: where it ends.
        sample_rate: of the clip, in Hz.
    """

    def place(seconds: float) -> int:
        return min(max(round(seconds * sample_rate), speech_start), speech_end) - speech_start

    return tuple(
        TimedWord(word.text, written.end, place(word.start_s), place(word.end_s))
        for word, written in zip(turn.words, split_words(turn.turn.text), strict=True)
    )
