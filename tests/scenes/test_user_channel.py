from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from manifests.errors import BuildError
from noise import Catalogue, CategoryWeights, NoiseConfig, active_power
from noise.mixing import PEAK_CEILING
from stages.scenes.acoustics import AcousticsConfig, HeardChannel, UserChannel, open_rooms
from stages.scenes.background import Backgrounds

RATE = 16_000
LENGTH = 6 * RATE
BOUNDS = [(RATE, 2 * RATE), (4 * RATE, 5 * RATE)]
ALWAYS = {"share": 1.0}


def noise(seed: int, length: int, rms: float = 0.05) -> np.ndarray:
    return (rms * np.random.default_rng(seed).standard_normal(length)).astype(np.float32)


def voice(rms: float = 0.05) -> np.ndarray:
    channel = np.zeros(LENGTH, np.float32)
    for number, (start, end) in enumerate(BOUNDS):
        channel[start:end] = noise(number, end - start, rms)
    return channel


def assistant() -> np.ndarray:
    channel = np.zeros(LENGTH, np.float32)
    channel[2 * RATE : 4 * RATE] = noise(7, 2 * RATE)
    return channel


def write(path: Path, samples: np.ndarray, rate: int = RATE, subtype: str = "FLOAT") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype)


def around(parts: dict[str, object], noise_folder: Path | None = None, seed: int = 1, **noise: object) -> UserChannel:
    config = AcousticsConfig.model_validate(parts)
    rooms = open_rooms(config.room) if config.room.share else None
    backgrounds = None
    if noise_folder:
        heard = NoiseConfig.model_validate({"source": "folder", "path": str(noise_folder), **noise})
        backgrounds = Backgrounds(Catalogue.open(str(noise_folder), CategoryWeights()), heard)
    return UserChannel(config, seed, backgrounds, rooms)


def heard_by(channel: UserChannel, index: int = 0, rms: float = 0.05) -> HeardChannel:
    return channel.hear(voice(rms), BOUNDS, assistant(), RATE, index)


@pytest.fixture
def hiss(tmp_path: Path) -> Path:
    write(tmp_path / "hiss/hiss.wav", noise(11, 20 * RATE))
    return tmp_path / "hiss"


