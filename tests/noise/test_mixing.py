import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import RejectedError
from noise import active_power, limit, loop, scale_to_snr
from noise.mixing import PEAK_CEILING

RATE = 16_000


def white(seed: int, length: int, rms: float) -> np.ndarray:
    return (rms * np.random.default_rng(seed).standard_normal(length)).astype(np.float32)


def utterance(rms: float = 0.05) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Three seconds of which the middle one is speech."""
    speech = np.zeros(3 * RATE, np.float32)
    speech[RATE : 2 * RATE] = white(1, RATE, rms)
    return speech, [(RATE, 2 * RATE)]


def power(samples: np.ndarray) -> float:
    return float(np.mean(samples.astype(np.float64) ** 2))


def test_silence_between_turns_does_not_count_as_speech() -> None:
    speech, bounds = utterance(0.05)
    assert active_power(speech, bounds) == pytest.approx(power(speech[RATE : 2 * RATE]))
    assert active_power(speech, []) == 0


@given(snr_db=st.floats(-10, 50), speech_rms=st.floats(1e-3, 0.5), noise_rms=st.floats(1e-4, 0.3))
def test_the_realised_snr_is_the_requested_one(snr_db: float, speech_rms: float, noise_rms: float) -> None:
    speech, bounds = utterance(speech_rms)
    scaled = scale_to_snr(white(2, len(speech), noise_rms), active_power(speech, bounds), snr_db)
    measured = 10 * np.log10(active_power(speech, bounds) / power(scaled.samples))
    assert measured == pytest.approx(snr_db, abs=0.1)
    assert scaled.realised_snr_db == pytest.approx(measured, abs=0.01)


def test_a_constant_offset_is_not_noise() -> None:
    noise = white(2, RATE, 0.01)
    plain, shifted = (scale_to_snr(noise + np.float32(offset), 0.0025, 20.0) for offset in (0.0, 0.5))
    assert shifted.samples == pytest.approx(plain.samples, abs=1e-5)
    with pytest.raises(RejectedError, match="noise_silent"):
        scale_to_snr(np.full_like(noise, 0.5), 0.0025, 20.0)


def test_silent_speech_and_silent_noise_have_no_snr() -> None:
    noise = white(2, RATE, 0.01)
    with pytest.raises(RejectedError, match="speech_silent"):
        scale_to_snr(noise, 0.0, 20.0)
    with pytest.raises(RejectedError, match="noise_silent"):
        scale_to_snr(np.zeros_like(noise), 0.0025, 20.0)


def test_the_recording_is_left_as_it_was() -> None:
    noise = white(2, RATE, 0.3)
    copy = noise.copy()
    scale_to_snr(noise, 0.0025, 0.0)
    assert np.array_equal(noise, copy)


@pytest.mark.parametrize("peak", [0.5, -0.5, 1.0, -1.7, 40.0])
def test_a_channel_that_would_clip_is_turned_down_as_a_whole(peak: float) -> None:
    channel = white(1, RATE, 0.01)
    channel[500] = peak
    before = channel.copy()
    gain = limit(channel)
    assert np.abs(channel).max() <= PEAK_CEILING
    assert channel == pytest.approx(before * gain, rel=1e-6)
    assert (gain == 1.0) == (abs(peak) <= PEAK_CEILING)


def test_enough_noise_is_cut_not_looped() -> None:
    noise = white(3, 1000, 0.1)
    assert np.array_equal(loop(noise, 600, 0, 50), noise[:600])


@given(
    length=st.integers(1, 400),
    wanted=st.integers(1, 2000),
    start=st.integers(0, 5000),
    crossfade=st.integers(0, 500),
)
def test_a_loop_has_the_length_wanted_and_comes_round_again(
    length: int, wanted: int, start: int, crossfade: int
) -> None:
    looped = loop(white(3, length, 0.1), wanted, start, crossfade)
    assert looped.shape == (wanted,)
    if length < wanted:
        period = length - min(crossfade, length // 2)
        assert np.array_equal(looped[period:], looped[:-period] if wanted > period else looped[:0])


def test_a_loop_has_no_click_at_its_seam() -> None:
    """A slow sine that ends far from where it began: without a crossfade the seam jumps by almost its height."""
    noise = np.sin(np.linspace(0, 2.5 * np.pi, 4000)).astype(np.float32)
    steepest = np.abs(np.diff(noise)).max()
    assert np.abs(np.diff(loop(noise, 20_000, 0, 0))).max() > 0.9
    assert np.abs(np.diff(loop(noise, 20_000, 0, 800))).max() < 5 * steepest


def test_a_crossfade_keeps_the_power_of_noise() -> None:
    looped = loop(white(4, 8000, 0.1), 80_000, 0, 2000)
    seam = np.concatenate([looped[start : start + 2000] for start in range(0, 78_000, 6000)])
    assert power(seam) == pytest.approx(0.01, rel=0.1)
