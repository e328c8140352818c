import io
from pathlib import Path

import fsspec
import numpy as np
import pytest
import soundfile

from manifests.errors import BuildError, RejectedError
from noise import Catalogue, CategoryWeights

RATE = 16_000
EVERYTHING = CategoryWeights(noise=1.0, music=1.0, speech=1.0)


def tone(seconds: float = 1.0, rate: int = RATE, hz: float = 440.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype)


@pytest.fixture
def musan(tmp_path: Path) -> Path:
    write(tmp_path / "noise/free-sound/b.wav", tone())
    write(tmp_path / "noise/free-sound/a.wav", tone())
    write(tmp_path / "music/fma/m.flac", tone())
    write(tmp_path / "speech/librivox/s.wav", tone())
    (tmp_path / "noise/free-sound/LICENSE").write_text("words, not sounds")
    (tmp_path / "noise/free-sound/._a.wav").write_bytes(b"metadata of a Mac")
    return tmp_path


def read_all(folder: Path, rate: int = RATE, length: int = RATE) -> np.ndarray:
    catalogue = Catalogue.open(str(folder), EVERYTHING)
    return catalogue.read(catalogue.files[0], rate, length, 0.0)


def test_musan_layout_is_listed_in_order_with_its_categories(musan: Path) -> None:
    files = Catalogue.open(str(musan), EVERYTHING).files
    assert [(file.path, file.category) for file in files] == [
        ("music/fma/m.flac", "music"),
        ("noise/free-sound/a.wav", "noise"),
        ("noise/free-sound/b.wav", "noise"),
        ("speech/librivox/s.wav", "speech"),
    ]


def test_linked_folders_are_listed_like_any_other_and_links_back_lead_nowhere(musan: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(elsewhere / "street/tram.wav", tone())
    (elsewhere / "again").symlink_to(elsewhere)
    (musan / "noise/linked").symlink_to(elsewhere)
    (musan / "noise/back").symlink_to(musan)
    (musan / "noise/nothing.wav").symlink_to(musan / "nowhere.wav")
    (musan / "noise/one.wav").symlink_to(elsewhere / "street/tram.wav")

    found = Catalogue.open(str(musan), CategoryWeights(music=0.0, speech=0.0))

    assert [(file.path, file.size_bytes > 0) for file in found.files] == [
        ("noise/free-sound/a.wav", True),
        ("noise/free-sound/b.wav", True),
        ("noise/linked/street/tram.wav", True),
        ("noise/nothing.wav", False),
        ("noise/one.wav", True),
    ]
    assert len(found.read(found.files[2], RATE, RATE, 0.0)) == RATE


def test_listing_opens_no_file(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"not audio")
    assert len(Catalogue.open(str(tmp_path), EVERYTHING).files) == 1


def test_any_folder_of_audio_counts_as_noise(tmp_path: Path) -> None:
    write(tmp_path / "street/tram.wav", tone())
    assert Catalogue.open(str(tmp_path), EVERYTHING).files[0].category == "noise"


def test_a_category_without_weight_is_never_drawn(musan: Path) -> None:
    catalogue = Catalogue.open(str(musan), CategoryWeights(noise=0.0, music=1.0, speech=0.0))
    assert [file.path for file in catalogue.candidates(np.random.default_rng(0))] == ["music/fma/m.flac"]


def test_categories_are_drawn_by_weight_first(musan: Path) -> None:
    catalogue = Catalogue.open(str(musan), CategoryWeights(noise=3.0, music=1.0, speech=0.0))
    firsts = [next(catalogue.candidates(np.random.default_rng(seed))).category for seed in range(400)]
    assert firsts.count("noise") / len(firsts) == pytest.approx(0.75, abs=0.07)


def test_candidates_are_every_file_once_in_an_order_that_the_generator_decides(musan: Path) -> None:
    catalogue = Catalogue.open(str(musan), EVERYTHING)
    orders = [list(catalogue.candidates(np.random.default_rng(seed))) for seed in (1, 1, 2, 3)]
    assert orders[0] == orders[1]
    assert len(set(map(tuple, orders))) > 1
    assert all(sorted(order, key=lambda file: file.path) == list(catalogue.files) for order in orders)


def test_the_same_folder_reads_the_same_over_another_filesystem(musan: Path) -> None:
    memory = fsspec.filesystem("memory")
    for path in musan.rglob("*.wav"):
        memory.pipe(f"/bucket/musan/{path.relative_to(musan).as_posix()}", path.read_bytes())
    remote = Catalogue.open("memory://bucket/musan", CategoryWeights(music=0.0))
    local = Catalogue.open(str(musan), CategoryWeights(music=0.0))
    assert remote.files == local.files
    assert remote.digest() == local.digest()
    assert np.array_equal(remote.read(remote.files[0], RATE, 100, 0.5), local.read(local.files[0], RATE, 100, 0.5))


def test_candidates_are_the_same_however_many_were_drawn_before(musan: Path) -> None:
    catalogue = Catalogue.open(str(musan), EVERYTHING)
    first, second = (list(catalogue.candidates(np.random.default_rng(3))) for _ in range(2))
    assert first == second
    assert sorted(file.path for file in first) == [file.path for file in catalogue.files]


def test_digest_tells_a_changed_folder(musan: Path) -> None:
    before = Catalogue.open(str(musan), EVERYTHING).digest()
    write(musan / "noise/free-sound/c.wav", tone())
    assert Catalogue.open(str(musan), EVERYTHING).digest() != before


def test_a_missing_folder_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"nowhere.*does not exist.*noise\.path.*builtin"):
        Catalogue.open(str(tmp_path / "nowhere"), EVERYTHING)