@pytest.fixture
def responses(tmp_path: Path) -> Path:
    decay = np.random.default_rng(2).standard_normal(RATE // 2) * 10 ** (-3 * np.arange(RATE // 2) / (0.3 * RATE))
    decay[0] = 8.0
    write(tmp_path / "rirs/kitchen.wav", np.concatenate([np.zeros(300), decay]).astype(np.float32))
    return tmp_path / "rirs"


def test_without_anything_asked_for_the_voice_is_left_alone() -> None:
    heard = heard_by(around({}))
    assert np.array_equal(heard.samples, voice())
    assert (heard.noise, heard.acoustics.limiter_db, heard.notes) == (None, 0.0, ())


def test_the_echo_is_found_where_and_as_loud_as_the_record_says() -> None:
    for index in range(8):
        heard = heard_by(around({"echo": ALWAYS}), index)
        echo = heard.acoustics.echo
        assert echo is not None
        lags = correlate(heard.samples - voice(), assistant(), "full")[LENGTH - 1 :]
        lag = int(np.argmax(lags))
        assert 0.1 <= lag / RATE == echo.realised_delay_s <= 0.5
        assert echo.realised_delay_s == pytest.approx(echo.requested_delay_s, abs=1 / RATE)
        gain = lags[lag] / np.sum(assistant().astype(np.float64) ** 2)
        assert gain == pytest.approx(echo.realised_gain, abs=1e-4)
        assert 0 <= echo.realised_gain == echo.requested_gain <= 0.2


def test_gain_and_limiter_change_the_echo_that_is_heard_and_the_record_says_so() -> None:
    heard = heard_by(around({"echo": ALWAYS, "gain": {"share": 1.0, "db": {"min": 20, "max": 20}}}), rms=0.2)
    acoustics = heard.acoustics
    assert acoustics.echo is not None
    assert acoustics.gain is not None
    assert acoustics.gain.requested_db == 20
    assert acoustics.gain.realised_db == pytest.approx(20 + acoustics.limiter_db)
    assert acoustics.limiter_db < -3
    assert heard.notes == ("user_gain_reduced",)
    delay = round(acoustics.echo.realised_delay_s * RATE)
    played = assistant()[2 * RATE : 4 * RATE - delay].astype(np.float64)
    found = heard.samples[2 * RATE + delay : 4 * RATE] @ played / (played @ played)
    assert found == pytest.approx(acoustics.echo.realised_gain, rel=1e-3)


def test_gain_is_drawn_in_its_range_and_applied() -> None:
    channel = around({"gain": {"share": 1.0, "db": {"min": -20, "max": 5}}})
    drawn = []
    for index in range(20):
        heard = heard_by(channel, index)
        assert heard.acoustics.gain is not None
        drawn.append(heard.acoustics.gain.realised_db)
        level_db = 10 * np.log10(active_power(heard.samples, BOUNDS) / active_power(voice(), BOUNDS))
        assert level_db == pytest.approx(drawn[-1], abs=0.01)
    assert -20 <= min(drawn) < -15
    assert 0 < max(drawn) <= 5


@pytest.mark.parametrize("source", ["shoebox", "folder"])
def test_a_room_keeps_the_voices_level_and_onsets(source: str, responses: Path) -> None:
    room = {**ALWAYS, "source": source} | ({"path": str(responses)} if source == "folder" else {})
    heard = heard_by(around({"room": room}))
    mix = heard.acoustics.room
    assert mix is not None
    assert mix.source == ("kitchen.wav" if source == "folder" else "shoebox")
    assert mix.realised_rt60_s is not None
    assert mix.direct_to_reverberant_db is not None
    assert active_power(heard.samples, BOUNDS) == pytest.approx(active_power(voice(), BOUNDS), rel=1e-3)
    loud = np.flatnonzero(np.abs(heard.samples) > 0.02)
    assert abs(int(loud[0]) - RATE) <= 0.002 * RATE
    assert np.abs(heard.samples[2 * RATE : 2 * RATE + 800]).max() > 1e-3


def test_noise_is_set_against_the_voice_as_it_arrives_from_the_room(hiss: Path, responses: Path) -> None:
    room = {"room": {**ALWAYS, "source": "folder", "path": str(responses)}}
    alone, noisy = heard_by(around(room)), heard_by(around(room, hiss))
    assert noisy.noise is not None
    added = (noisy.samples - alone.samples).astype(np.float64)
    snr_db = 10 * np.log10(active_power(alone.samples, BOUNDS) / np.mean(added**2))
    assert snr_db == pytest.approx(noisy.noise.requested_snr_db, abs=0.1)
    assert noisy.noise.realised_snr_db == pytest.approx(snr_db, abs=0.1)


def test_gain_and_limiter_keep_the_snr(hiss: Path) -> None:
    loud = {"gain": {"share": 1.0, "db": {"min": 30, "max": 30}}}
    heard = heard_by(around(loud, hiss, snr_db={"min": 0, "max": 0}))
    scale = 10 ** ((30 + heard.acoustics.limiter_db) / 20)
    added = heard.samples.astype(np.float64) - scale * voice()
    snr_db = 10 * np.log10(scale**2 * active_power(voice(), BOUNDS) / np.mean(added**2))
    assert snr_db == pytest.approx(0.0, abs=0.1)
    assert np.abs(heard.samples).max() == pytest.approx(PEAK_CEILING, abs=1e-6)


@pytest.mark.parametrize("codec", ["mulaw", "alaw", "gsm", "opus", "none"])
def test_whatever_the_line_does_nothing_clips(codec: str) -> None:
    parts = {"gain": {"share": 1.0, "db": {"min": 40, "max": 40}}, "line": {"share": 1.0, "codecs": {codec: 1}}}
    heard = heard_by(around(parts))
    assert np.abs(heard.samples).max() <= PEAK_CEILING
    assert heard.notes.count("user_gain_reduced") == 1
    assert heard.acoustics.line is not None
    assert heard.acoustics.line.codec == codec
    assert (heard.acoustics.line.low_hz is None) == (codec == "opus")


def test_codecs_are_drawn_by_weight() -> None:
    channel = around({"line": {"share": 1.0, "codecs": {"mulaw": 3, "none": 1}}})
    lines = [heard_by(channel, index).acoustics.line for index in range(100)]
    drawn = [line.codec for line in lines if line]
    assert len(drawn) == 100
    assert drawn.count("mulaw") == pytest.approx(75, abs=12)


def test_each_part_comes_to_its_share_of_the_dialogues_by_itself(hiss: Path) -> None:
    channel = around({"echo": {"share": 0.25}, "gain": {"share": 0.5}}, hiss, share=0.75)
    heard = [heard_by(channel, index) for index in range(300)]
    echoes = [bool(one.acoustics.echo) for one in heard]
    gains = [bool(one.acoustics.gain) for one in heard]
    noises = [bool(one.noise) for one in heard]
    assert sum(echoes) == pytest.approx(75, abs=20)
    assert sum(gains) == pytest.approx(150, abs=25)
    assert sum(noises) == pytest.approx(225, abs=22)
    both = sum(echo and gain for echo, gain in zip(echoes, gains, strict=True))
    assert both == pytest.approx(300 * 0.25 * 0.5, abs=15)


def test_one_part_more_leaves_the_draws_of_the_others_as_they_were(hiss: Path) -> None:
    alone = heard_by(around({"echo": ALWAYS}, hiss), 5)
    among_others = heard_by(around({"echo": ALWAYS, "gain": ALWAYS, "line": ALWAYS}, hiss), 5)
    assert alone.acoustics.echo is not None
    assert among_others.acoustics.echo is not None
    assert alone.acoustics.echo.requested_gain == among_others.acoustics.echo.requested_gain
    assert alone.noise == among_others.noise


def test_the_same_seed_sounds_the_same_and_another_does_not(hiss: Path) -> None:
    parts = dict.fromkeys(("room", "echo", "gain", "line"), ALWAYS)
    one, same, other = (heard_by(around(parts, hiss, seed=seed), 3) for seed in (1, 1, 2))
    assert np.array_equal(one.samples, same.samples)
    assert (one.acoustics, one.noise, one.notes) == (same.acoustics, same.noise, same.notes)
    assert one.acoustics != other.acoustics


def in_folder(folder: Path) -> UserChannel:
    return around({"room": {**ALWAYS, "source": "folder", "path": str(folder)}})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "room_unreadable"),
        (b"RIFF but no more", "room_unreadable"),
        (np.zeros(0, np.float32), "room_empty"),
        (np.array([1.0, np.nan, 0.1]), "room_not_finite"),
        (np.array([1.0, np.inf, 0.1]), "room_not_finite"),
        (np.zeros(RATE, np.float32), "room_silent"),
    ],
)
def test_a_bad_response_is_noted_and_another_one_used(
    responses: Path, content: bytes | np.ndarray, reason: str
) -> None:
    if isinstance(content, bytes):
        (responses / "bad.wav").write_bytes(content)
    else:
        write(responses / "bad.wav", content)
    heard = [heard_by(in_folder(responses), index) for index in range(12)]
    assert all(one.acoustics.room and one.acoustics.room.source == "kitchen.wav" for one in heard)
    noted = [f"{reason}:bad.wav" in one.notes for one in heard]
    assert 0 < sum(noted) < len(noted)


