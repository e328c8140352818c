"""Stage `speech`: casts voices, speaks every turn, measures where speech begins and ends, refuses bad clips.

Engines: Piper and Kokoro, embedded; any server of `/v1/audio/speech`; CosyVoice's own server.
"""

from stages.speech.base import Engine
from stages.speech.casting import Cast, user_voice
from stages.speech.checks import check_clip
from stages.speech.config import SpeechConfig
from stages.speech.engines import (
    ASSISTANT_VOICE,
    SPEECH_BOUNDS,
    USER_VOICES,
    check,
    engines,
    fetch,
    open_engine,
    outside_paths,
    user_engines,
    uses_gpu,
)
from stages.speech.estimates import expected_rtf, expected_seconds
from stages.speech.stage import SpeechStage
from stages.speech.voices import cast_of, open_cast

__all__ = [
    "ASSISTANT_VOICE",
    "SPEECH_BOUNDS",
    "USER_VOICES",
    "Cast",
    "Engine",
    "SpeechConfig",
    "SpeechStage",
    "cast_of",
    "check",
    "check_clip",
    "engines",
    "expected_rtf",
    "expected_seconds",
    "fetch",
    "open_cast",
    "open_engine",
    "outside_paths",
    "user_engines",
    "user_voice",
    "uses_gpu",
]
