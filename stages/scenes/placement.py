"""Where a clip is in the scene: in one piece or split by pauses, up to its end or a cut. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat

from stages.scenes.utterance import Border, Utterance
from stages.scenes.words import TimedWord


@dataclass(frozen=True)
class Piece:
    """A stretch of a clip's speech and where it goes.

    Attributes:
        start_samples, end_samples: from the onset of the clip's speech.
        at_samples: where it starts in the scene.
        words: how many words of the clip come before it.
    """

    start_samples: int
    end_samples: int
    at_samples: int
    words: int = 0

    def in_scene(self, position: int) -> int:
        """Return where a position of the clip is heard; one outside the piece, at its nearer end."""
        return self.at_samples + min(max(position, self.start_samples), self.end_samples) - self.start_samples

    def in_clip(self, position: int) -> int:
        """Return what of the clip is heard at a position of the scene; before and after the piece, its nearer end."""
        return min(max(position - self.at_samples, 0) + self.start_samples, self.end_samples)


@dataclass(frozen=True)
class PlacedPause:
    """The silence at a border, from the end of one phrase to the beginning of the next, in the scene.

    Attributes:
        duration_s: as drawn.
    """

    start_samples: int
    end_samples: int
    duration_s: float


@dataclass(frozen=True)
class Placement:
    """A clip's place.

    Attributes:
        pieces: in order, none overlapping another.
        end_samples: where its speech ends, or is cut.
        words_said: how many of its words are heard, from the first on.
        pauses: those inserted, in order.
        cut: it stops before its speech has ended.
    """

    utterance: Utterance
    pieces: tuple[Piece, ...]
    end_samples: int
    words_said: int
    pauses: tuple[PlacedPause, ...] = ()
    cut: bool = False

    @property
    def start_samples(self) -> int:
        """Where its speech begins."""
        return self.pieces[0].at_samples

    @property
    def text(self) -> str:
        """What is heard: the text, or its beginning."""
        text = self.utterance.turn.text
        return text[: self.utterance.words[self.words_said - 1].text_end] if self.cut else text

    @property
    def words(self) -> tuple[TimedWord, ...]:
        """The words that are heard, timed in the scene."""
        heard = self.utterance.words[: self.words_said]
        pieces: Iterator[Piece] = repeat(self.pieces[0]) if len(self.pieces) == 1 else self._piece_by_word()
        return tuple(
            TimedWord(word.text, word.text_end, piece.in_scene(word.start_samples), piece.in_scene(word.end_samples))
            for word, piece in zip(heard, pieces, strict=False)
        )

    @property
    def stretches(self) -> Iterator[tuple[int, int]]:
        """Yield (start, end) of what is said between the inserted pauses, in samples of the scene."""
        start = self.start_samples
        for pause in self.pauses:
            yield start, pause.start_samples
            start = pause.end_samples
        yield start, self.end_samples

    def word_start(self, number: int) -> int:
        """Return where a word begins in the scene."""
        return self._piece_of(number).in_scene(self.utterance.words[number].start_samples)

    def word_end(self, number: int) -> int:
        """Return where a word ends in the scene."""
        return self._piece_of(number).in_scene(self.utterance.words[number].end_samples)

    def can_be_interrupted_by(self, turn: Utterance) -> bool:
        """Tell whether this is the assistant's and the other turn the user's."""
        return turn.turn.role == "user" and self.utterance.turn.role == "assistant"

    def share_at(self, position: int) -> float:
        """Return how much of it has passed at a position of the scene."""
        return (position - self.start_samples) / (self.end_samples - self.start_samples)

    def word_starts_near(self, share: float) -> list[int]:
        """Return where words begin inside it, the first word left out, those nearest to a share of it first."""
        wanted = self.start_samples + share * (self.end_samples - self.start_samples)
        starts = (self.word_start(number) for number in range(1, self.words_said))
        inside = [start for start in starts if self.start_samples < start < self.end_samples]
        return sorted(inside, key=lambda start: abs(start - wanted))

    def cut_at(self, stop_samples: int) -> "Placement | None":
        """Return the placement stopped at a position inside it; None if not one word has ended by then.

        A word counts as said if it ended at or before the stop, and a pause as set if speech and a word after it are
        heard. Speech that stops within the silence of a border has ended where that begins.
        """
        said = next(
            (number for number in range(self.words_said, 0, -1) if self.word_end(number - 1) <= stop_samples), 0
        )
        if not said:
            return None
        last = next(piece for piece in reversed(self.pieces) if piece.at_samples <= stop_samples)
        stopped = _end_of_speech(self.utterance.borders, last.in_clip(stop_samples))
        last_said = min(self.utterance.words[said - 1].end_samples, self._piece_of(said - 1).end_samples)
        reached = max(stopped, last_said)
        pieces = [piece for piece in self.pieces if piece.start_samples < reached]
        if not pieces:
            return None
        pieces[-1] = replace(pieces[-1], end_samples=min(reached, pieces[-1].end_samples))
        end = pieces[-1].in_scene(reached)
        pauses = tuple(pause for pause, after in zip(self.pauses, pieces[1:], strict=False) if after.words < said)
        return replace(self, pieces=tuple(pieces), end_samples=end, words_said=said, pauses=pauses, cut=True)

    def _piece_of(self, word: int) -> Piece:
        return next(piece for piece in reversed(self.pieces) if piece.words <= word)

    def _piece_by_word(self) -> Iterator[Piece]:
        """Yield the piece of every word in turn."""
        ends = [piece.words for piece in self.pieces[1:]] + [len(self.utterance.words)]
        for piece, end in zip(self.pieces, ends, strict=True):
            for _ in range(piece.words, end):
                yield piece


def place(utterance: Utterance, onset_samples: int, pauses: Sequence[tuple[int, float]], sample_rate: int) -> Placement:
    """Return an utterance's place when its speech begins at an onset.

    A pause takes the place of the silence at its border: that is lengthened or shortened to it in its middle.

    Args:
        utterance: the clip.
        onset_samples: in the scene.
        pauses: number of the border and duration in seconds, in order.
        sample_rate: in Hz.
    """
    pieces: list[Piece] = []
    placed: list[PlacedPause] = []
    start, at, words = 0, onset_samples, 0
    for number, duration_s in pauses:
        border = utterance.borders[number]
        wanted = round(duration_s * sample_rate)
        kept = min(wanted, border.end_samples - border.start_samples)
        end, again = border.start_samples + kept // 2, border.end_samples - (kept - kept // 2)
        pieces.append(Piece(start, end, at, words))
        begins = at + border.start_samples - start
        placed.append(PlacedPause(begins, begins + wanted, duration_s))
        start, at, words = again, at + end - start + wanted - kept, border.words
    pieces.append(Piece(start, utterance.speech_samples, at, words))
    end = at + utterance.speech_samples - start
    return Placement(utterance, tuple(pieces), end, len(utterance.words), tuple(placed))


def _end_of_speech(borders: Sequence[Border], position: int) -> int:
    """Return where in a clip speech had ended that is stopped at a position."""
    inside = (border for border in borders if border.start_samples < position <= border.end_samples)
    return next((border.start_samples for border in inside), position)
