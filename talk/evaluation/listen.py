"""A user's recording through the loop, offline, and when the assistant speaks in what comes out: by units, by ear.

Units have two times. In token time a unit stands beside the user's unit of the same place in its chunk, as in training
and in `training.evaluation`; a listener hears it later by `LATER_S`, whatever the machine.
"""

from dataclasses import dataclass

import numpy as np

from manifests.audio import Samples, resample
from stages.units import grid
from stages.voice_activity import find_stretches
from talk.clock import SkippingClock, paced
from talk.conversation import Conversation
from talk.session import CHUNK_SAMPLES, LOOKAHEAD_S, USER_RATE, DelayBudget, Session
from training.loop.voicing import Voiced

FRAME_SAMPLES = grid.UNIT_SAMPLES
"""Of the user's sound: frames are as long as units, so that both kinds of answer are scored alike."""
VAD_THRESHOLD = 0.5
"""Silero's own."""
LATER_S = DelayBudget().longest_s
"""From token time to when a unit is heard."""
EARLY_FRAMES = round(LOOKAHEAD_S * grid.RATE_HZ)
"""Of token time before the recording's first sample."""
LATER_FRAMES = round(LATER_S * grid.RATE_HZ)


@dataclass(frozen=True)
class PlayedAnswer:
    """The assistant's behaviour while a recording was played to it. Time starts at the recording's first sample.

    Attributes:
        sound: shape (n,), float32, at 16 kHz, in time with the recording, as a listener hears it: behind the units by
            what the loop needs.
        units: shape (frames,), bool: where the model says anything but silent_speech_token, when that is heard.
        in_token_time: shape (frames,), bool: the same, in token time.
        heard: shape (frames,), bool: where a VAD hears speech in `sound`.
    """

    sound: Samples
    units: Voiced
    in_token_time: Voiced
    heard: Voiced


def answer(session: Session, user: Samples, tail_s: float) -> PlayedAnswer:
    """Play a recording, followed by silence, to a new session as fast as possible.

    Args:
        session: a new one.
        user: shape (n,), at 16 kHz.
        tail_s: seconds of silence.
    """
    length = len(user) + round(tail_s * USER_RATE)
    padded = np.pad(user, (0, grid.chunks_of(length) * CHUNK_SAMPLES - len(user)))
    conversation, clock = Conversation(session, live=False), SkippingClock()
    chunks = list(conversation.answer(paced(padded.reshape(-1, CHUNK_SAMPLES), clock), clock))
    rest, _, _ = conversation.finish()
    # Offline no chunk is late, so each one's sound goes on where the last one's ended.
    before = np.zeros(round((chunks[0].played.start_s if chunks else 0.0) * session.sound_rate), np.float32)
    sound = np.concatenate([before, *(answered.played.sound for answered in chunks), rest])
    at_user_rate = resample(sound, session.sound_rate, USER_RATE)[:length]
    voiced = np.concatenate([np.zeros(0, np.bool_), *(answered.chunk.speaking for answered in chunks)])
    units = np.pad(voiced, (LATER_FRAMES - EARLY_FRAMES, 0))[: length // FRAME_SAMPLES]
    return PlayedAnswer(at_user_rate, units, voiced[EARLY_FRAMES:], heard_frames(at_user_rate))


def heard_frames(sound: Samples) -> Voiced:
    """Return in which frames of 40 ms a VAD hears speech at the frame's middle, shape (n // FRAME_SAMPLES,).

    Args:
        sound: shape (n,), at 16 kHz.
    """
    heard = np.zeros(len(sound) // FRAME_SAMPLES, np.bool_)
    if not sound.any():
        return heard
    middles = (np.arange(len(heard)) + 0.5) * FRAME_SAMPLES
    for stretch in find_stretches(sound, USER_RATE, VAD_THRESHOLD):
        heard |= (middles >= stretch.start) & (middles < stretch.end)
    return heard
