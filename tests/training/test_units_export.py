"""Trained networks as ONNX graphs: torch and onnxruntime tell the same units and the same prior."""

import numpy as np
import pytest
import torch

from stages.onnx_sessions import open_with_metadata
from stages.units.bottleneck import HEARD_FRAMES, Bottleneck
from stages.units.vits_decoder import PRIOR_DIMS
from stages.units.vocoder import VocoderFormat, frame_grid, read_format
from training.units.bottleneck import CODE_DIMS, FEATURES, Encoder
from training.units.codes import Codes
from training.units.export import Tokens, export_prior, export_tokens
from training.units.folders import tokens_format
from training.units.vocoder_model import PriorNetwork

SIZE = 32


@pytest.mark.parametrize("chunks", [1, 5])
def test_the_exported_bottleneck_tells_the_same_units(tmp_path, chunks):
    torch.manual_seed(2)
    encoder, codes = Encoder(), Codes(torch.randn(SIZE - 1, CODE_DIMS))
    export_tokens(tmp_path / "tokens.onnx", encoder, codes, tokens_format(SIZE))
    features = torch.randn(chunks, HEARD_FRAMES, FEATURES)
    with torch.no_grad():
        wanted = Tokens(encoder, codes)(features).numpy()
    bottleneck = Bottleneck(tmp_path / "tokens.onnx")
    assert np.array_equal(bottleneck.units(features.numpy()), wanted)
    assert 0 < np.count_nonzero(wanted) < wanted.size
    assert bottleneck.format == tokens_format(SIZE)


@pytest.mark.parametrize("units", [1, 12, 37])
def test_the_exported_prior_network_tells_the_same_prior(tmp_path, units):
    torch.manual_seed(2)
    network = PriorNetwork(SIZE, torch.randn(PRIOR_DIMS), torch.rand(PRIOR_DIMS)).eval()
    export_prior(tmp_path / "prior.onnx", network, VocoderFormat(SIZE, "tokens", "voice"))
    said = np.random.default_rng(1).integers(0, SIZE, (1, units))
    frame_units, frame_places = frame_grid(5, units)
    with torch.no_grad():
        wanted = network(*map(torch.from_numpy, (said, frame_units, frame_places))).numpy()
    session, _ = open_with_metadata(tmp_path / "prior.onnx", threads=1)
    told = session.run(["prior"], {"units": said, "frame_units": frame_units, "frame_places": frame_places})[0]
    np.testing.assert_allclose(told, wanted, atol=1e-4)
    assert read_format(tmp_path / "prior.onnx") == VocoderFormat(SIZE, "tokens", "voice")
