"""The speech stage on a server of `/v1/audio/speech`, and a dialogue for it to speak."""

from collections.abc import Sequence

import numpy as np

from manifests.names import Split
from manifests.records import Dialogue, Slot, TextTurn
from stages.speech import SpeechConfig, SpeechStage, open_engine

CLIP_TEXT = "I was thinking about the garden this morning."


def stage_of(
    base_url: str,
    retries: int = 0,
    timeout_s: float = 10,
    user_voices: Sequence[str] = ("bass", "tenor"),
    rest: dict | None = None,
    **more: object,
) -> SpeechStage:
    section = {
        "engine": "openai",
        "base_url": base_url,
        "model": "tts-9",
        "retries": retries,
        "timeout_s": timeout_s,
        "concurrency": 1,
        **more,
    }
    cast = {"assistant": {**section, "voice": "alto"}, "user": {**section, "voices": [*user_voices]}}
    return SpeechStage(SpeechConfig.model_validate({**cast, **(rest or {})}), seed=1)


def open_users(base_url: str, **section):
    user = {"engine": "openai", "base_url": base_url, "model": "tts-9", "voices": ["bass"], **section}
    return open_engine(SpeechConfig.model_validate({"user": user}).user, 0)


def speak(engine, text=CLIP_TEXT, speed=1.0, voice="bass"):
    clip = engine.synthesize(text, voice, "en", speed, np.random.default_rng(0))
    assert clip.words is None
    return clip.samples, clip.rate


def dialogue(index: int = 0, split: Split = "train") -> Dialogue:
    turns = (TextTurn("user", CLIP_TEXT, CLIP_TEXT), TextTurn("assistant", CLIP_TEXT, CLIP_TEXT))
    return Dialogue(Slot(index, f"d{index}", split), "en", "file", "", turns)
