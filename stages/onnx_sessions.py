"""ONNX graphs on the CPU, on a counted number of threads."""

from pathlib import Path
from typing import Any

from manifests.errors import BuildError


def open_session(graph: Path | bytes, threads: int) -> Any:
    """Return an onnxruntime session on the CPU that uses exactly this many threads.

    Workers are scaled by processes, one thread each: two one-thread workers speak more than one of two threads.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def open_with_metadata(path: Path, threads: int) -> tuple[Any, dict[str, str]]:
    """Return the session of a graph that a user may have named, and the graph's metadata.

    Raises:
        BuildError: the file doesn't exist or is not an ONNX graph.
    """
    try:
        session = open_session(path.read_bytes(), threads)
    except OSError as error:
        raise BuildError(f"{path} can't be read: {error}") from error
    except Exception as error:  # onnxruntime's own kinds have no common base
        raise BuildError(f"{path} is not an ONNX graph ({error})") from error
    return session, dict(session.get_modelmeta().custom_metadata_map)
