"""What a plan forecasts, from the config alone."""

from pipeline.config import RunConfig, load_config
from pipeline.estimate import estimate
from stages.scenes import ScenesConfig
from tests.building import ROOT


def with_scenes(**scenes) -> RunConfig:
    demo = load_config(ROOT / "configs" / "demo.yaml")
    return demo.model_copy(update={"scenes": ScenesConfig.model_validate(scenes)})


def test_backchannels_are_spoken_too_and_make_no_scene_longer():
    timing = {"profile": "paper"}
    listening = {**timing, "backchannel": {"user": {"per_minute": 7.0}}}
    quiet, busy = estimate(with_scenes(timing=timing)), estimate(with_scenes(timing=listening))
    assert busy.speech_s > quiet.speech_s
    assert busy.work_s["speech"] > quiet.work_s["speech"]
    assert (busy.audio_s, busy.tokens) == (quiet.audio_s, quiet.tokens)


def test_a_role_that_has_nothing_to_say_beside_its_turns_says_nothing():
    timing = {"profile": "human"}
    mute = {"user": {"en": []}, "assistant": {"en": []}}
    assert estimate(with_scenes(timing=timing, backchannel_phrases=mute)).speech_s == (
        estimate(with_scenes(timing={"profile": "paper"})).speech_s
    )
