"""What a clip must be, and the level it is brought to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import RejectedError
from stages.speech.checks import check_clip, check_duration, check_text
from stages.speech.config import TurnLimits
from stages.speech.level import PEAK_CEILING_DBFS, active_level_dbfs, normalised
from stages.voice_activity import SpeechBounds

TONE = np.sin(np.arange(16000) * 0.1).astype(np.float32) * 0.5


@pytest.mark.parametrize(
    ("clip", "reason"),
    [
        (np.zeros(0, np.float32), "empty_audio"),
        (TONE[:159], "empty_audio"),
        (np.zeros(16000, np.float32), "silent"),
        (TONE * 1e-4, "silent"),
        (np.where(np.arange(16000) == 500, np.nan, TONE), "not_finite"),
        (np.where(np.arange(16000) == 500, np.inf, TONE), "not_finite"),
        (np.stack([TONE, TONE], axis=1), "wrong_shape"),
        (TONE.astype(np.float64), "wrong_shape"),
    ],
)
def test_a_faulty_clip_is_refused_by_reason(clip, reason):
    clip = clip.astype(np.float32) if reason != "wrong_shape" else clip
    with pytest.raises(RejectedError) as caught:
        check_clip(clip, 16000)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "unspeakable: the turn has no text"),
        (" \n\t", "unspeakable: the turn has no text"),
        ("word " * 400, r"too_long: 1600 characters take at least 89 s; speech\.limits\.max_s is 40"),
        ("word " * 185, r"too_long: 740 characters take at least 41 s"),
        ("今天天气很好" * 45, r"too_long: 270 characters take at least 42 s"),
    ],
)
def test_a_text_that_no_clip_can_pass_with_is_refused_beforehand(text, said):
    with pytest.raises(RejectedError, match=said):
        check_text(text, TurnLimits(), speed=1.0)


def test_a_long_text_is_spoken_where_the_limits_let_it():
    check_text("word " * 400, TurnLimits(max_s=150), speed=1.0)
    check_text("word " * 175, TurnLimits(), speed=1.0)
    check_text("今天天气很好" * 40, TurnLimits(), speed=1.0)


def test_a_dialogues_speaking_rate_decides_what_is_too_long():
    check_text("word " * 185, TurnLimits(), speed=1.1)
    with pytest.raises(RejectedError, match="too_long"):
        check_text("word " * 175, TurnLimits(), speed=0.9)


def test_the_fastest_speech_that_the_limits_allow_goes_with_the_dialogues_speaking_rate():
    limits = TurnLimits(max_characters_per_s=15)
    check_text("word " * 200, limits, speed=2.0)
    with pytest.raises(RejectedError, match=r"too_long: 800 characters take at least 41 s"):
        check_text("word " * 200, limits, speed=1.3)


@pytest.mark.parametrize(
    ("speech_s", "text", "reason"),
    [
        (0.05, "Hm", "too_short"),
        (0.5, "A sentence of some length that nobody says in half a second.", "too_short"),
        (6.0, "Yes.", "too_long"),
        (41.0, "word " * 100, "too_long"),
    ],
)
def test_speech_that_cannot_be_the_text_is_refused(speech_s, text, reason):
    with pytest.raises(RejectedError) as caught:
        check_duration(speech_s, text, TurnLimits(), speed=1.0)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("speech_s", "text"), [(0.3, "Yes."), (4.0, "x" * 60), (1.2, "Oh!"), (2.0, "你好，今天天气很好吗")]
)
def test_ordinary_speech_passes(speech_s, text):
    check_duration(speech_s, text, TurnLimits(), speed=1.0)


SAYS_60 = "x" * 60


@pytest.mark.parametrize(("speech_s", "speed"), [(1.7, 1.3), (23.0, 0.75)])
def test_a_dialogues_speaking_rate_moves_both_bars_of_pace(speech_s, speed):
    check_duration(speech_s, SAYS_60, TurnLimits(), speed)
    with pytest.raises(RejectedError, match="60 characters"):
        check_duration(speech_s, SAYS_60, TurnLimits(), speed=1.0)


@pytest.mark.parametrize("per_s", [2.8, 3.5, 4.5])
@pytest.mark.parametrize("speed", [0.75, 1.0])
def test_chinese_at_its_pace_passes_however_long_and_however_slow_the_dialogue(per_s, speed):
    text = "今天天气很好" * 12
    check_duration(min(39.0, len(text) / per_s / speed), text, TurnLimits(), speed)
    with pytest.raises(RejectedError, match="too_long"):
        check_duration(len(text) / 1.2 / speed, text, TurnLimits(max_s=200), speed)


@given(st.floats(-60, 0), st.floats(-40, -12), st.integers(0, 2**31))
def test_every_turn_comes_to_the_level_or_stops_at_the_peak_ceiling(found_db, wanted_db, seed):
    clip = np.random.default_rng(seed).normal(0, 1, 8000)
    clip = np.concatenate([np.zeros(1600), clip / np.abs(clip).max() * 10 ** (found_db / 20), np.zeros(800)])
    bounds = SpeechBounds(1600, 9600)
    result = normalised(clip.astype(np.float32), 16000, bounds, wanted_db)
    peak_dbfs = 20 * np.log10(np.abs(result).max())
    level_dbfs = active_level_dbfs(result, 16000, bounds)
    assert result.dtype == np.float32
    assert peak_dbfs <= PEAK_CEILING_DBFS + 1e-3
    assert level_dbfs == pytest.approx(wanted_db, abs=0.01) or peak_dbfs == pytest.approx(PEAK_CEILING_DBFS, abs=0.01)


def test_padding_and_pauses_do_not_change_a_turns_level():
    pause = np.zeros(8000, np.float32)
    clip = np.concatenate([pause, TONE, pause, TONE, pause])
    assert active_level_dbfs(clip, 16000, SpeechBounds(8000, 48000)) == pytest.approx(
        active_level_dbfs(TONE, 16000, SpeechBounds(0, 16000)), abs=0.05
    )