def test_a_file_is_not_a_folder(musan: Path) -> None:
    with pytest.raises(BuildError, match=r"a\.wav.*is not a folder"):
        Catalogue.open(str(musan / "noise/free-sound/a.wav"), EVERYTHING)


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(BuildError, match="gopher"):
        Catalogue.open("gopher://musan", EVERYTHING)


@pytest.mark.parametrize("weights", [EVERYTHING, CategoryWeights(noise=1.0, music=0.0, speech=0.0)])
def test_a_folder_without_usable_audio_is_an_error(tmp_path: Path, weights: CategoryWeights) -> None:
    (tmp_path / "readme.txt").write_text("no audio")
    if weights != EVERYTHING:
        write(tmp_path / "music/only.wav", tone())
    with pytest.raises(BuildError, match=str(tmp_path)):
        Catalogue.open(str(tmp_path), weights)


def test_position_moves_the_stretch_through_a_long_recording(tmp_path: Path) -> None:
    ramp = np.linspace(0, 0.9, 10 * RATE, dtype=np.float32)
    write(tmp_path / "ramp.wav", ramp, subtype="FLOAT")
    catalogue = Catalogue.open(str(tmp_path), EVERYTHING)
    for position in (0.0, 0.5, 0.999):
        stretch = catalogue.read(catalogue.files[0], RATE, RATE, position)
        assert len(stretch) == RATE
        assert stretch[0] == pytest.approx(ramp[int(position * 9 * RATE)], abs=1e-3)


@pytest.mark.parametrize("seconds", [5.0, 70.0])
def test_a_recording_reads_the_same_however_often_and_in_whatever_order(tmp_path: Path, seconds: float) -> None:
    write(tmp_path / "noise.wav", np.random.default_rng(1).uniform(-0.5, 0.5, round(seconds * 22_050)), 22_050)
    first = Catalogue.open(str(tmp_path), EVERYTHING)
    second = Catalogue.open(str(tmp_path), EVERYTHING)
    positions = (0.1, 0.9, 0.4)
    stretches = [first.read(first.files[0], RATE, RATE, position) for position in positions]
    backwards = [second.read(second.files[0], RATE, RATE, position) for position in reversed(positions)]
    assert all(np.array_equal(one, other) for one, other in zip(stretches, reversed(backwards), strict=True))
    assert not np.array_equal(stretches[0], stretches[1])


def test_a_short_recording_is_read_from_its_file_once(tmp_path: Path) -> None:
    write(tmp_path / "noise.wav", tone(5.0))
    catalogue = Catalogue.open(str(tmp_path), EVERYTHING)
    before = catalogue.read(catalogue.files[0], RATE, RATE, 0.0)
    (tmp_path / "noise.wav").unlink()
    assert np.array_equal(catalogue.read(catalogue.files[0], RATE, RATE, 0.0), before)


def test_a_short_recording_is_returned_whole(tmp_path: Path) -> None:
    write(tmp_path / "short.wav", tone(0.25))
    assert len(read_all(tmp_path, length=RATE)) == RATE // 4


def test_stereo_is_mixed_down(tmp_path: Path) -> None:
    write(tmp_path / "stereo.wav", np.stack([tone(), np.zeros(RATE, np.float32)], axis=1), subtype="FLOAT")
    assert read_all(tmp_path) == pytest.approx(tone() / 2, abs=1e-6)


@pytest.mark.parametrize(("subtype", "tolerance"), [("PCM_U8", 0.01), ("PCM_24", 1e-6), ("DOUBLE", 1e-6)])
def test_any_sample_format_is_read(tmp_path: Path, subtype: str, tolerance: float) -> None:
    write(tmp_path / "noise.wav", tone(), subtype=subtype)
    assert read_all(tmp_path) == pytest.approx(tone(), abs=tolerance)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000])
def test_any_rate_is_resampled(tmp_path: Path, rate: int) -> None:
    write(tmp_path / "noise.wav", tone(3.0, rate), rate)
    heard = read_all(tmp_path)
    assert heard.dtype == np.float32
    assert len(heard) == RATE
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) == 440


def truncated_header() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(), RATE, format="WAV")
    return buffer.getvalue()[:30]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "noise_unreadable"),
        (b"prose, not audio", "noise_unreadable"),
        (truncated_header(), "noise_unreadable"),
    ],
)
def test_an_unreadable_file_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(RejectedError, match=r"bad\.wav") as caught:
        read_all(tmp_path)
    assert caught.value.reason == reason


def test_a_recording_without_samples_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "empty.wav", np.zeros(0, np.float32))
    with pytest.raises(RejectedError, match="noise_empty"):
        read_all(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_refused(tmp_path: Path, value: float) -> None:
    samples = tone()
    samples[500] = value
    write(tmp_path / "nan.wav", samples, subtype="FLOAT")
    with pytest.raises(RejectedError, match="noise_not_finite"):
        read_all(tmp_path)


def test_a_file_that_vanished_after_the_listing_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "gone.wav", tone())
    catalogue = Catalogue.open(str(tmp_path), EVERYTHING)
    (tmp_path / "gone.wav").unlink()
    with pytest.raises(RejectedError, match="noise_unreadable"):
        catalogue.read(catalogue.files[0], RATE, RATE, 0.0)
