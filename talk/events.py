"""What happened in a conversation: who started and stopped when, and where the assistant was interrupted. Pure."""

from dataclasses import dataclass, field
from typing import Literal

from manifests.records import Role
from training.loop.voicing import MERGED_S, PATIENCE_S, ROUNDING_S, Voiced

TalkEventKind = Literal["started", "stopped", "interrupted"]


@dataclass(frozen=True)
class TalkEvent:
    """Something that happened.

    Attributes:
        at_s: counted from the user's first sample; of an interruption when the assistant fell silent.
    """

    role: Role
    kind: TalkEventKind
    at_s: float


@dataclass
class _Speaker:
    speaking: bool = False
    start_s: float = 0.0
    end_s: float = 0.0


@dataclass
class Floor:
    """Finds events as frames come in; silence of less than `MERGED_S` parts nothing, so a stop is known only then.

    The assistant was interrupted where it stops within `PATIENCE_S` of the user's starting over it, with the user
    still speaking. Times are when things are heard: the assistant's later than its units were made.

    Attributes:
        frame_s: length of a frame.
    """

    frame_s: float
    _user: _Speaker = field(default_factory=_Speaker)
    _assistant: _Speaker = field(default_factory=_Speaker)

    def push(self, role: Role, voiced: Voiced, start_s: float) -> list[TalkEvent]:
        """Return what the next frames of a speaker tell; those before the assistant's must hold what it has heard.

        Args:
            voiced: shape (n,), whether the speaker speaks in each frame.
            start_s: of the first one, not before the end of the last call's; between lies silence.
        """
        speaker = self._of(role)
        events: list[TalkEvent] = []
        for number, speaks in enumerate(voiced):
            at_s = start_s + number * self.frame_s
            if speaks:
                events += self._stop_before(role, at_s)
                if not speaker.speaking:
                    speaker.speaking, speaker.start_s = True, at_s
                    events.append(TalkEvent(role, "started", at_s))
                speaker.end_s = at_s + self.frame_s
            else:
                events += self._stop_before(role, at_s + self.frame_s)
        return events

    def finish(self) -> list[TalkEvent]:
        """Return the stops of those who speak to the end."""
        found = self._stop_before("user", float("inf")) + self._stop_before("assistant", float("inf"))
        return [event for event in found if event.kind == "stopped"]

    def _stop_before(self, role: Role, now_s: float) -> list[TalkEvent]:
        speaker = self._of(role)
        if not speaker.speaking or now_s - speaker.end_s < MERGED_S - ROUNDING_S:
            return []
        speaker.speaking = False
        events = [TalkEvent(role, "stopped", speaker.end_s)]
        began_over = speaker.start_s < self._user.start_s <= speaker.end_s
        if (
            role == "assistant"
            and self._user.speaking
            and began_over
            and speaker.end_s - self._user.start_s <= PATIENCE_S + ROUNDING_S
        ):
            events.append(TalkEvent("assistant", "interrupted", speaker.end_s))
        return events

    def _of(self, role: Role) -> _Speaker:
        return self._user if role == "user" else self._assistant
