"""Noise for those without MUSAN: a small folder in its layout, made from a seed and some speech."""

import io
from collections.abc import Iterator, Sequence

import numpy as np
import soundfile

from manifests.audio import Samples
from manifests.randomness import generator
from noise.mixing import SILENCE_POWER, mean_square
from noise.synthesis import chords, clicks, coloured, hum, layered_speech

BUILTIN_VERSION = "1"
"""Part of the noise's identity: raise it whenever the same seed would sound different."""

DURATION_S = 30.0
RMS = 0.05
"""Level of every recording, -26 dBFS; the mixer sets the level that counts."""

PEAK = 0.9
COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}
"""Exponent of 1/f that the power spectrum follows."""

MAINS_HZ = (50.0, 60.0)
CLICKS_PER_S = (4.0, 15.0, 60.0)
TEMPOS_BPM = (72.0, 96.0, 120.0)
TALKERS = (3, 3)
"""Layers of the `speech` recordings: words of one or another talker can still be made out."""

BABBLE_LAYERS = (8, 12, 16)
"""Layers of babble, which nobody can follow: MUSAN too files the noise of crowds under `noise`."""


def builtin_bytes(sample_rate: int) -> float:
    """Return the size of the folder, to within a few bytes, with every talker at `sample_rate` Hz."""
    kinds = (COLOURS, MAINS_HZ, CLICKS_PER_S, TEMPOS_BPM, BABBLE_LAYERS, TALKERS)
    return sum(map(len, kinds)) * DURATION_S * sample_rate * 2


def builtin_noise(seed: int, clips: Sequence[Samples], sample_rate: int) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes of the file) of every recording of the built-in noise folder.

    The paths follow MUSAN's layout (``noise/babble/babble-0001.wav``); the caller decides where to write them.

    Args:
        seed: the run's seed; the same seed, clips and rate give the same bytes.
        clips: speech at `sample_rate`, shape (n,) each, to make babble from; silent ones are left out,
            and without any, the folder has neither babble nor speech.
        sample_rate: of the clips and of the recordings.

    Yields:
        16-bit mono WAV (it decodes several times faster than FLAC), 30 s long, at -26 dBFS or less.
    """
    voices = [clip for clip in clips if mean_square(clip) > SILENCE_POWER]
    length = round(DURATION_S * sample_rate)

    def rng_of(kind: str, number: int) -> np.random.Generator:
        return generator(seed, f"builtin-noise/{kind}", number)

    for number, (colour, exponent) in enumerate(COLOURS.items(), 1):
        made = coloured(rng_of("coloured", number), length, sample_rate, exponent)
        yield f"noise/coloured/{colour}-{number:04d}.wav", _wav(made, sample_rate)
    for number, mains_hz in enumerate(MAINS_HZ, 1):
        made = hum(rng_of("hum", number), length, sample_rate, mains_hz)
        yield f"noise/hum/hum-{number:04d}.wav", _wav(made, sample_rate)
    for number, rate in enumerate(CLICKS_PER_S, 1):
        made = clicks(rng_of("clicks", number), length, sample_rate, rate)
        yield f"noise/clicks/clicks-{number:04d}.wav", _wav(made, sample_rate)
    for number, tempo in enumerate(TEMPOS_BPM, 1):
        made = chords(rng_of("chords", number), length, sample_rate, tempo)
        yield f"music/synthesised/chords-{number:04d}.wav", _wav(made, sample_rate)
    if voices:
        for number, layers in enumerate(BABBLE_LAYERS, 1):
            made = layered_speech(rng_of("babble", number), length, sample_rate, voices, layers)
            yield f"noise/babble/babble-{number:04d}.wav", _wav(made, sample_rate)
        for number, layers in enumerate(TALKERS, 1):
            made = layered_speech(rng_of("talkers", number), length, sample_rate, voices, layers)
            yield f"speech/talkers/talkers-{number:04d}.wav", _wav(made, sample_rate)


def _wav(samples: Samples, sample_rate: int) -> bytes:
    """Return the samples as a file at the common level, or lower where their peaks would pass `PEAK`."""
    loudest = float(np.max(np.abs(samples)))
    gain = min(RMS / mean_square(samples) ** 0.5, PEAK / loudest)
    buffer = io.BytesIO()
    soundfile.write(buffer, samples * np.float32(gain), sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()
