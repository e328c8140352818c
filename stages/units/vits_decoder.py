"""The second half of a Piper voice: from the mean of its VITS prior to sound, cut out of the voice's graph.

The first half reads text; it is left out, and so is the noise that the prior is usually drawn with: the mean itself
goes through the flow, and a unit sequence always sounds the same.
"""

from pathlib import Path

import numpy as np

from manifests.audio import Samples
from stages.onnx_sessions import open_session

PRIOR = "/Add_output_0"
MASK = "/Cast_2_output_0"
LATENT = "/Mul_7_output_0"
SOUND = "output"
"""Names inside the graphs that Piper's exporter writes for VITS voices."""

HOP_SAMPLES = 256
SAMPLE_RATE = 22_050
PRIOR_DIMS = 192

Frames = np.ndarray[tuple[int, int], np.dtype[np.float32]]


class VitsDecoder:
    """Flow and decoder of a Piper voice.

    Args:
        path: the voice's .onnx file.
        threads: of the graphs.
    """

    def __init__(self, path: Path, threads: int) -> None:
        import onnx
        from onnx.utils import Extractor

        extractor = Extractor(onnx.load(str(path)))
        self._flow, self._decoder = (
            open_session(extractor.extract_model(inputs, [output]).SerializeToString(), threads)
            for inputs, output in (([PRIOR, MASK], LATENT), ([LATENT], SOUND))
        )

    def latent(self, prior: Frames) -> Frames:
        """Return the latent, shape (PRIOR_DIMS, frames), of the prior's mean, the same shape."""
        mask = np.ones((1, 1, prior.shape[1]), np.float32)
        latent: Frames = self._flow.run(None, {PRIOR: prior[np.newaxis], MASK: mask})[0][0]
        return latent

    def sound(self, latent: Frames) -> Samples:
        """Return the sound, shape (frames * HOP_SAMPLES,), of a latent."""
        samples: Samples = self._decoder.run(None, {LATENT: latent[np.newaxis]})[0].reshape(-1)
        return samples
