"""EnCodec: whole recordings, long ones in windows; checkpoints that can't serve are refused by name."""

import numpy as np
import pytest
import torch
from transformers import EncodecModel

from manifests.errors import BuildError
from stages.units import Encodec, open_speech_tokenizer, remarks
from tests.units.codec_checkpoints import save_encodec, sound

RATE = 24_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_encodec(tmp_path_factory.mktemp("encodec"))


def config(folder, **changes):
    return Encodec(**{"kind": "encodec", "path": str(folder), "codebooks": 2, "codebook_size": 64, **changes})


def codes_of(folder, channel, bandwidth):
    """Return codes, shape (frames, codebooks), of the model as `transformers` serves it."""
    model = EncodecModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        return model.encode(torch.from_numpy(channel)[None, None], bandwidth=bandwidth).audio_codes[0, 0].numpy().T


def test_units_are_those_the_model_makes_of_the_whole_recording(folder):
    channel = sound(8.0, RATE)
    units = open_speech_tokenizer(config(folder)).encode(channel, RATE).reshape(-1, 2)
    assert np.array_equal(units - [0, 64], codes_of(folder, channel, 0.9))


@pytest.mark.parametrize("codebooks", [1, 3])
def test_fewer_codebooks_than_a_bandwidth_has_are_the_first_ones(folder, codebooks):
    channel = sound(2.0, RATE)
    units = open_speech_tokenizer(config(folder, codebooks=codebooks)).encode(channel, RATE)
    codes = codes_of(folder, channel, 1.8)[:, :codebooks]
    assert np.array_equal(units.reshape(-1, codebooks) - 64 * np.arange(codebooks), codes)


def test_long_recordings_differ_from_one_pass_in_little(folder):
    channel = sound(50.0, RATE)
    units = open_speech_tokenizer(config(folder, codebooks=1)).encode(channel, RATE)
    assert np.mean(units == codes_of(folder, channel, 0.9)[:, 0]) > 0.99


@pytest.mark.parametrize(
    ("made", "said", "message"),
    [
        ({}, {"codebooks": 5}, "has 4 codebooks, but codebooks is 5"),
        ({}, {"codebook_size": 1024}, "has codebook_size 64, but the config says 1024"),
        ({}, {"frame_rate_hz": 50}, "has frame_rate_hz 75, but the config says 50"),
        ({"audio_channels": 2}, {}, "encodes 2 channels at once"),
        ({"chunk_length_s": 1.0, "overlap": 0.01}, {}, "splits or scales its input"),
        ({"normalize": True}, {}, "splits or scales its input"),
    ],
)
def test_a_model_that_cannot_serve_is_refused(tmp_path, made, said, message):
    with pytest.raises(BuildError, match=message):
        open_speech_tokenizer(config(save_encodec(tmp_path, **made), **said))


def test_other_rates_serve_as_well(tmp_path):
    folder = save_encodec(tmp_path, upsampling_ratios=[8, 5, 4, 3])  # 50 Hz
    tokenizer = open_speech_tokenizer(config(folder, frame_rate_hz=50))
    assert len(tokenizer.encode(sound(1.0, RATE), RATE)) == 3 * tokenizer.chunk_units == 3 * 20 * 2


def test_the_card_says_that_it_is_not_streaming():
    assert any("does not stream" in remark for remark in remarks(config("anywhere", codebooks=1), "zh"))
