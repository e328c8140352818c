import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.scenes.acoustics.reverberation import Response, response_of, reverberate
from stages.scenes.acoustics.shoebox import impulse_response, least_rt60_s, place

RATE = 16_000


def decaying(rt60_s: float, seconds: float = 1.0, delay: int = 0, direct: float = 1.0) -> np.ndarray:
    """Return a direct sound and, 10 ms later, noise that decays by 60 dB in `rt60_s`."""
    times = np.arange(round(seconds * RATE)) / RATE
    tail = 0.1 * np.random.default_rng(3).standard_normal(len(times)) * 10 ** (-3 * times / rt60_s)
    tail[: RATE // 100] = 0
    tail[0] = direct
    return np.concatenate([np.zeros(delay), tail]).astype(np.float32)


def measured(recording: np.ndarray) -> Response:
    response = response_of(recording, RATE)
    assert response is not None
    return response


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 0.9])
def test_the_reverberation_time_is_read_off_the_decay(rt60_s: float) -> None:
    assert measured(decaying(rt60_s, direct=0.02)).rt60_s == pytest.approx(rt60_s, rel=0.05)


def test_direct_sound_is_set_against_all_that_follows() -> None:
    response = decaying(0.3)
    expected = 10 * np.log10(1 / np.sum(response[1:].astype(np.float64) ** 2))
    assert measured(response).direct_to_reverberant_db == pytest.approx(expected, abs=1e-3)


def test_a_pulse_alone_has_neither_reverberation_time_nor_reverberation() -> None:
    pulse = measured(np.eye(1, 400, 30, dtype=np.float32)[0])
    assert (pulse.rt60_s, pulse.direct_to_reverberant_db) == (None, None)


def test_silence_is_no_response() -> None:
    assert response_of(np.zeros(RATE, np.float32), RATE) is None


@given(delay=st.integers(0, 4000), rt60_s=st.floats(0.1, 1.0))
def test_the_way_of_the_sound_to_the_microphone_moves_nothing(delay: int, rt60_s: float) -> None:
    voice = np.zeros(RATE, np.float32)
    voice[5000] = 1.0
    heard = reverberate(voice, measured(decaying(rt60_s, 0.5, delay)))
    assert len(heard) == len(voice)
    assert np.argmax(np.abs(heard)) == 5000
    assert np.abs(heard[:5000]).max() < 1e-5


@pytest.mark.parametrize("distance_m", [0.2, 1.0, 2.5])
@pytest.mark.parametrize("rt60_s", [0.2, 0.6])
def test_in_a_simulated_room_onsets_stay_within_two_milliseconds(distance_m: float, rt60_s: float) -> None:
    box = place((5.0, 4.0, 2.7), rt60_s, distance_m, np.random.default_rng(4))
    voice = np.zeros(2 * RATE, np.float32)
    voice[RATE:] = 0.1 * np.random.default_rng(5).standard_normal(RATE)
    heard = reverberate(voice, measured(impulse_response(box, RATE)))
    onset = int(np.argmax(np.abs(heard) > 0.1 * np.abs(heard).max()))
    assert abs(onset - RATE) <= 0.002 * RATE


def test_a_simulated_room_has_about_the_reverberation_time_it_was_built_for() -> None:
    for size in ((3.0, 2.5, 2.4), (7.0, 5.0, 3.2)):
        for rt60_s in (0.2, 0.35, 0.5):
            box = place(size, rt60_s, 1.0, np.random.default_rng(6))
            assert measured(impulse_response(box, RATE)).rt60_s == pytest.approx(rt60_s, rel=0.3)


def test_the_same_room_sounds_the_same() -> None:
    one, other = (
        impulse_response(place((4.0, 3.0, 2.5), 0.3, 0.8, np.random.default_rng(seed)), RATE) for seed in (7, 7)
    )
    assert np.array_equal(one, other)


@given(
    size=st.tuples(st.floats(1.5, 10), st.floats(1.5, 10), st.floats(1.8, 4)),
    distance_m=st.floats(0.05, 5),
    seed=st.integers(0, 99),
)
def test_mouth_and_microphone_are_in_the_room_and_no_further_apart_than_asked(
    size: tuple[float, float, float], distance_m: float, seed: int
) -> None:
    box = place(size, 0.5, distance_m, np.random.default_rng(seed))
    for point in (box.mouth_m, box.microphone_m):
        assert all(0 < coordinate < side for coordinate, side in zip(point, size, strict=True))
    assert np.linalg.norm(np.subtract(box.mouth_m, box.microphone_m)) <= distance_m + 1e-9


def test_a_room_of_open_windows_decays_as_sabine_says() -> None:
    assert least_rt60_s((10.0, 10.0, 10.0)) == pytest.approx(0.161 * 1000 / 600, rel=0.01)
