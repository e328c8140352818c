"""What the gate measures on sound alone: flat tops, silence inside, noise under the voice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.speech.gate.sound import clipped_share, has_floor, silence_inside, speech_over_floor_db
from stages.voice_activity import SpeechBounds

RATE = 16000
TONE = np.sin(np.arange(RATE) * 0.1).astype(np.float32) * 0.5
NOISE = np.random.default_rng(0).normal(0, 1, 2 * RATE).astype(np.float32)
VOICE = np.random.default_rng(1).laplace(0, 0.1, RATE).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def test_a_peak_normalised_clip_is_not_clipped():
    assert clipped_share(VOICE / np.abs(VOICE).max()) == 0


@given(st.floats(0.05, 1.0), st.floats(2, 20))
def test_a_wave_that_was_cut_off_is_clipped_however_far_it_was_turned_down_afterwards(turned_down, drive):
    clipped = np.clip(TONE * 2 * drive, -1, 1) * np.float32(turned_down)
    assert clipped_share(clipped.astype(np.float32)) > 0.1


@pytest.mark.parametrize("pause_s", [0.3, 1.0, 2.5])
def test_silence_is_measured_between_the_bounds_alone(pause_s):
    clip = np.concatenate([silence(1), TONE, silence(pause_s), TONE, silence(2)])
    found = silence_inside(clip, RATE, SpeechBounds(RATE, 3 * RATE + round(pause_s * RATE)))
    assert found.longest_s == pytest.approx(pause_s, abs=0.02)
    assert found.share == pytest.approx(pause_s / (2 + pause_s), abs=0.02)


def test_speech_without_a_pause_has_no_silence():
    found = silence_inside(VOICE, RATE, SpeechBounds(0, len(VOICE)))
    assert (found.share, found.longest_s) == (0, 0)


@pytest.mark.parametrize("snr_db", [10, 20, 40])
def test_noise_is_found_in_the_pauses(snr_db):
    clip = np.concatenate([silence(0.2), TONE, silence(0.2)])
    level = np.sqrt((TONE**2).mean()) * 10 ** (-snr_db / 20)
    assert speech_over_floor_db(clip + NOISE[: len(clip)] * level, RATE) == pytest.approx(snr_db, abs=2)


@pytest.mark.parametrize("padding_s", [0.06, 0.2, 1.0])
@pytest.mark.parametrize("snr_db", [5, 20])
def test_noise_in_the_padding_is_a_floor_and_what_sounds_begin_and_end_with_is_none(padding_s, snr_db):
    rise = np.linspace(0, 1, RATE // 10) ** 2
    word = VOICE[: RATE // 2] * np.concatenate([rise, np.ones(RATE // 2 - 2 * len(rise)), rise[::-1]])
    padded = np.concatenate([silence(padding_s), word, silence(padding_s)])
    hiss = np.resize(NOISE, len(padded)) * np.sqrt((word**2).mean()) * 10 ** (-snr_db / 20)
    assert has_floor(padded + hiss, RATE)
    assert not has_floor(word, RATE)
    assert not has_floor(word[: RATE // 20], RATE)


def test_digital_silence_is_a_floor_of_16_bits_not_of_minus_infinity():
    assert speech_over_floor_db(np.concatenate([silence(0.5), TONE]), RATE) < 100
