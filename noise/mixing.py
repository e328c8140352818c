"""Scaling noise to a signal-to-noise ratio against speech, and measuring the result."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manifests.audio import Samples
from manifests.errors import RejectedError

PEAK_CEILING = 0.99
"""A channel that would pass this is turned down to it: 16-bit samples end at 0.99997."""

SILENCE_POWER = 1e-11
"""Mean square (-110 dBFS) under which a signal is digital silence: a 16-bit step is -96 dBFS high."""


BLOCK = 256
"""Samples that are, or whose squares are, added up in float32: one part in ten million off at most."""


@dataclass(frozen=True)
class Scaled:
    """Noise at its level.

    Attributes:
        samples: shape (n,), without the recording's constant offset.
        realised_snr_db: measured on `samples`.
    """

    samples: Samples
    realised_snr_db: float


def mean_square(samples: Samples) -> float:
    """Return the power of (n,) samples; 0 for none.

    Summed in blocks, and the blocks in float64. Not a BLAS product: its sums depend on the number of threads, and a
    corpus must not.
    """
    if len(samples) == 0:
        return 0.0
    blocks, rest = _blocks(samples)
    squares = np.einsum("ij,ij->i", blocks, blocks)
    return float(np.add.reduce(squares, dtype=np.float64) + np.einsum("i,i->", rest, rest)) / len(samples)


def mean(samples: Samples) -> float:
    """Return the mean of (n,) samples, n >= 1, summed as `mean_square` sums."""
    blocks, rest = _blocks(samples)
    sums = np.einsum("ij->i", blocks)
    return float(np.add.reduce(sums, dtype=np.float64) + np.einsum("i->", rest)) / len(samples)


def _blocks(samples: Samples) -> tuple[Samples, Samples]:
    """Return whole blocks, shape (n // BLOCK, BLOCK), and what is left of (n,) samples."""
    whole = len(samples) - len(samples) % BLOCK
    return samples[:whole].reshape(-1, BLOCK), samples[whole:]


def active_power(speech: Samples, bounds: Sequence[tuple[int, int]]) -> float:
    """Return the mean square of speech over the samples in which someone speaks.

    As in ITU-T P.56, silence between turns does not count towards the level of speech. P.56 detects activity with
    an envelope threshold; here the turns' measured speech bounds count as activity, without the inserted pauses. The
    clips' own short pauses are included.

    Args:
        speech: shape (n,), clean.
        bounds: half-open (start, end) sample ranges that do not overlap.
    """
    active = sum(end - start for start, end in bounds)
    if active == 0:
        return 0.0
    return sum(mean_square(speech[start:end]) * (end - start) for start, end in bounds) / active


def loop(noise: Samples, length_samples: int, start_samples: int, crossfade_samples: int) -> Samples:
    """Return noise of the given length; a short recording is repeated, its end crossfaded into its beginning.

    The crossfade preserves power (gains are the sine and cosine of one angle), since the two ends of a recording are
    uncorrelated. It never takes more than half of the recording.

    Args:
        noise: shape (n,), n >= 1; cut to the length if it is long enough.
        length_samples: what is wanted.
        start_samples: where in the repeated recording to begin, taken modulo its period.
        crossfade_samples: length of the crossfade.
    """
    if len(noise) >= length_samples:
        return noise[:length_samples]
    fade = min(crossfade_samples, len(noise) // 2)
    period = len(noise) - fade
    block = noise[:period].copy()
    if fade:
        angle = (np.pi / 2 * (np.arange(fade) + 0.5) / fade).astype(np.float32)
        block[:fade] = noise[:fade] * np.sin(angle) + noise[period:] * np.cos(angle)
    return np.resize(np.roll(block, -start_samples % period), length_samples)


def scale_to_snr(noise: Samples, speech_power: float, snr_db: float) -> Scaled:
    """Return noise scaled so that the power of speech over that of the noise is `snr_db`.

    The noise's constant offset is removed first: it is inaudible but would count as power. Noise power is the
    mean square over the whole length.

    Args:
        noise: shape (n,); not modified.
        speech_power: while someone speaks, see `active_power`.
        snr_db: the requested ratio.

    Raises:
        RejectedError: ``speech_silent`` or ``noise_silent``, if a power is that of digital silence;
            ``noise_not_finite``, if it is too large for a number.
    """
    if speech_power < SILENCE_POWER:
        raise RejectedError("speech_silent", f"speech-active power {speech_power:.1e}")
    scaled = noise - np.float32(mean(noise))
    with np.errstate(over="ignore"):
        noise_power = mean_square(scaled)
    if not math.isfinite(noise_power):
        raise RejectedError("noise_not_finite", f"noise power {noise_power}")
    if noise_power < SILENCE_POWER:
        raise RejectedError("noise_silent", f"noise power {noise_power:.1e}")
    scaled *= np.float32(math.sqrt(speech_power / noise_power / 10 ** (snr_db / 10)))
    return Scaled(scaled, 10 * math.log10(speech_power / mean_square(scaled)))


def limit(samples: Samples) -> float:
    """Turn samples down in place so that no peak exceeds `PEAK_CEILING`; return the gain, 1 if that wasn't needed."""
    peak = float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))
    if peak <= PEAK_CEILING:
        return 1.0
    gain = np.float32(PEAK_CEILING / peak)
    samples *= gain
    return float(gain)
