"""Opening a trained ONNX graph: its session, its metadata, its digest."""

import hashlib
from pathlib import Path
from typing import Any

from manifests.errors import BuildError


def open_onnx(path: Path, threads: int) -> tuple[Any, dict[str, str]]:
    """Return the session on the CPU and the metadata of a graph.

    Raises:
        BuildError: no such file, or no ONNX graph.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except OSError as error:
        raise BuildError(f"{path} can't be read: {error}") from error
    except Exception as error:  # onnxruntime's own kinds have no common base
        raise BuildError(f"{path} is no ONNX graph ({error})") from error
    return session, dict(session.get_modelmeta().custom_metadata_map)


def file_digest(path: Path) -> str:
    """Return the sha256 of the file.

    Raises:
        BuildError: the file can't be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BuildError(f"{path} can't be read: {error}") from error
