"""What every codec owes: whole chunks of valid units, the same ones whatever else goes on, and refusals by name."""

import numpy as np
import pytest
import torch

from manifests.errors import RejectedError
from stages.units import Encodec, Mimi, S3Tokenizer, engine_info, identity, open_speech_tokenizer
from tests.units.codec_checkpoints import save_encodec, save_mimi, save_s3, sound

KINDS = ("mimi", "encodec", "v1_50hz", "v1_25hz", "v2_25hz")
FORMATS = {  # rate, codebooks, size, units in 400 ms
    "mimi": (37.5, 3, 192, 15),
    "encodec": (150.0, 2, 128, 60),
    "v1_50hz": (50, 1, 4096, 20),
    "v1_25hz": (25, 1, 4096, 10),
    "v2_25hz": (25, 1, 6561, 10),
}


@pytest.fixture(scope="module")
def configs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("codecs")
    mimi, encodec = save_mimi(folder / "mimi"), save_encodec(folder / "encodec")
    made = {
        "mimi": Mimi(kind="mimi", path=str(mimi), codebooks=3, codebook_size=64),
        "encodec": Encodec(kind="encodec", path=str(encodec), codebooks=2, codebook_size=64),
    }
    for variant in KINDS[2:]:
        path = save_s3(folder / f"{variant}.onnx", variant)
        made[variant] = S3Tokenizer(kind="s3tokenizer", variant=variant, path=str(path))
    return made


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def tokenizer(configs, kind):
    return open_speech_tokenizer(configs[kind])


def frames_are_in_order(tokenizer, units):
    books = units // (tokenizer.size // tokenizer.codebooks)
    return np.array_equal(books, np.arange(len(units)) % tokenizer.codebooks)


def test_the_format_is_the_one_the_config_states(configs, kind, tokenizer):
    stated = configs[kind]
    for said in (stated, tokenizer):
        assert (said.rate_hz, said.codebooks, said.size, said.chunk_units) == FORMATS[kind]


@pytest.mark.parametrize(
    ("samples", "chunks"), [(0, 0), (1, 1), (639, 1), (6399, 1), (6400, 1), (6401, 2), (33_333, 6)]
)
def test_units_come_in_whole_chunks_and_whole_frames(tokenizer, samples, chunks):
    units = tokenizer.encode(sound(3.0)[:samples], 16_000)
    assert units.shape == (chunks * tokenizer.chunk_units,)
    assert units.dtype == np.int32
    assert frames_are_in_order(tokenizer, units)


def test_sound_makes_many_different_units(tokenizer):
    assert len(set(tokenizer.encode(sound(3.0), 16_000).tolist())) > 20


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 24_000, 44_100, 48_000])
def test_audio_of_any_rate_has_the_same_grid(tokenizer, rate):
    for seconds, chunks in ((2.0, 5), (2.01, 6)):
        assert len(tokenizer.encode(sound(seconds, rate), rate)) == chunks * tokenizer.chunk_units


def test_units_are_the_same_in_any_order_and_company(configs, kind, tokenizer):
    channels = [sound(seconds, seed=seed) for seed, seconds in enumerate((2.0, 0.3, 4.1))]
    together = [tokenizer.encode(channel, 16_000) for channel in channels]
    backwards = [tokenizer.encode(channel, 16_000) for channel in reversed(channels)][::-1]
    alone = [open_speech_tokenizer(configs[kind]).encode(channel, 16_000) for channel in channels]
    for first, second, third in zip(together, backwards, alone, strict=True):
        assert np.array_equal(first, second)
        assert np.array_equal(first, third)


def test_the_silence_that_fills_a_chunk_is_silence(tokenizer):
    channel = sound(2.9)
    filled = np.pad(channel, (0, 8 * 6400 - len(channel)))
    assert np.array_equal(tokenizer.encode(channel, 16_000), tokenizer.encode(filled, 16_000))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_audio_that_is_not_finite_is_rejected(tokenizer, value):
    broken = sound(1.0)
    broken[100] = value
    with pytest.raises(RejectedError, match="audio_not_finite"):
        tokenizer.encode(broken, 16_000)


def test_audio_far_beyond_full_scale_is_rejected(tokenizer):
    with pytest.raises(RejectedError, match=r"audio_too_loud: a sample is 1e\+30 times full scale"):
        tokenizer.encode(np.full(16_000, 1e30, np.float32), 16_000)


def test_integers_are_refused(tokenizer):
    with pytest.raises(ValueError, match=r"samples are int16, not floats in \[-1, 1\]"):
        tokenizer.encode(np.zeros(16_000, np.int16), 16_000)


def test_two_channels_at_once_are_refused(tokenizer):
    with pytest.raises(ValueError, match=r"shape \(16000, 2\) are not one channel"):
        tokenizer.encode(np.zeros((16_000, 2), np.float32), 16_000)


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_constant_audio_is_no_trouble(tokenizer, value):
    units = tokenizer.encode(np.full(16_000, value, np.float32), 16_000)
    assert frames_are_in_order(tokenizer, units)
    assert 0 <= units.min() <= units.max() < tokenizer.size


def test_a_channel_of_minutes_keeps_its_length(tokenizer):
    units = tokenizer.encode(sound(63.0), 16_000)
    assert len(units) == 158 * tokenizer.chunk_units
    assert frames_are_in_order(tokenizer, units)


def test_opening_leaves_torch_on_one_thread(tokenizer):
    assert torch.get_num_threads() == 1


def test_identity_and_card_name_the_weights(configs, kind):
    rate, codebooks, size, _ = FORMATS[kind]
    said, engine = identity(configs[kind]), engine_info(configs[kind])
    assert (said.rate_hz, said.codebooks, said.size) == (rate, codebooks, size)
    assert engine.digest[:16] in said.tokenizer
    assert len(engine.digest) == 64
    assert "torch" in engine.engine


def test_other_weights_are_another_tokenizer(configs, tmp_path):
    (tmp_path / "other").mkdir()
    for file in ("config.json", "model.safetensors"):
        content = (save_mimi(tmp_path / "mimi") / file).read_bytes()
        (tmp_path / "other" / file).write_bytes(content + (b" " if file == "config.json" else b""))
    here, there = (
        identity(Mimi(kind="mimi", path=str(tmp_path / name), codebook_size=64)) for name in ("mimi", "other")
    )
    assert here.tokenizer != there.tokenizer
