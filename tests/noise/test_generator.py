import hashlib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from manifests.audio import decode_audio
from noise import Catalogue, CategoryWeights, builtin_bytes, builtin_noise

RATE = 16_000


@pytest.fixture(scope="module")
def clips() -> list[np.ndarray]:
    """Stand-ins for speech: noise in syllables."""
    rng = np.random.default_rng(5)
    return [
        (0.1 * rng.standard_normal(length) * (1 + np.sin(np.arange(length) / 600))).astype(np.float32)
        for length in (20_000, 35_000, 50_000, 800_000)
    ]


@pytest.fixture(scope="module")
def recordings(clips: list[np.ndarray]) -> dict[str, bytes]:
    return dict(builtin_noise(3, clips, RATE))


def test_how_large_the_folder_will_be_is_known_beforehand(recordings: dict[str, bytes]) -> None:
    assert sum(map(len, recordings.values())) == pytest.approx(builtin_bytes(RATE), rel=0.01)


def test_the_folder_has_musans_three_categories(recordings: dict[str, bytes], tmp_path: Path) -> None:
    for path, data in recordings.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    files = Catalogue.open(str(tmp_path), CategoryWeights()).files
    assert {file.path for file in files} == set(recordings)
    assert {file.category for file in files} == {"noise", "music", "speech"}


def test_the_same_seed_writes_the_same_bytes(recordings: dict[str, bytes], clips: list[np.ndarray]) -> None:
    again = dict(builtin_noise(3, clips, RATE))
    assert again == recordings


def test_another_seed_sounds_different(recordings: dict[str, bytes], clips: list[np.ndarray]) -> None:
    other = dict(builtin_noise(4, clips, RATE))
    # Chords have few keys and progressions: two seeds may well meet in one.
    assert all(other[path] != data for path, data in recordings.items() if not path.startswith("music/"))


def test_recordings_are_audible_unclipped_and_all_different(recordings: dict[str, bytes]) -> None:
    for data in recordings.values():
        samples, rate = decode_audio(data)
        assert rate == RATE
        assert len(samples) == 30 * RATE
        assert np.abs(samples).max() < 0.95
        assert 0.005 < np.sqrt(np.mean(samples**2)) < 0.06
    digests = [hashlib.sha256(data).digest() for data in recordings.values()]
    assert all(first != second for first, second in combinations(digests, 2))


def test_every_second_of_every_recording_sounds(recordings: dict[str, bytes]) -> None:
    for path, data in recordings.items():
        seconds = decode_audio(data)[0].reshape(30, RATE)
        assert np.sqrt(np.mean(seconds**2, axis=1)).min() > 1e-4, path


@pytest.mark.parametrize(("colour", "decibels_per_octave"), [("white", 0.0), ("pink", -3.0), ("brown", -6.0)])
def test_coloured_noise_falls_as_its_colour_says(
    recordings: dict[str, bytes], colour: str, decibels_per_octave: float
) -> None:
    path = next(path for path in recordings if f"/{colour}-" in path)
    spectrum = np.abs(np.fft.rfft(decode_audio(recordings[path])[0])) ** 2
    hz = np.fft.rfftfreq(30 * RATE, 1 / RATE)
    octaves = [np.mean(spectrum[(hz >= low) & (hz < 2 * low)]) for low in (250, 500, 1000, 2000)]
    assert np.diff(10 * np.log10(octaves)) == pytest.approx([decibels_per_octave] * 3, abs=0.5)


def test_hum_stands_on_the_mains_frequency(recordings: dict[str, bytes]) -> None:
    spectrum = np.abs(np.fft.rfft(decode_audio(recordings["noise/hum/hum-0001.wav"])[0]))
    hz = np.fft.rfftfreq(30 * RATE, 1 / RATE)
    near = np.zeros(len(hz), bool)
    for harmonic in range(1, 11):
        near |= np.abs(hz - 50 * harmonic) < 0.01 * 50 * harmonic
    assert np.sum(spectrum[near] ** 2) > 0.9 * np.sum(spectrum**2)


def test_without_speech_there_is_no_babble() -> None:
    paths = [path for path, _ in builtin_noise(3, [np.zeros(1000, np.float32)], RATE)]
    assert paths
    assert not any("babble" in path or path.startswith("speech/") for path in paths)
