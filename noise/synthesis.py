"""The sounds of the built-in noise: coloured noise, mains hum, clicks, chords, layered speech.

Each function returns shape (length_samples,) float32 at whatever level comes out; the caller sets the level.
"""

from collections.abc import Sequence

import numpy as np

from manifests.audio import Samples
from noise.mixing import mean_square

LOWEST_HZ = 20.0
"""Where the rise of pink and brown noise towards 0 Hz stops: nobody hears below, and power would all go there."""

CLICK_DECAY_S = (0.0004, 0.004)
PROGRESSIONS = (
    ((0, 4, 7), (7, 11, 14), (9, 12, 16), (5, 9, 12)),
    ((9, 12, 16), (5, 9, 12), (0, 4, 7), (7, 11, 14)),
    ((2, 5, 9), (7, 11, 14), (0, 4, 7), (9, 12, 16)),
)
"""Four-chord loops, as semitones above the tonic."""


def coloured(rng: np.random.Generator, length_samples: int, sample_rate: int, exponent: float) -> Samples:
    """Return noise whose power falls with 1/f^exponent: 0 is white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(length_samples))
    frequency = np.maximum(np.fft.rfftfreq(length_samples, 1 / sample_rate), LOWEST_HZ)
    spectrum *= frequency ** (-exponent / 2)
    spectrum[0] = 0.0
    return np.fft.irfft(spectrum, length_samples).astype(np.float32)


def hum(rng: np.random.Generator, length_samples: int, sample_rate: int, mains_hz: float) -> Samples:
    """Return mains hum: a fundamental whose frequency drifts by a few per mille, and its harmonics up to the tenth.

    Over it lies a little white noise, as on any amplifier's output.
    """
    time_s = np.arange(length_samples) / sample_rate
    drift = 0.002 * np.sin(2 * np.pi * rng.uniform(0.02, 0.08) * time_s + rng.uniform(0, 2 * np.pi))
    phase = 2 * np.pi * np.cumsum(mains_hz * (1 + drift)) / sample_rate
    sound = 0.01 * rng.standard_normal(length_samples)
    for harmonic in range(1, 11):
        if harmonic * mains_hz < sample_rate / 2:
            amplitude = rng.uniform(0.3, 1.0) / harmonic
            sound += amplitude * np.sin(harmonic * phase + rng.uniform(0, 2 * np.pi))
    return sound.astype(np.float32)


def clicks(rng: np.random.Generator, length_samples: int, sample_rate: int, rate_per_s: float) -> Samples:
    """Return clicks at random moments (a Poisson process), each a short decaying burst: sparse taps to crackle.

    White noise of the same power lies under them; clicks alone would have to be absurdly loud to reach an SNR.
    """
    count = max(1, int(rng.poisson(rate_per_s * length_samples / sample_rate)))
    burst_samples = round(8 * CLICK_DECAY_S[1] * sample_rate)
    sound = np.zeros(length_samples + burst_samples)
    decay_samples = sample_rate * rng.uniform(*CLICK_DECAY_S, size=count)
    loudness = rng.lognormal(0.0, 0.8, size=count)
    at = rng.integers(0, length_samples, size=count)
    for start, decay, amplitude in zip(at, decay_samples, loudness, strict=True):
        envelope = amplitude * np.exp(-np.arange(burst_samples) / decay)
        sound[start : start + burst_samples] += envelope * rng.standard_normal(burst_samples)
    bed = rng.standard_normal(length_samples) * np.std(sound)
    return (sound[:length_samples] + bed).astype(np.float32)


def chords(rng: np.random.Generator, length_samples: int, sample_rate: int, tempo_bpm: float) -> Samples:
    """Return a loop of four plucked chords, two beats each, with a bass note, in a random key."""
    tonic_hz = 220.0 * 2 ** (rng.integers(-5, 6) / 12)
    progression = PROGRESSIONS[int(rng.integers(len(PROGRESSIONS)))]
    beat_samples = round(60 / tempo_bpm * sample_rate)
    bars = [_pluck(chord, tonic_hz, 2 * beat_samples, sample_rate) for chord in progression]
    return np.resize(np.concatenate(bars), length_samples).astype(np.float32)


def _pluck(chord: Sequence[int], tonic_hz: float, length_samples: int, sample_rate: int) -> Samples:
    """Return a chord struck once: five harmonics a note, the higher ones dying sooner, faded at both ends."""
    time_s = np.arange(length_samples) / sample_rate
    sound = np.zeros(length_samples)
    for semitones in (chord[0] - 12, *chord):
        note_hz = tonic_hz * 2 ** (semitones / 12)
        for harmonic in range(1, 6):
            if harmonic * note_hz < sample_rate / 2:
                sound += np.exp(-1.5 * harmonic * time_s) / harmonic * np.sin(2 * np.pi * harmonic * note_hz * time_s)
    attack = np.minimum(1.0, time_s / 0.01)
    return (sound * attack * attack[::-1]).astype(np.float32)


def layered_speech(
    rng: np.random.Generator, length_samples: int, sample_rate: int, clips: Sequence[Samples], layers: int
) -> Samples:
    """Return several talkers at once: each layer is a chain of clips in an order and with pauses of its own.

    Args:
        rng: draws the order of the clips, the pauses, where each layer begins and how loud it is.
        length_samples: of the result.
        sample_rate: of the clips and of the result.
        clips: speech of shape (n,) each, none silent; evened out in power before they are layered.
        layers: how many talk at once.
    """
    level = [clip / np.float32(mean_square(clip) ** 0.5) for clip in clips]
    sound = np.zeros(length_samples, np.float32)
    for _ in range(layers):
        chain: list[Samples] = []
        filled = 0
        while filled < length_samples:
            clip = level[int(rng.integers(len(level)))]
            pause = np.zeros(round(rng.uniform(0.1, 0.5) * sample_rate), np.float32)
            chain += [clip, pause]
            filled += len(clip) + len(pause)
        layer = np.roll(np.concatenate(chain), int(rng.integers(filled)))[:length_samples]
        sound += layer * np.float32(10 ** (rng.uniform(-6, 0) / 20))
    return sound
