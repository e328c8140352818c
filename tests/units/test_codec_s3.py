"""S3: the .onnx file's weights in s3tokenizer's model, and the variant told from the file."""

import sys

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from manifests.errors import BuildError
from stages.units import S3Tokenizer, open_speech_tokenizer, remarks
from stages.units.codecs.s3 import MODEL_NAMES, s3tokenizer_package
from tests.units.codec_checkpoints import CONV_NAMES, save_s3, sound

VARIANTS = ("v1_50hz", "v1_25hz", "v2_25hz")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("s3")
    return {variant: save_s3(folder / f"{variant}.onnx", variant) for variant in VARIANTS}


def config(path, variant):
    return S3Tokenizer(kind="s3tokenizer", variant=variant, path=str(path))


def package_units(path, variant, channel):
    """Return what the package's own loading and its own quantizing make of a recording."""
    package = s3tokenizer_package()
    from s3tokenizer import model, model_v2

    sizes = {"n_mels": 80, "n_audio_state": 64, "n_audio_head": 1, "n_audio_layer": 1}
    version = (model_v2.S3TokenizerV2, model_v2) if variant == "v2_25hz" else (model.S3Tokenizer, model)
    made = version[0](MODEL_NAMES[variant], version[1].ModelConfig(**sizes))
    made.init_from_onnx(str(path))
    mels, lengths = package.padding([package.log_mel_spectrogram(torch.from_numpy(channel), 80)])
    codes, ends = made.eval().quantize(mels, lengths)
    return codes[0, : ends[0]].numpy()


@pytest.mark.parametrize("variant", VARIANTS)
def test_units_are_those_of_the_package(files, variant):
    channel = sound(6.0)
    units = open_speech_tokenizer(config(files[variant], variant)).encode(channel, 16_000)
    assert np.array_equal(units, package_units(files[variant], variant, channel))


@pytest.mark.parametrize("variant", VARIANTS)
def test_long_recordings_differ_from_the_packages_windows_in_little(files, variant):
    channel = sound(48.0)
    units = open_speech_tokenizer(config(files[variant], variant)).encode(channel, 16_000)
    assert np.mean(units == package_units(files[variant], variant, channel)) > 0.98


def test_no_unit_is_lost_where_the_packages_windows_lose_some(files):
    channel = sound(53.2)
    units = open_speech_tokenizer(config(files["v2_25hz"], "v2_25hz")).encode(channel, 16_000)
    assert len(units) == 53.2 * 25
    assert len(package_units(files["v2_25hz"], "v2_25hz", channel)) < 53.2 * 25


@pytest.mark.parametrize(
    ("file", "variant", "message"),
    [
        ("v1_50hz", "v1_25hz", "stride 1, but that of v1_25hz has 2; set variant accordingly"),
        ("v1_25hz", "v1_50hz", "stride 2, but that of v1_50hz has 1"),
        ("v1_25hz", "v2_25hz", "is not a tokenizer of variant v2_25hz"),
        ("v2_25hz", "v1_25hz", "is not a tokenizer of variant v1_25hz"),
    ],
)
def test_a_file_of_another_variant_is_refused(files, file, variant, message):
    with pytest.raises(BuildError, match=message):
        open_speech_tokenizer(config(files[file], variant))


@pytest.mark.parametrize("content", [b"", b"no onnx", None])
def test_a_file_that_is_no_tokenizer_is_named(tmp_path, content):
    path = tmp_path / "speech_tokenizer_v2.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BuildError, match=r"speech_tokenizer_v2\.onnx"):
        open_speech_tokenizer(config(path, "v2_25hz"))


def test_importing_the_package_leaves_no_torchaudio_behind():
    s3tokenizer_package()
    assert "torchaudio" not in sys.modules


def test_the_card_says_that_it_is_not_streaming():
    (said,) = remarks(config("anywhere", "v1_25hz"), "zh")
    assert "does not stream" in said


def test_weights_that_are_no_numbers_are_named(files, tmp_path):
    model = onnx.load(files["v2_25hz"])
    weight = next(one for one in model.graph.initializer if one.name == CONV_NAMES["v2_25hz"].format(2216))
    weight.CopyFrom(numpy_helper.from_array(np.full_like(numpy_helper.to_array(weight), np.nan), weight.name))
    onnx.save(model, tmp_path / "damaged.onnx")
    with pytest.raises(
        BuildError, match=r"damaged\.onnx is damaged: 1 of \d+ tensors hold NaN.*encoder\.conv1\.weight"
    ):
        open_speech_tokenizer(config(tmp_path / "damaged.onnx", "v2_25hz"))
