"""Mimi: a stream in training as in conversation; checkpoints that are something else are refused by name."""

import json

import numpy as np
import pytest
import torch
from transformers import MimiModel

from manifests.errors import BuildError
from stages.units import Mimi, open_speech_tokenizer, remarks
from tests.units.codec_checkpoints import save_encodec, save_mimi, sound

RATE = 24_000
CHUNK = 9_600


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_mimi(tmp_path_factory.mktemp("mimi"))


def config(folder, **changes):
    return Mimi(**{"kind": "mimi", "path": str(folder), "codebooks": 4, "codebook_size": 64, **changes})


@pytest.fixture(scope="module")
def tokenizer(folder):
    return open_speech_tokenizer(config(folder))


def test_live_equals_offline(tokenizer):
    channel = sound(24.0, RATE)  # longer than its attention reaches back
    stream = tokenizer.stream()
    live = [stream.push(channel[start : start + CHUNK].copy()) for start in range(0, len(channel), CHUNK)]
    assert np.array_equal(np.concatenate(live), tokenizer.encode(channel, RATE))


def test_streams_side_by_side_do_not_hear_each_other(tokenizer):
    channels = [sound(4.0, RATE, seed) for seed in range(2)]
    streams = [tokenizer.stream() for _ in channels]
    heard = [[], []]
    for start in range(0, len(channels[0]), CHUNK):
        for side in (0, 1):
            heard[side].append(streams[side].push(channels[side][start : start + CHUNK]))
    for side in (0, 1):
        assert np.array_equal(np.concatenate(heard[side]), tokenizer.encode(channels[side], RATE))


def test_units_depend_on_nothing_that_comes_later(tokenizer):
    channel = sound(4.0, RATE)
    changed = channel.copy()
    changed[5 * CHUNK :] = 0.5
    known = 5 * tokenizer.chunk_units
    before, after = (tokenizer.encode(samples, RATE) for samples in (channel, changed))
    assert np.array_equal(before[:known], after[:known])
    assert not np.array_equal(before, after)


def test_units_are_those_the_model_makes_of_the_whole_recording(tokenizer, folder):
    channel = sound(10.0, RATE)
    model = MimiModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        codes = model.encode(torch.from_numpy(channel)[None, None], num_quantizers=4).audio_codes[0].numpy()
    units = tokenizer.encode(channel, RATE).reshape(-1, 4)
    assert np.mean(units - 64 * np.arange(4) == codes.T) > 0.99  # other shapes may round another way


def test_fewer_codebooks_are_the_first_ones(tokenizer, folder):
    channel = sound(3.0, RATE)
    all_four = tokenizer.encode(channel, RATE).reshape(-1, 4)
    for codebooks in (1, 3):
        fewer = open_speech_tokenizer(config(folder, codebooks=codebooks)).encode(channel, RATE)
        assert np.array_equal(fewer.reshape(-1, codebooks), all_four[:, :codebooks])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codebooks": 5}, "has 4 codebooks, but codebooks is 5"),
        ({"codebook_size": 2048}, "has codebook_size 64, but the config says 2048"),
        ({"frame_rate_hz": 25.0}, "has frame_rate_hz 12.5, but the config says 25"),
        ({"path": "/nowhere"}, r"there is no /nowhere/config\.json"),
    ],
)
def test_a_checkpoint_of_another_format_is_refused(folder, changes, message):
    with pytest.raises(BuildError, match=message):
        open_speech_tokenizer(config(folder, **changes))


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    with pytest.raises(BuildError, match="model_type 'encodec', not 'mimi'"):
        open_speech_tokenizer(config(save_encodec(tmp_path)))


def test_weights_in_a_pickle_are_not_read(tmp_path, folder):
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    torch.save(MimiModel.from_pretrained(folder).state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(BuildError, match=r"there is no .*model\.safetensors.*save_pretrained"):
        open_speech_tokenizer(config(tmp_path))


@pytest.mark.parametrize("spoiled", ["config.json", "model.safetensors"])
def test_a_file_that_is_cut_short_is_named(tmp_path, folder, spoiled):
    for name in ("config.json", "model.safetensors"):
        content = (folder / name).read_bytes()
        (tmp_path / name).write_bytes(content[: len(content) // 2] if name == spoiled else content)
    with pytest.raises(BuildError, match=f"{tmp_path}.* can't be (read|loaded)"):
        open_speech_tokenizer(config(tmp_path))


def test_weights_that_are_missing_are_not_made_up(tmp_path, folder):
    from safetensors.torch import load_file, save_file

    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    weights = load_file(folder / "model.safetensors")
    del weights["downsample.conv.weight"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(BuildError, match=r"weights don't fit the model.*downsample\.conv\.weight"):
        open_speech_tokenizer(config(tmp_path))


def test_weights_that_are_no_numbers_are_named(tmp_path, folder):
    from safetensors.torch import load_file, save_file

    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    weights = load_file(folder / "model.safetensors")
    weights["downsample.conv.weight"][0] = float("nan")
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(
        BuildError, match=rf"{tmp_path} is damaged: 1 of \d+ tensors hold NaN.*downsample\.conv\.weight"
    ):
        open_speech_tokenizer(config(tmp_path))


def test_code_of_the_checkpoint_never_runs(tmp_path, folder):
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    made = json.loads((folder / "config.json").read_text())
    made["auto_map"] = {"AutoModel": "evil.Model", "AutoConfig": "evil.Config"}
    (tmp_path / "config.json").write_text(json.dumps(made))
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    open_speech_tokenizer(config(tmp_path))
    assert not (tmp_path / "ran").exists()


def test_a_stereo_model_is_refused(tmp_path):
    with pytest.raises(BuildError, match="encodes 2 channels at once; use a mono model"):
        open_speech_tokenizer(config(save_mimi(tmp_path, audio_channels=2)))


def test_the_card_says_how_codebooks_are_flattened():
    (several,) = remarks(config("anywhere"), "zh")
    assert "Units come from 4 codebooks, flattened frame by frame" in several
    assert remarks(config("anywhere", codebooks=1), "zh") == ()
