"""Where a backchannel fits: after a phrase or word of the other's turn, inside it, clear of all else. Pure."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from manifests.records import Role
from stages.scenes.draws import BackchannelDraw
from stages.scenes.placement import Placement
from stages.scenes.utterance import Utterance


@dataclass
class OwnSpeech:
    """When one speaker speaks, in samples of the scene.

    Attributes:
        apart_samples: silence that further speech keeps from the speech already there.
    """

    apart_samples: int
    _spans: list[tuple[int, int]] = field(default_factory=list)

    def add(self, start: int, end: int) -> None:
        """Add a stretch; none overlaps another."""
        insort(self._spans, (start, end))

    def has_room(self, start: int, end: int) -> bool:
        """Tell whether nothing is said in or close to a stretch."""
        position = bisect_left(self._spans, (start, end))
        after = self._spans[position : position + 1]
        before = self._spans[max(position - 1, 0) : position]
        return all(end + self.apart_samples <= first for first, _ in after) and all(
            last + self.apart_samples <= start for _, last in before
        )


class BackchannelPlaces:
    """Finds the places of backchannels and remembers those that are taken."""

    def __init__(self, own: Mapping[Role, OwnSpeech], apart_samples: int, sample_rate: int) -> None:
        self._own = own
        self._asides = OwnSpeech(apart_samples)
        self._sample_rate = sample_rate

    def onset(self, turn: Placement, clip: Utterance, drawn: BackchannelDraw) -> int | None:
        """Return where a backchannel begins in the scene; None if no place has room.

        Where the script says nothing, the drawn place picks a phrase end; should it leave no room, the other phrase
        ends follow in turn, then the word ends.

        Args:
            turn: the one it falls in.
            clip: what is said.
            drawn: after which phrase or word, and how long after.
        """
        own, delay = self._own[clip.turn.role], round(drawn.delay_s * self._sample_rate)
        for words in _places(turn, drawn):
            start = turn.word_end(words - 1) + delay
            stop = start + clip.speech_samples
            inside = turn.start_samples <= start and stop <= turn.end_samples
            if inside and own.has_room(start, stop) and self._asides.has_room(start, stop):
                own.add(start, stop)
                self._asides.add(start, stop)
                return start
        return None


def is_due(turn: Placement, drawn: BackchannelDraw) -> bool:
    """Tell whether the phrase or word that a backchannel answers was said, before any cut."""
    return next(_drawn_places(turn.utterance, drawn), 0) <= turn.words_said


def _places(turn: Placement, drawn: BackchannelDraw) -> Iterator[int]:
    """Yield after how many words of a turn a backchannel may come, in the order they are tried."""
    for words in _drawn_places(turn.utterance, drawn):
        if words <= turn.words_said:
            yield words


def _drawn_places(utterance: Utterance, drawn: BackchannelDraw) -> Iterator[int]:
    if drawn.words is not None:
        yield min(drawn.words, len(utterance.words))
        return
    phrases = [border.words for border in utterance.borders]
    for places in (phrases, range(1, len(utterance.words))):
        first = int(drawn.place * len(places))
        yield from places[first:]
        yield from places[:first]
