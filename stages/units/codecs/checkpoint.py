"""The files of a checkpoint, from a local copy or from a commit on the Hub, and their identity."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from manifests.digests import file_sha256
from manifests.errors import BuildError
from manifests.local_paths import expanded
from stages.hub_faults import hub_faults
from stages.units.config import Checkpoint, ResidualCodec, S3Tokenizer

PATH_KEY = "streams.speech_tokenizer.path"

MODEL_FILES = ("config.json", "model.safetensors")
"""What is read of a `transformers` checkpoint: nothing that could run code."""

ONNX_NAMES = {
    "v1_50hz": "speech_tokenizer_v1.onnx",
    "v1_25hz": "speech_tokenizer_v1.onnx",
    "v2_25hz": "speech_tokenizer_v2.onnx",
}
"""Names in CosyVoice's repositories, as the addresses in s3tokenizer 0.3.0 have them."""


def model_folder(codec: ResidualCodec) -> Path:
    """Return the folder that holds `MODEL_FILES`, fetched if it is on the Hub.

    Raises:
        BuildError: a file is missing, or the Hub does not give it.
        OSError: the Hub can't be reached now.
    """
    if codec.path is None:
        return [_fetched(codec, name) for name in MODEL_FILES][-1].parent
    return _local(MODEL_FILES, expanded(codec.path, PATH_KEY))[0].parent


def onnx_file(tokenizer: S3Tokenizer) -> Path:
    """Return the .onnx file, fetched if it is on the Hub.

    Raises:
        BuildError: it is missing, or the Hub does not give it.
        OSError: the Hub can't be reached now.
    """
    if tokenizer.path is None:
        return _fetched(tokenizer, ONNX_NAMES[tokenizer.variant])
    path = expanded(tokenizer.path, PATH_KEY)
    return _local([path.name], path.parent)[0]


def checkpoint_digest(checkpoint: S3Tokenizer | ResidualCodec) -> str:
    """Return what identifies the weights: the commit on the Hub, or the sha256 of the local files. Fetches nothing.

    Raises:
        BuildError: a local file is missing or can't be read.
    """
    if checkpoint.path is None:
        return str(checkpoint.revision)
    if isinstance(checkpoint, S3Tokenizer):
        files = [onnx_file(checkpoint)]
    else:
        folder = model_folder(checkpoint)
        files = [folder / name for name in MODEL_FILES]
    digests = [_sha256(path, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def check_finite(weights: Mapping[str, Any], place: str) -> None:
    """Check that the tensors of a checkpoint hold numbers: one with NaN would still make units, from nothing.

    Raises:
        BuildError: one holds NaN or infinity.
    """
    wrong = [name for name, tensor in weights.items() if not bool(tensor.isfinite().all())]
    if wrong:
        raise BuildError(
            f"{place} is damaged: {len(wrong)} of {len(weights)} tensors hold NaN or infinity "
            f"({', '.join(wrong[:3])}); fetch the checkpoint again"
        )


def checkpoint_name(checkpoint: Checkpoint) -> str:
    """Return a readable name of the checkpoint: its place on the Hub, or the last part of its path."""
    return checkpoint.hub if checkpoint.hub is not None else Path(str(checkpoint.path)).name


def _local(names: Sequence[str], folder: Path) -> list[Path]:
    files = [folder / name for name in names]
    for file in files:
        if not file.is_file():
            raise BuildError(
                f"streams.speech_tokenizer: there is no {file}; a checkpoint is a folder with "
                f"{' and '.join(MODEL_FILES)} (other weight files are not read: save it again with save_pretrained), "
                "or an .onnx file for s3tokenizer"
            )
    return files


def _fetched(checkpoint: Checkpoint, name: str) -> Path:
    """Return the file in the Hub's cache; a full commit that is already there needs no request."""
    from huggingface_hub import hf_hub_download

    what = f"streams.speech_tokenizer: {name} of {checkpoint.hub} at {checkpoint.revision}"
    with hub_faults(what, "check hub and revision, or give a local copy as path"):
        return Path(hf_hub_download(str(checkpoint.hub), name, revision=checkpoint.revision))


@cache
def _sha256(path: Path, size: int, changed_ns: int) -> str:
    """Return the digest; size and time of change are there to tell the cache of another file under the same name."""
    return file_sha256(path)
