"""Features of speech for units: the first layers of Whisper's encoder over short fixed windows, one window per chunk.

The units of a chunk depend on its window alone (1.04 s of past, the chunk, 160 ms of look-ahead), so tokens made from
a whole recording are the tokens a live loop makes, in training as in conversation.

The last layer serves Whisper's decoder and blurs phones; the third of tiny.en's four reads them best, and leaving the
fourth out saves its time. CTranslate2 returns the last layer it finds, so the model is given to it without the rest.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError
from stages.units.grid import (
    CHUNK_SAMPLES,
    CHUNK_UNITS,
    LOOKAHEAD_SAMPLES,
    PAST_SAMPLES,
    UNIT_SAMPLES,
    WINDOW_UNITS,
)
from stages.units.log_mel import HOP_SAMPLES, Frames, log_mel

UNIT_FRAMES = UNIT_SAMPLES // HOP_SAMPLES
CHUNK_FRAMES = CHUNK_UNITS * UNIT_FRAMES
WINDOW_FRAMES = WINDOW_UNITS * UNIT_FRAMES
WINDOW_FEATURES = WINDOW_FRAMES // 2
"""The encoder halves the rate: features at 50 Hz."""

Features = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

_MODEL = "model.bin"


class WhisperEncoder:
    """The encoder's first layers, on one thread.

    Args:
        folder: a Whisper model in CTranslate2's format.
        layers: how many of the encoder's layers.
        compute_type: CTranslate2's number format; another one makes other features.

    Raises:
        BuildError: the folder holds no such model, or CTranslate2 knows no such format.
    """

    def __init__(self, folder: Path, layers: int, compute_type: str = "int8") -> None:
        import ctranslate2

        files = {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}
        try:
            files[_MODEL] = first_layers(files[_MODEL], layers)
        except (KeyError, TypeError, ValueError, struct.error) as error:
            raise BuildError(
                f"{folder} doesn't hold a CTranslate2 Whisper model with {layers} layers ({error})"
            ) from error
        self._storage = ctranslate2.StorageView
        try:
            self._model = ctranslate2.models.Whisper(
                str(folder), device="cpu", compute_type=compute_type, intra_threads=1, inter_threads=1, files=files
            )
        except (RuntimeError, ValueError) as error:
            raise BuildError(f"{folder} can't be opened with compute_type {compute_type!r}: {error}") from error

    def encode(self, windows: Frames) -> Features:
        """Return features, shape (n, WINDOW_FEATURES, dims), of log-mel windows, shape (n, WINDOW_FRAMES, 80)."""
        batch = self._storage.from_array(np.ascontiguousarray(windows.transpose(0, 2, 1)))
        features: Features = np.asarray(self._model.encode(batch, to_cpu=True), np.float32)
        return features


def channel_windows(samples: Samples, chunks: int) -> Iterator[Frames]:
    """Yield each chunk's window of log-mel frames, shape (WINDOW_FRAMES, 80).

    Args:
        samples: a whole channel at 16 kHz, shape (n,). Before it lies silence; after it, as much as fills the last
            chunk and its look-ahead.
        chunks: how many; a sample or two beyond them, from resampling, are left out.
    """
    samples = samples[: chunks * CHUNK_SAMPLES]
    end = chunks * CHUNK_SAMPLES - len(samples) + LOOKAHEAD_SAMPLES
    frames = log_mel(np.pad(samples.astype(np.float32, copy=False), (PAST_SAMPLES, end)))
    for chunk in range(chunks):
        yield frames[chunk * CHUNK_FRAMES :][:WINDOW_FRAMES]


def first_layers(model: bytes, layers: int) -> bytes:
    """Return a CTranslate2 model file without the encoder layers from `layers` on.

    The format, version 6: version, name and revision of the specification; then counted variables, each with name,
    shape, type and data; then counted aliases. Numbers are little-endian, strings counted and zero-terminated.

    Raises:
        ValueError: the file has another version, or too few layers.
    """
    reader = _Reader(model)
    version = reader.number("<I")
    if version != 6:
        raise ValueError(f"version {version} of the model format, not 6")
    reader.text()
    reader.number("<I")
    head = model[: reader.place]
    kept: list[bytes] = []
    names: set[str] = set()
    for _ in range(reader.number("<I")):
        begin = reader.place
        name = reader.text()
        for _ in range(reader.number("<B")):
            reader.number("<I")
        reader.number("<B")
        reader.skip(reader.number("<I"))
        names.add(name)
        parts = name.split("/")
        if not (parts[0] == "encoder" and parts[1].startswith("layer_") and _index(parts[1]) >= layers):
            kept.append(model[begin : reader.place])
    if not any(name.startswith(f"encoder/layer_{layers - 1}/") for name in names):
        raise ValueError(f"fewer than {layers} encoder layers")
    return head + struct.pack("<I", len(kept)) + b"".join(kept) + model[reader.place :]


def _index(layer: str) -> int:
    number = layer.removeprefix("layer_")
    return int(number) if number.isdigit() else -1


class _Reader:
    """Reads on through a model file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0

    def number(self, layout: str) -> int:
        (value,) = struct.unpack_from(layout, self._data, self.place)
        self.place += struct.calcsize(layout)
        return int(value)

    def text(self) -> str:
        length = self.number("<H")
        raw = self._data[self.place : self.place + length]
        self.skip(length)
        return raw.rstrip(b"\0").decode()

    def skip(self, count: int) -> None:
        self.place += count
