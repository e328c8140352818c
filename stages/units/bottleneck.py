"""The tokenizer's trained part, from encoder features to units: an ONNX graph, bundled with the project."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from manifests.errors import BuildError
from stages.units import grid
from stages.units.base import Units
from stages.units.embedded import open_network
from stages.units.log_mel import LOG10_FLOOR, SAMPLE_RATE
from stages.units.whisper_encoder import Features

EMBEDDED = Path(__file__).parent / "whisper_vq.onnx"
"""The bottleneck bundled with the project; its model card is next to it."""

FEATURE_MODEL = "whisper-tiny.en"
ENCODER_LAYERS = 3
HEARD_UNITS = 4
"""Units before the chunk that the bottleneck hears beside the chunk and the look-ahead; before them lies what the
encoder alone has heard."""
HEARD_FRAMES = 2 * (HEARD_UNITS + grid.CHUNK_UNITS + grid.LOOKAHEAD_UNITS)
"""Two frames of features, 20 ms each, to a unit."""
SILENCE_UNIT = 0
"""The one unit of silence: the bottleneck picks it wherever it hears no speech, in noise as in quiet."""

METADATA_KEY = "units"
CODES = "codes"
"""The graph's tensor of codes, shape (dims, size - 1): silence has none."""


@dataclass(frozen=True)
class UnitsFormat:
    """What a bottleneck was trained for; stored in its file and checked against this code.

    Attributes:
        size: how many units there are, the one of silence included.
        feature_model: a name of the weights registry.
        feature_digest: the digest of those weights.
        compute_type: CTranslate2's number format for the encoder.
        layers: how many of the encoder's layers.
    """

    size: int
    feature_model: str
    feature_digest: str
    compute_type: str = "int8"
    layers: int = ENCODER_LAYERS
    heard_frames: int = HEARD_FRAMES
    log10_floor: float = LOG10_FLOOR
    sample_rate: int = SAMPLE_RATE
    rate_hz: int = grid.RATE_HZ
    past_units: int = grid.PAST_UNITS
    chunk_units: int = grid.CHUNK_UNITS
    lookahead_units: int = grid.LOOKAHEAD_UNITS


class Bottleneck:
    """Turns the frames heard of each chunk into its units.

    Raises:
        BuildError: the file doesn't exist, is not a bottleneck, was trained for a different grid from this code's, or
            doesn't make as many units as it says; or the embedded one is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._session, metadata = open_network(path, threads=1)
        self.format = _format(path, metadata)

    def units(self, heard: Features) -> Units:
        """Return the units, shape (n, CHUNK_UNITS), of features, shape (n, HEARD_FRAMES, dims), float32."""
        chosen: Units = self._session.run(["units"], {"features": heard})[0].astype(np.int32)
        return chosen


def read_format(path: Path) -> UnitsFormat:
    """Return what the bottleneck in a file was trained for.

    Raises:
        BuildError: as `Bottleneck`.
    """
    _, metadata = open_network(path, threads=1)
    return _format(path, metadata)


def format_entry(units_format: UnitsFormat) -> dict[str, str]:
    """Return the entry of an ONNX file's metadata that states the format."""
    return {METADATA_KEY: json.dumps(asdict(units_format), sort_keys=True)}


def _format(path: Path, metadata: dict[str, str]) -> UnitsFormat:
    try:
        written = UnitsFormat(**json.loads(metadata[METADATA_KEY]))
    except (KeyError, TypeError, ValueError) as error:
        raise BuildError(
            f"{path} is not a whisper-vq bottleneck: its metadata doesn't state the format ({error})"
        ) from error
    found = _size(path)
    if type(written.size) is not int or written.size != found:
        raise BuildError(
            f"{path} is not a whisper-vq bottleneck: its metadata says size {written.size!r}, but its graph makes "
            f"{found} units; export it again with `python -m training.units`"
        )
    expected = UnitsFormat(
        written.size, written.feature_model, written.feature_digest, written.compute_type, written.layers
    )
    for name, value in asdict(expected).items():
        if getattr(written, name) != value:
            raise BuildError(f"{path}: {name} is {getattr(written, name)}, but this version computes {value}")
    return written


def _size(path: Path) -> int:
    """Return how many units a graph makes; 0 if it holds no codes."""
    import onnx

    tensors = onnx.load(path, load_external_data=False).graph.initializer
    return next((int(one.dims[-1]) + 1 for one in tensors if one.name == CODES and one.dims), 0)
