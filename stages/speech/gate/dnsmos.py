"""DNSMOS P.835 (https://arxiv.org/abs/2110.01763): how clean a listener would rate a clip, without a reference.

The graph is the one in Microsoft's package `speechmos`, used as that package does: windows of 9.01 s, one a second, a
shorter clip said over and over, the raw score mapped by a fitted polynomial.
"""

import numpy as np

from manifests.audio import Samples, resample
from manifests.extras import installed_version
from manifests.records import EngineInfo
from stages.onnx_sessions import open_session
from stages.weights import digest, ensure, weights

WEIGHTS = "dnsmos"
_GRAPH = "sig_bak_ovr.onnx"
_RATE = 16000
_WINDOW_SAMPLES = int(9.01 * _RATE)
_OVERALL = np.poly1d([-0.06766283, 1.11546468, 0.04602535])
"""From raw to opinion score; of the graph's three outputs (signal, background, overall) the last."""


class Dnsmos:
    """Scores clips; constructing one loads the graph."""

    def __init__(self) -> None:
        self._session = open_session(ensure(WEIGHTS) / _GRAPH, threads=1)

    def overall(self, samples: Samples, sample_rate: int) -> float:
        """Return the overall score of a clip, shape (n,), n > 0; about 1 to 5."""
        clip = resample(samples, sample_rate, _RATE)
        while len(clip) < _WINDOW_SAMPLES:
            clip = np.concatenate([clip, clip])
        starts = range(0, len(clip) - _WINDOW_SAMPLES + 1, _RATE)
        raw = [self._session.run(None, {"input_1": clip[np.newaxis, s : s + _WINDOW_SAMPLES]})[0][0, 2] for s in starts]
        return float(np.mean(_OVERALL(np.array(raw))))


def dnsmos_engine() -> EngineInfo:
    """Return the scorer's identity; loads nothing."""
    entry = weights(WEIGHTS)
    engine = installed_version("onnxruntime")
    return EngineInfo("speech quality", engine, "DNSMOS P.835", entry.licence, digest(WEIGHTS), (WEIGHTS,))
