"""Channels to learn units from: spoken sentences with gaps, and what happens to them in a corpus."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from manifests.audio import Samples
from manifests.randomness import generator
from stages.units.grid import UNIT_SAMPLES
from stages.units.log_mel import SAMPLE_RATE

SENTENCES_PER_CHANNEL = 8
GAP_S = (0.1, 1.2)
SNR_DB = (10.0, 30.0)
GAIN_DB = (-9.0, 6.0)
SHIFT_UNITS = 5
COLOURS = (0.0, 1.0, 2.0)
"""Exponents of 1/f for white, pink and brown noise."""
FLAT_BELOW_HZ = 60.0
"""Without a limit, brown noise would be almost all below hearing."""


@dataclass(frozen=True)
class Variant:
    """One hearing of a channel, its units aligned with the clean one's after `lead_units` are dropped."""

    name: str
    samples: Samples
    lead_units: int = 0


def assemble(files: list[Path], seed: int, channel: int) -> Samples:
    """Return one channel at 16 kHz: the sentences of the files with drawn gaps of silence between them."""
    rng = generator(seed, "codebook channel", channel)
    parts: list[Samples] = []
    for file in files:
        speech, _ = soundfile.read(file, dtype="float32")
        parts += [np.zeros(round(rng.uniform(*GAP_S) * SAMPLE_RATE), np.float32), speech]
    return np.concatenate(parts)


def training_variants(clean: Samples, seed: int, channel: int) -> tuple[Variant, ...]:
    """Return the channel clean, in noise, in other noise at another level, and later by half a chunk."""
    rng = generator(seed, "codebook variants", channel)
    gain = np.float32(10.0 ** (rng.uniform(*GAIN_DB) / 20.0))
    return (
        Variant("clean", clean),
        Variant("noisy", in_noise(clean, rng.uniform(*SNR_DB), rng)),
        Variant("level", np.clip(gain * in_noise(clean, rng.uniform(*SNR_DB), rng), -1.0, 1.0).astype(np.float32)),
        shifted(clean),
    )


def shifted(clean: Samples) -> Variant:
    """Return the channel behind half a chunk of silence, so that every unit has another place in its window."""
    return Variant("shifted", np.pad(clean, (SHIFT_UNITS * UNIT_SAMPLES, 0)), SHIFT_UNITS)


def in_noise(clean: Samples, snr_db: float, rng: np.random.Generator) -> Samples:
    """Return the channel in noise of a drawn colour, at an SNR over all but its digital silence."""
    white = np.fft.rfft(rng.standard_normal(len(clean)))
    frequencies_hz = np.maximum(np.fft.rfftfreq(len(clean), 1.0 / SAMPLE_RATE), FLAT_BELOW_HZ)
    noise = np.fft.irfft(white * frequencies_hz ** (-rng.choice(COLOURS) / 2.0), n=len(clean))
    speech_power = float(np.mean(np.square(clean[clean != 0.0], dtype=np.float64)))
    scale = np.sqrt(speech_power / np.mean(noise**2) / 10.0 ** (snr_db / 10.0))
    mixed: Samples = np.clip(clean + scale * noise, -1.0, 1.0).astype(np.float32)
    return mixed
