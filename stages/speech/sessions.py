"""ONNX graphs on a counted number of threads."""

from pathlib import Path
from typing import Any


def open_session(graph: Path | bytes, threads: int) -> Any:
    """Return an onnxruntime session on the CPU that uses so many threads and no more.

    Workers are scaled by processes, one thread each: two one-thread workers speak more than one of two threads.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
