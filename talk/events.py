"""Events of a conversation: who started and stopped when, and where the assistant was interrupted. Pure."""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal

from manifests.records import Role
from training.loop.voicing import MERGED_S, PATIENCE_S, ROUNDING_S, Voiced

TalkEventKind = Literal["started", "stopped", "interrupted"]


@dataclass(frozen=True)
class TalkEvent:
    """An event of a conversation.

    Attributes:
        at_s: counted from the user's first sample; of an interruption when the assistant fell silent.
    """

    role: Role
    kind: TalkEventKind
    at_s: float


@dataclass
class _Speaker:
    """The stretch of speech that goes on, or the last one."""

    speaking: bool = False
    start_s: float = 0.0
    end_s: float = 0.0


@dataclass
class Floor:
    """Finds events as frames come in; silence of less than `MERGED_S` parts nothing, so a stop is known only then.

    The assistant was interrupted where it stops within `PATIENCE_S` of the user's starting over it, with the user
    still speaking: that is known when the user has been heard up to there. Times are when things are heard: the
    assistant's later than its units were made.

    Attributes:
        frame_s: length of a frame.
    """

    frame_s: float
    _user: _Speaker = field(default_factory=_Speaker)
    _assistant: _Speaker = field(default_factory=_Speaker)
    _stops: deque[_Speaker] = field(default_factory=deque)
    _heard_s: float = float("-inf")

    def push(self, role: Role, voiced: Voiced, start_s: float) -> list[TalkEvent]:
        """Return the events that a speaker's next frames reveal.

        The user's may lag behind the assistant's; they are ahead of a stop that the assistant's tell by `MERGED_S` at
        most.

        Args:
            voiced: shape (n,), whether the speaker speaks in each frame.
            start_s: of the first one, not before the end of the last call's; between lies silence.
        """
        speaker = self._of(role)
        events: list[TalkEvent] = []
        for number, speaks in enumerate(voiced):
            at_s = start_s + number * self.frame_s
            events += self._stop_before(role, at_s if speaks else at_s + self.frame_s)
            if speaks:
                if not speaker.speaking:
                    speaker.speaking, speaker.start_s = True, at_s
                    events.append(TalkEvent(role, "started", at_s))
                speaker.end_s = at_s + self.frame_s
            if role == "user":
                self._heard_s = at_s + self.frame_s
            events += self._interruptions()
        return events

    def finish(self) -> list[TalkEvent]:
        """Return the stops of whoever is still speaking at the end."""
        return self._stop_before("user", float("inf")) + self._stop_before("assistant", float("inf"))

    def _stop_before(self, role: Role, now_s: float) -> list[TalkEvent]:
        speaker = self._of(role)
        if not speaker.speaking or now_s - speaker.end_s < MERGED_S - ROUNDING_S:
            return []
        speaker.speaking = False
        if role == "assistant":
            self._stops.append(replace(speaker))
        return [TalkEvent(role, "stopped", speaker.end_s)]

    def _interruptions(self) -> list[TalkEvent]:
        """Return those among the assistant's stops up to which the user has been heard."""
        events = []
        user = self._user
        while self._stops:
            begun_s, stop_s = self._stops[0].start_s, self._stops[0].end_s
            speaks_on = user.end_s > stop_s + ROUNDING_S
            if not speaks_on and (user.speaking or self._heard_s < stop_s - ROUNDING_S):
                break
            self._stops.popleft()
            within_s = stop_s - user.start_s
            if speaks_on and user.start_s > begun_s and ROUNDING_S < within_s <= PATIENCE_S + ROUNDING_S:
                events.append(TalkEvent("assistant", "interrupted", stop_s))
        return events

    def _of(self, role: Role) -> _Speaker:
        return self._user if role == "user" else self._assistant
