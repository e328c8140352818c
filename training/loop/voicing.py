"""When an assistant counts as speaking, for the loop that reports it and the evaluation that scores it."""

import numpy as np

Voiced = np.ndarray[tuple[int], np.dtype[np.bool_]]
"""One value a frame of units: True where the assistant holds anything but silent_speech_token."""

ROUNDING_S = 1e-6
"""Times within a microsecond of a frame's border lie on it."""
MERGED_S = 0.2
"""Silence below this does not part a stretch of speech, as in `timing fit`."""
PATIENCE_S = 1.5
"""A reaction that takes longer is none (OmniFlatten, arXiv 2410.17799)."""
