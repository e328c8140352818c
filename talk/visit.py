"""A visitor's conversation: sound comes in on the event loop, the session works in a thread of its own."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np

from manifests.audio import Samples
from manifests.errors import RejectedError
from stages.units.bottleneck import SILENCE_UNIT
from talk.clock import UserChunk, WallClock
from talk.conversation import AnsweredChunk, Conversation
from talk.events import TalkEvent
from talk.session import CHUNK_S, CHUNK_SAMPLES, USER_RATE, Session

AHEAD_S = 3.0
"""So much more sound than time may come: a browser that stalled sends what it kept, and clocks differ by 0.01 %."""
BEHIND_S = 60.0
"""Of sound that waits for an answer, or of answers that wait to be read; who falls back so far never catches up, and
memory has an end."""


@dataclass(frozen=True)
class End:
    """What `Conversation.finish` returns."""

    sound: Samples
    text: str
    events: tuple[TalkEvent, ...]


class Visit:
    """One conversation of a visitor; made and used on the event loop, begun by `answers`.

    Args:
        session: a new one.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._clock = WallClock()
        self._loop = asyncio.get_running_loop()
        self._heard: SimpleQueue[UserChunk | None] = SimpleQueue()
        self._answers: asyncio.Queue[AnsweredChunk | End | None] = asyncio.Queue()
        self._kept: Samples = np.zeros(0, np.float32)
        self._samples = 0
        self._left = self._stopped = False
        self._begins_s = self._last_s = self._spoke_s = self._clock.now_s()

    @property
    def silent_s(self) -> float:
        """For how long nothing has come; 0 for who has stopped, since nothing has to come any more."""
        return 0.0 if self._stopped else self._clock.now_s() - self._last_s

    @property
    def unspoken_s(self) -> float:
        """For how long no unit of the user's was voiced, as far as chunks are answered."""
        return self._clock.now_s() - self._spoke_s

    def hear(self, samples: Samples) -> None:
        """Receive the user's next audio.

        Args:
            samples: shape (n,), at most a chunk, float32, at 16 kHz.

        Raises:
            RejectedError: ``too_fast``, more sound than time has come; ``too_slow``, the machine doesn't follow;
                ``not_reading``, the visitor doesn't take the answers.
        """
        now_s = self._last_s = self._clock.now_s()
        self._samples += len(samples)
        sound_s, passed_s = self._samples / USER_RATE, now_s - self._begins_s
        if sound_s > passed_s + AHEAD_S:
            raise RejectedError(
                "too_fast", f"{sound_s:.1f} s of audio arrived within {passed_s:.1f} s; send it as it is spoken"
            )
        if self._heard.qsize() * CHUNK_S > BEHIND_S:
            raise RejectedError(
                "too_slow", f"the machine is {BEHIND_S:.0f} s behind; it can't run this checkpoint live"
            )
        if self._answers.qsize() * CHUNK_S > BEHIND_S:
            raise RejectedError("not_reading", f"{BEHIND_S:.0f} s of answers have not been read")
        self._kept = np.concatenate([self._kept, samples])
        if len(self._kept) >= CHUNK_SAMPLES:
            self._heard.put(UserChunk(self._kept[:CHUNK_SAMPLES], now_s))
            self._kept = self._kept[CHUNK_SAMPLES:]

    def stop(self) -> None:
        """Receive nothing more. What was heard is still answered, except for an incomplete last chunk."""
        self._stopped = True
        self._heard.put(None)

    async def answers(self, thread: Executor) -> AsyncGenerator[AnsweredChunk | End, None]:
        """Yield every chunk with its answer, then the end.

        Args:
            thread: where the session works; it has left it when this is closed.
        """
        talking = self._loop.run_in_executor(thread, self._talk)
        try:
            while (answer := await self._answers.get()) is not None:
                if isinstance(answer, AnsweredChunk) and (answer.chunk.user_units != SILENCE_UNIT).any():
                    self._spoke_s = self._clock.now_s()
                yield answer
            await talking
        finally:
            self._left = True
            self._heard.put(None)
            await asyncio.wait({talking})

    def _talk(self) -> None:
        try:
            conversation = Conversation(self._session, live=True)
            for answered in conversation.answer(self._whole(), self._clock):
                self._post(answered)
            self._post(End(*conversation.finish()))
        finally:
            self._post(None)

    def _whole(self) -> Iterator[UserChunk]:
        while (heard := self._heard.get()) is not None and not self._left:
            yield heard

    def _post(self, answer: AnsweredChunk | End | None) -> None:
        self._loop.call_soon_threadsafe(self._answers.put_nowait, answer)
