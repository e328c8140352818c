"""The messages between page and server over the WebSocket, parsed strictly.

The page sends `Hello` first, then waits for "ready", then sends the user's sound in binary messages, and `Stop`. The
server's messages are JSON objects with a ``type``; a "step" and an "end" are each followed by one binary message, the
assistant's sound, which may be empty. Sound is mono 16-bit PCM, little-endian.
"""

import json
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from manifests.audio import FULL_SCALE, Samples
from manifests.errors import RejectedError
from talk.conversation import AnsweredChunk
from talk.events import TalkEvent
from talk.session import CHUNK_S, CHUNK_SAMPLES, COMPUTE_S, USER_RATE, DelayBudget

SAMPLE_BYTES: Final = 2
LONGEST_BYTES: Final = CHUNK_SAMPLES * SAMPLE_BYTES
"""Of a binary message: 400 ms. The page sends a tenth of that at once."""
LONGEST_TEXT: Final = 1000
_SHOWN: Final = 80


class _Typed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Hello(_Typed):
    """The first message.

    Attributes:
        token: the server's, where it has one.
    """

    type: Literal["hello"]
    token: str = Field(default="", max_length=500)


class Stop(_Typed):
    """The user ends the conversation and wants what was held back."""

    type: Literal["stop"]


_TYPED: TypeAdapter[Hello | Stop] = TypeAdapter(Annotated[Hello | Stop, Field(discriminator="type")])


def parse_text(text: str) -> Hello | Stop:
    """Return a message of the page.

    Raises:
        RejectedError: ``bad_message``.
    """
    if len(text) > LONGEST_TEXT:
        raise RejectedError("bad_message", f"{len(text)} characters; at most {LONGEST_TEXT} are read")
    try:
        return _TYPED.validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise RejectedError("bad_message", f"{fault['msg']}: {text[:_SHOWN]!r}") from None


def parse_sound(data: bytes) -> Samples:
    """Return the user's sound, shape (n,), float32, at 16 kHz.

    Raises:
        RejectedError: ``bad_sound``.
    """
    if not data or len(data) % SAMPLE_BYTES or len(data) > LONGEST_BYTES:
        raise RejectedError(
            "bad_sound",
            f"{len(data)} bytes; send 16-bit samples in messages of {SAMPLE_BYTES} to {LONGEST_BYTES} bytes",
        )
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(FULL_SCALE)


def sound_bytes(sound: Samples) -> bytes:
    """Return sound of shape (n,) for a binary message; values outside [-1, 1] are clipped."""
    return np.clip(np.rint(sound * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()


def queued(place: int) -> str:
    """Return the message that others are talking; `place` 1 is next."""
    return json.dumps({"type": "queued", "place": place})


def ready(sound_rate: int, checkpoint: str, idle_s: float) -> str:
    """Return the message that the conversation begins with the next binary message, with the meaning of its numbers.

    Args:
        sound_rate: of the assistant's sound, in Hz.
        checkpoint: its name.
        idle_s: who says nothing for so long while others wait loses the place.
    """
    return json.dumps(
        {
            "type": "ready",
            "checkpoint": checkpoint,
            "user_rate": USER_RATE,
            "sound_rate": sound_rate,
            "chunk_s": CHUNK_S,
            "compute_s": COMPUTE_S,
            "delay": DelayBudget().described,
            "idle_s": idle_s,
        }
    )


def step_message(answered: AnsweredChunk, notice: str | None) -> str:
    """Return the message with the assistant's part of a chunk; `notice` tells a person about the clock."""
    return json.dumps(
        {
            "type": "step",
            "index": answered.chunk.index,
            "start_s": answered.played.start_s,
            "text": answered.chunk.text,
            "events": _events(answered.events),
            "delay_s": answered.delay_s,
            "late": answered.late,
            "spent": asdict(answered.chunk.spent),
            "notice": notice,
        }
    )


def end(text: str, events: tuple[TalkEvent, ...]) -> str:
    """Return the message that the conversation is over; the audio that follows continues the last step's."""
    return json.dumps({"type": "end", "text": text, "events": _events(events)})


def refused(reason: str, detail: str) -> str:
    """Return the message that says why the connection is being closed."""
    return json.dumps({"type": "refused", "reason": reason, "detail": detail})


def _events(events: tuple[TalkEvent, ...]) -> list[dict[str, Any]]:
    return [asdict(event) for event in events]
