"""`validate` holds a corpus to the timing it was asked for, in its events and in its audio."""

import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from manifests.records import NoiseMix, Scene
from pipeline.validate import check_corpus, print_validation
from tests.pipeline.published_scenes import config, publish, scenes_of
from tests.scenes.speech_clips import RATE

HUMAN = {"profile": "human"}
SLOW = {"profile": "human", "floor_transfer_s": {"assistant": {"law": "constant", "value": 3.0}}}


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return scenes_of(config(HUMAN))


def shifted(scene: Scene, seconds: float) -> Scene:
    return replace(scene, samples=np.roll(scene.samples, round(seconds * RATE), axis=0))


def test_a_corpus_that_keeps_its_laws_passes(tmp_path, scenes):
    publish(tmp_path, scenes, config(HUMAN))
    findings = check_corpus(str(tmp_path))
    assert findings.problems == []
    assert findings.listened.scenes == 4


def test_a_law_that_was_not_kept_is_named_in_the_plan_and_in_the_audio(tmp_path, scenes):
    publish(tmp_path, scenes, config(SLOW))
    in_plan, in_audio = check_corpus(str(tmp_path)).problems
    for problem, where in ((in_plan, "in the plan"), (in_audio, "in the audio")):
        assert f"floor_transfer_s, assistant, {where}: requested constant(3)" in problem
        assert "timing_check.max_ks" in problem


def test_a_law_that_was_not_kept_passes_within_a_wider_tolerance(tmp_path, scenes):
    publish(tmp_path, scenes, config(SLOW, max_ks=1.0))
    assert check_corpus(str(tmp_path)).problems == []


def test_a_rate_that_was_not_kept_is_named_with_what_came(tmp_path, scenes):
    publish(tmp_path, scenes, config(HUMAN | {"pause": {"assistant": {"rate": 0.01}}}))
    (problem,) = check_corpus(str(tmp_path)).problems
    assert "pause.rate, assistant, in the plan: requested 0.01" in problem
    assert "timing_check.max_rate_off" in problem


def test_audio_that_stands_elsewhere_than_its_events_is_found(tmp_path, scenes):
    publish(tmp_path, [shifted(scene, 0.1) for scene in scenes], config(HUMAN))
    median, *_ = check_corpus(str(tmp_path)).problems
    assert re.match(r"onsets in the audio: (9|10)\d ms from the plan at 50%", median)
    assert "timing_check.max_onset_error_p50_s" in median


def test_audio_within_the_tolerance_passes(tmp_path, scenes):
    wide = config(HUMAN, max_onset_error_p50_s=0.12, max_onset_error_p95_s=0.2)
    publish(tmp_path, [shifted(scene, 0.1) for scene in scenes], wide)
    assert check_corpus(str(tmp_path)).problems == []


def test_speech_that_the_audio_does_not_hold_is_found(tmp_path, scenes):
    silent = [replace(scene, samples=np.zeros_like(scene.samples)) for scene in scenes]
    publish(tmp_path, silent, config(HUMAN))
    (problem,) = check_corpus(str(tmp_path)).problems
    planned = sum(len(scene.turns) + len(scene.asides) for scene in scenes)
    assert f"{planned} of {planned} utterances have no audible onset of their own" in problem
    assert "timing_check.max_unheard" in problem


def test_only_the_first_are_listened_to_and_what_is_too_noisy_for_it_is_counted(tmp_path, scenes):
    noisy = replace(scenes[1], noise=NoiseMix("noise/a.wav", "noise", 3.0, 3.0))
    publish(tmp_path, [scenes[0], noisy, *scenes[2:]], config(HUMAN, heard_dialogues=2))
    console = Console(record=True, width=200)
    assert print_validation(console, str(tmp_path))
    assert "dialogues listened to: 1; skipped, with an SNR below 10 dB: 1" in console.export_text()