def test_a_folder_of_only_bad_responses_stops_the_run(tmp_path: Path) -> None:
    write(tmp_path / "silence.wav", np.zeros(RATE, np.float32))
    with pytest.raises(
        BuildError, match=r"none of the 1 impulse responses.*room_silent.*scenes\.acoustics\.room\.path"
    ):
        heard_by(in_folder(tmp_path))


def test_an_empty_folder_and_a_missing_one_are_named_with_the_way_out(tmp_path: Path) -> None:
    for folder, fault in ((tmp_path, "contains no audio files"), (tmp_path / "nowhere", "does not exist")):
        with pytest.raises(BuildError, match=rf"{folder.name}.*{fault}.*source: shoebox"):
            in_folder(folder)


def test_a_response_longer_than_the_scene_is_cut_and_counted(responses: Path) -> None:
    (responses / "kitchen.wav").unlink()
    long = np.concatenate([[1.0], 1e-3 * np.random.default_rng(3).standard_normal(10 * RATE)])
    write(responses / "cathedral.wav", long)
    heard = heard_by(in_folder(responses))
    assert heard.samples.shape == (LENGTH,)
    assert "room_cut" in heard.notes


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (44_100, 1), (48_000, 4)])
def test_responses_of_any_rate_format_and_number_of_channels_are_read(
    tmp_path: Path, subtype: str, rate: int, channels: int
) -> None:
    decay = 0.1 * 10 ** (-3 * np.arange(rate // 2) / (0.3 * rate)) * np.random.default_rng(1).uniform(-1, 1, rate // 2)
    decay[0] = 0.95
    delayed = np.concatenate([np.zeros(rate // 50), decay])
    others = [np.full_like(delayed, 0.2)] * (channels - 1)  # averaged in, these would be a second direct sound at once
    write(tmp_path / "room.wav", np.stack([delayed, *others], axis=1), rate, subtype)
    heard = heard_by(in_folder(tmp_path))
    loud = np.flatnonzero(np.abs(heard.samples) > 0.02)
    assert abs(int(loud[0]) - RATE) <= 0.002 * RATE
