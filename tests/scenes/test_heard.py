"""What a finished scene sounds like to a listener, beside its plan."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from manifests.records import NoiseMix, Role, Scene
from noise import mean_square
from stages.scenes import Measure, ScenesConfig, SceneStage, achieved, can_be_heard, hear
from stages.scenes.audit.heard import utterances_heard
from tests.scenes.speech_clips import ANSWER, QUESTION, RATE, clip, conversation

EVENTFUL = {
    "profile": "human",
    "interruption": {"rate": 0.5, "reaction_s": {"min": 0.3}},
    "failed_interruption": {"rate": 0.5},
    "backchannel": {"user": {"per_minute": 20}, "assistant": {"per_minute": 20}},
    "pause": {"user": {"rate": 1.0}, "assistant": {"rate": 1.0}},
}
PLAIN = {"profile": "human", "interruption": {"rate": 0.0}, "failed_interruption": {"rate": 0.0}}


def scenes(timing: dict, count: int = 3, **acoustics: object) -> list[Scene]:
    config = ScenesConfig.model_validate({"timing": timing, "noise": {"source": "none"}, "acoustics": acoustics})
    made = list(SceneStage(config, 5, None).process([conversation(index) for index in range(count)]))
    assert all(isinstance(scene, Scene) for scene in made)
    return [scene for scene in made if isinstance(scene, Scene)]


@pytest.fixture(scope="module")
def eventful() -> list[Scene]:
    return scenes(EVENTFUL)


@pytest.fixture(scope="module")
def plain() -> list[Scene]:
    return scenes(PLAIN, 2)


def with_sound_behind_the_user(scene: Scene, sound: np.ndarray, snr_db: float) -> Scene:
    user = scene.samples[:, 0]
    speech = clip("user", QUESTION)
    power = mean_square(speech.samples[round(speech.speech_start_s * RATE) : round(speech.speech_end_s * RATE)])
    behind = np.resize(sound, len(user)).astype(np.float32)
    behind *= np.float32(np.sqrt(power / mean_square(behind) / 10 ** (snr_db / 10)))
    return replace(scene, samples=np.stack((user + behind, scene.samples[:, 1]), axis=1))


def errors_s(scene: Scene, role: Role = "user") -> list[float]:
    pairs = utterances_heard(scene, role)
    assert all(heard.start_s is not None for _, heard in pairs)
    return [abs(heard.start_s - said.start_s) for said, heard in pairs if heard.start_s is not None]


def test_every_utterance_is_heard_to_begin_where_it_was_planned(eventful):
    for scene in eventful:
        heard = hear(scene)
        assert heard.unheard == 0
        assert len(heard.onset_errors_s) == len(scene.turns) + len(scene.asides)
        assert np.abs(heard.onset_errors_s).max() < 0.03


def test_whatever_a_law_decides_is_heard_as_it_was_planned_but_for_shares_of_turns(eventful):
    planned, heard = defaultdict(list), defaultdict(list)
    for scene in eventful:
        for measure, value in achieved(scene.events):
            planned[measure].append(value)
        for measure, value in hear(scene).values:
            heard[measure].append(value)
    told = {measure for measure in planned if not measure.what.endswith("onset")}
    assert {measure.what for measure in told} == {
        "lead_s",
        "floor_transfer_s",
        "interruption.reaction_s",
        "failed_interruption.give_up_s",
        "backchannel.delay_s",
        "pause.duration_s",
    }
    assert set(heard) == told
    for measure in told:
        assert np.median(heard[measure]) == pytest.approx(np.median(planned[measure]), abs=0.06), measure


def test_others_who_talk_behind_the_user_are_not_heard_as_the_user(plain):
    talkers = np.concatenate([clip("assistant", ANSWER).samples[::-1], clip("user", QUESTION).samples[::-1]])
    for scene in plain:
        assert np.quantile(errors_s(with_sound_behind_the_user(scene, talkers, 18.0)), 0.9) < 0.06


def test_a_hum_and_hiss_behind_the_user_hide_no_onset(plain):
    time_s = np.arange(RATE) / RATE
    noise = np.sin(2 * np.pi * 100 * time_s) + 0.1 * np.random.default_rng(0).standard_normal(RATE)
    for scene in plain:
        assert max(errors_s(with_sound_behind_the_user(scene, noise, 15.0))) < 0.06


def test_the_assistants_echo_is_not_heard_as_the_user(plain):
    echoing = scenes(PLAIN, 2, echo={"share": 1.0, "gain": {"min": 0.2, "max": 0.2}})
    for scene, without in zip(echoing, plain, strict=True):
        assert not np.array_equal(scene.samples, without.samples)
        assert max(errors_s(scene)) < 0.03
        for (measure, heard_s), (same, heard_without_s) in zip(hear(scene).values, hear(without).values, strict=True):
            assert measure == same
            assert heard_s == pytest.approx(heard_without_s, abs=0.05)


def test_a_room_moves_no_onset_and_what_hangs_on_the_users_ends_is_left_out():
    in_room = scenes(EVENTFUL, 2, room={"share": 1.0})
    for scene in in_room:
        assert max(errors_s(scene)) < 0.03
    told = {measure for scene in in_room for measure, _ in hear(scene).values}
    assert Measure("floor_transfer_s", "user") in told
    assert Measure("backchannel.delay_s", "user") in told
    assert Measure("pause.duration_s", "assistant") in told
    assert Measure("floor_transfer_s", "assistant") not in told
    assert Measure("failed_interruption.give_up_s", "user") not in told
    assert Measure("pause.duration_s", "user") not in told


def test_speech_that_is_not_in_the_audio_is_not_heard(plain):
    (scene, _) = plain
    lost = scene.samples.copy()
    lost[: round(scene.turns[0].end_s * RATE) + 100, 0] = 0
    assert hear(replace(scene, samples=lost)).unheard == 1
    assert hear(replace(scene, samples=np.zeros_like(lost))).unheard == len(scene.turns) + len(scene.asides)


@pytest.mark.parametrize(("snr_db", "can_be"), [(9.9, False), (10.1, True)])
def test_a_scene_whose_noise_may_pass_for_the_user_is_not_listened_to(plain, snr_db, can_be):
    assert can_be_heard(plain[0])
    assert can_be_heard(replace(plain[0], noise=NoiseMix("noise/a.wav", "noise", snr_db, snr_db))) is can_be
