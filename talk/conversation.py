"""The loop: answers each of the user's chunks, places the answer in time and derives events, offline or live."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from manifests.audio import Samples
from stages.units import grid
from stages.units.bottleneck import SILENCE_UNIT
from stages.units.vocoder import LOOKAHEAD_UNITS
from talk.clock import Clock, UserChunk
from talk.events import Floor, TalkEvent
from talk.playout import Played, Playout
from talk.session import CHUNK_S, COMPUTE_S, LOOKAHEAD_S, Chunk, Session

UNIT_S = 1 / grid.RATE_HZ


@dataclass(frozen=True)
class AnsweredChunk:
    """400 ms of a conversation. Times are seconds from the user's first sample.

    Attributes:
        user: what was heard, at 16 kHz.
        chunk: what the assistant does.
        delay_s: from the completion of the chunk to its answer, including any wait for earlier ones.
        played: the assistant's sound in time.
        events: that are known now.
    """

    user: Samples
    chunk: Chunk
    delay_s: float
    played: Played
    events: tuple[TalkEvent, ...]

    @property
    def due_s(self) -> float:
        """When the user's chunk was complete."""
        return (self.chunk.index + 1) * CHUNK_S

    @property
    def late(self) -> bool:
        """Whether the answer was not ready when its audio should have begun."""
        return self.delay_s > COMPUTE_S


class Conversation:
    """A session in time.

    Args:
        session: a new one.
        live: a late chunk is placed where it is heard; otherwise every one on its budget, as on a machine that keeps
            the clock, so that the same sound and seed make the same recording.
    """

    def __init__(self, session: Session, live: bool) -> None:
        self._session = session
        self._live = live
        self._playout = Playout(session.sound_rate)
        self._floor = Floor(UNIT_S)
        self._held_back = np.zeros(LOOKAHEAD_UNITS, np.bool_)
        self._placed_s = 0.0

    def answer(self, heard: Iterable[UserChunk], clock: Clock) -> Iterator[AnsweredChunk]:
        """Yield every chunk with its answer, however late; none is left out."""
        for one in heard:
            chunk = self._session.push(one.samples)
            delay_s = clock.now_s() - one.whole_s
            due_s = (chunk.index + 1) * CHUNK_S
            played = self._playout.place(chunk.sound, due_s, due_s + (delay_s if self._live else 0.0))
            yield AnsweredChunk(one.samples, chunk, delay_s, played, tuple(self._events(chunk, due_s, played)))

    def finish(self) -> tuple[Samples, str, tuple[TalkEvent, ...]]:
        """Return what was held back at the end: audio that continues the last chunk's, text, events."""
        last = self._floor.push("assistant", self._held_back, self._placed_s)
        return *self._session.finish(), (*last, *self._floor.finish())

    def _events(self, chunk: Chunk, due_s: float, played: Played) -> list[TalkEvent]:
        heard_from_s = due_s - CHUNK_S - LOOKAHEAD_S
        found = self._floor.push("user", chunk.user_units != SILENCE_UNIT, heard_from_s)
        speaking = np.concatenate([self._held_back, chunk.speaking])
        self._held_back = speaking[len(chunk.speaking) :]
        unit_samples = self._session.sound_samples / len(chunk.units)
        first = round(played.skipped / unit_samples)
        sounding = speaking[first : first + round(len(played.sound) / unit_samples)]
        self._placed_s = played.start_s + len(sounding) * UNIT_S
        return found + self._floor.push("assistant", sounding, played.start_s)
