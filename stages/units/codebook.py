"""The codebook file: a linear projection of encoder features and the codes that units are the indices of."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from manifests.errors import BuildError
from stages.units import grid
from stages.units.base import Units
from stages.units.log_mel import LOG10_FLOOR, SAMPLE_RATE
from stages.units.whisper_features import Features

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float32]]

EMBEDDED = Path(__file__).parent / "whisper_tiny_en_4096.safetensors"
"""The codebook that comes with the project; its model card stands beside it."""

METADATA_KEY = "units"


@dataclass(frozen=True)
class UnitsFormat:
    """What a codebook was made for; stored in its file, and checked against what the code computes.

    Attributes:
        feature_model: a name of the weights registry.
        feature_digest: the digest of those weights.
        layers: encoder layers whose features are joined, in order; 4 is the last of whisper tiny.
    """

    feature_model: str
    feature_digest: str
    compute_type: str
    layers: tuple[int, ...] = (4,)
    log10_floor: float = LOG10_FLOOR
    sample_rate: int = SAMPLE_RATE
    rate_hz: int = grid.RATE_HZ
    past_units: int = grid.PAST_UNITS
    chunk_units: int = grid.CHUNK_UNITS
    lookahead_units: int = grid.LOOKAHEAD_UNITS


@dataclass(frozen=True)
class Codebook:
    """Turns the features of a chunk into units.

    Attributes:
        position_mean: shape (CHUNK_UNITS, dims), the mean feature at each place of the chunk; features lean to the
            place in the window they were computed at, and this takes the constant part of it away.
        projection: shape (dims, projected dims).
        codes: shape (size, projected dims).
    """

    format: UnitsFormat
    position_mean: Matrix
    projection: Matrix
    codes: Matrix

    @property
    def size(self) -> int:
        """How many units there are."""
        return len(self.codes)

    def project(self, features: Features) -> Matrix:
        """Return the projected features, shape (CHUNK_UNITS, projected dims), of one chunk's features."""
        projected: Matrix = ((features - self.position_mean) @ self.projection).astype(np.float32, copy=False)
        return projected

    @cached_property
    def _half_squares(self) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        squares: np.ndarray[tuple[int], np.dtype[np.float32]] = np.square(self.codes).sum(axis=1)
        return squares / np.float32(2.0)

    def nearest(self, projected: Matrix) -> Units:
        """Return the index of the code at the smallest Euclidean distance from each row; the lowest of equals."""
        units: Units = np.argmin(self._half_squares - projected @ self.codes.T, axis=1).astype(np.int32)
        return units


def write_codebook(path: Path, codebook: Codebook) -> None:
    """Write the codebook as safetensors, its format as JSON in the metadata."""
    tensors = {
        "position_mean": codebook.position_mean,
        "projection": codebook.projection,
        "codes": codebook.codes,
    }
    metadata = {METADATA_KEY: json.dumps(asdict(codebook.format), sort_keys=True)}
    contiguous = {name: np.ascontiguousarray(tensor, np.float32) for name, tensor in tensors.items()}
    save_file(contiguous, path, metadata)


def read_codebook(path: Path) -> Codebook:
    """Return the codebook of a file that `write_codebook` wrote.

    Raises:
        BuildError: no such file, not safetensors, or made for another grid than this code's.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in ("position_mean", "projection", "codes")}
        written = json.loads(metadata[METADATA_KEY])
        units_format = UnitsFormat(**{**written, "layers": tuple(written["layers"])})
    except FileNotFoundError as error:
        raise BuildError(f"no codebook at {path}: make it with `python -m training.codebook --out {path}`") from error
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BuildError(f"{path} is no codebook: {error}") from error
    codebook = Codebook(units_format, tensors["position_mean"], tensors["projection"], tensors["codes"])
    _check(path, codebook)
    return codebook


def codebook_digest(path: Path) -> str:
    """Return the sha256 of the file.

    Raises:
        BuildError: the file can't be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BuildError(f"codebook {path} can't be read: {error}") from error


def _check(path: Path, codebook: Codebook) -> None:
    written = codebook.format
    expected = UnitsFormat(written.feature_model, written.feature_digest, written.compute_type)
    for name, value in asdict(expected).items():
        if getattr(written, name) != value:
            raise BuildError(f"{path}: {name} is {getattr(written, name)}, but this version computes {value}")
    dims = codebook.position_mean.shape[-1]
    shapes_fit = (
        codebook.position_mean.shape == (grid.CHUNK_UNITS, dims)
        and codebook.projection.ndim == codebook.codes.ndim == 2
        and codebook.projection.shape[0] == dims
        and codebook.codes.shape[1] == codebook.projection.shape[1]
    )
    if not shapes_fit:
        shapes = codebook.position_mean.shape, codebook.projection.shape, codebook.codes.shape
        raise BuildError(f"{path}: shapes of position_mean, projection and codes don't fit together: {shapes}")
