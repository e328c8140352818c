"""The time grid of speech units: unit, chunk and window, and the one place where seconds become units."""

import math

from stages.units.log_mel import HISTORY_SAMPLES, SAMPLE_RATE

RATE_HZ = 25
UNIT_SAMPLES = SAMPLE_RATE // RATE_HZ

CHUNK_UNITS = 10
PAST_UNITS = 26
"""A longer past costs in proportion, as the encoder's work grows with the window, and changes little: with 1.04 s the
features are as near to those of a 30 s window (mean cosine .63, joe's speech) as with 2 s (.65)."""
LOOKAHEAD_UNITS = 4
WINDOW_UNITS = PAST_UNITS + CHUNK_UNITS + LOOKAHEAD_UNITS

CHUNK_SAMPLES = CHUNK_UNITS * UNIT_SAMPLES
PAST_SAMPLES = PAST_UNITS * UNIT_SAMPLES + HISTORY_SAMPLES
"""Samples before its chunk that a window holds: 1.04 s, and what the first log-mel frame reaches back."""
LOOKAHEAD_SAMPLES = LOOKAHEAD_UNITS * UNIT_SAMPLES
WINDOW_SAMPLES = PAST_SAMPLES + CHUNK_SAMPLES + LOOKAHEAD_SAMPLES

ROUNDING_S = 1e-6
"""Times within a microsecond of a unit's border lie on it, so that 0.28 s is 7 units and not 8."""


def chunks_of(samples: int) -> int:
    """Return how many chunks this many samples at 16 kHz fill, the last one padded."""
    return -(-samples // CHUNK_SAMPLES)


def unit_span(start_s: float, end_s: float, rate_hz: float, units: int, codebooks: int = 1) -> tuple[int, int]:
    """Return the half-open range of units, in whole frames, that touches the time span, within 0 and `units`."""
    frames_hz = rate_hz / codebooks
    start = math.floor((start_s + ROUNDING_S) * frames_hz) * codebooks
    end = math.ceil((end_s - ROUNDING_S) * frames_hz) * codebooks
    return min(max(start, 0), units), min(max(end, 0), units)
