"""Trained networks as ONNX graphs that say what they were trained for."""

from pathlib import Path

import torch
from torch import Tensor, nn

from manifests.whole_file import written_whole
from stages.units.bottleneck import HEARD_FRAMES, UnitsFormat
from stages.units.bottleneck import format_entry as units_entry
from stages.units.vocoder import VocoderFormat, frame_grid
from stages.units.vocoder import format_entry as vocoder_entry
from training.units.bottleneck import FEATURES, Encoder
from training.units.codes import Codes
from training.units.vocoder_model import PriorNetwork

OPSET = 18


class Tokens(nn.Module):
    """From heard frames to units: 0 (`SILENCE_UNIT`) where no speech is heard, else the nearest code's index + 1."""

    def __init__(self, encoder: Encoder, codes: Codes) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("codes", codes.vectors.T.contiguous())
        self.codes: Tensor

    def forward(self, features: Tensor) -> Tensor:
        """Return units, shape (chunks, CHUNK_UNITS), int64, of features, shape (chunks, HEARD_FRAMES, FEATURES)."""
        points, odds = self.encoder(features)
        # The nearest code by cosine: the point's own length does not matter to the choice.
        chosen = (points @ self.codes).argmax(-1) + 1
        units: Tensor = chosen * (odds >= 0)
        return units


def export_tokens(file: Path, encoder: Encoder, codes: Codes, units_format: UnitsFormat) -> None:
    """Write the bottleneck."""
    _export(
        file,
        Tokens(encoder, codes).eval(),
        (torch.zeros(2, HEARD_FRAMES, FEATURES),),
        ["features"],
        "units",
        {"features": {0: "chunks"}, "units": {0: "chunks"}},
        units_entry(units_format),
    )


def export_prior(file: Path, network: PriorNetwork, vocoder_format: VocoderFormat) -> None:
    """Write the prior network."""
    frame_units, frame_places = (torch.from_numpy(one) for one in frame_grid(0, 12))
    _export(
        file,
        network.eval(),
        (torch.zeros(1, 12, dtype=torch.int64), frame_units, frame_places),
        ["units", "frame_units", "frame_places"],
        "prior",
        {"units": {1: "units"}, "frame_units": {0: "frames"}, "frame_places": {0: "frames"}, "prior": {2: "frames"}},
        vocoder_entry(vocoder_format),
    )


def _export(
    file: Path,
    module: nn.Module,
    example: tuple[Tensor, ...],
    inputs: list[str],
    output: str,
    sizes: dict[str, dict[int, str]],
    metadata: dict[str, str],
) -> None:
    import onnx

    with written_whole(file) as partial:
        torch.onnx.export(
            module, example, str(partial), input_names=inputs, output_names=[output], dynamic_axes=sizes,
            opset_version=OPSET, dynamo=False,
        )  # fmt: skip
        model = onnx.load(str(partial))
        onnx.helper.set_model_props(model, metadata)
        onnx.checker.check_model(model)
        onnx.save(model, str(partial))
