"""Channels to learn units from: spoken sentences with gaps, what is said when, how else it may be heard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manifests.audio import Samples, decode_audio
from manifests.randomness import generator
from noise import builtin_noise
from stages.units.grid import CHUNK_UNITS, UNIT_SAMPLES
from training.units.aligned_speech import SAMPLE_RATE, AlignedSentence, Floats, Take
from training.units.phones import SILENCE, UNKNOWN, phones_of

GAP_S = (0.08, 1.2)
TAKE_LEVEL_DBFS = -26.0
TAKE_LEVEL_SD_DB = 2.0
RESAMPLED_SHARE = 0.5
RESAMPLED = (0.84, 1.2)
"""Pace, pitch and formants move together: other people out of the same voice."""
GAIN_DB = (-8.0, 6.0)
SNR_DB = (4.0, 25.0)
COLOURS = (0.0, 1.0, 2.0)
"""Exponents of 1/f for white, pink and brown noise."""
FLAT_BELOW_HZ = 60.0
"""Without a limit, brown noise would be almost all below hearing."""
QUIET_DB = -32.0
"""Under the sentence's level: nothing is spoken in such a frame, if its symbol is no phone."""
FRAME_S = 0.02

Labels = np.ndarray[tuple[int], np.dtype[np.int16]]
Times = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class Channel:
    """A channel and what is said in it.

    Attributes:
        samples: shape (n,), at `SAMPLE_RATE`, digital silence between the sentences.
        starts_s: shape (pieces,), increasing from 0: when each piece begins. Pieces are symbols, their paddings, gaps.
        phones: shape (pieces,), a phone's index, `SILENCE` or `UNKNOWN`.
        prior: shape (pieces, 192), the mean of joe's prior there.
        gaps: shape (pieces,), whether the piece is a gap between sentences.
    """

    samples: Samples
    starts_s: Times
    phones: Labels
    prior: Floats
    gaps: np.ndarray[tuple[int], np.dtype[np.bool_]]

    def pieces_at(
        self, times_s: np.ndarray[tuple[int, ...], np.dtype[np.floating[Any]]]
    ) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return the index of the piece at each time in seconds, shape (times,), the same shape, int64."""
        return np.maximum(np.searchsorted(self.starts_s, times_s, side="right") - 1, 0)

    def frame_labels(self) -> Labels:
        """Return the phone of each 20 ms frame, shape (frames,), int16; silence where none is due and nothing sounds.

        A last part of a frame has none.
        """
        frame_samples = round(FRAME_S * SAMPLE_RATE)
        count = len(self.samples) // frame_samples
        pieces = self.pieces_at((np.arange(count) + 0.5) * FRAME_S)
        labels = self.phones[pieces].copy()
        power = (self.samples[: count * frame_samples].reshape(count, -1).astype(np.float64) ** 2).mean(axis=1)
        loud = 10 * np.log10(power + 1e-12) > TAKE_LEVEL_DBFS + QUIET_DB
        labels[(labels == SILENCE) & loud] = UNKNOWN
        return labels


def assemble(
    sentences: Sequence[tuple[AlignedSentence, Take]], seed: int, index: int, resampled_share: float = RESAMPLED_SHARE
) -> Channel:
    """Return the sentences as one channel, each at its own level and, some, as if by another person."""
    rng = generator(seed, "units channel", index)
    parts: list[Samples] = []
    starts: list[Times] = []
    phones: list[Labels] = []
    priors: list[Floats] = []
    gaps: list[bool] = []
    placed = 0
    for sentence, take in sentences:
        silence = np.zeros(round(rng.uniform(*GAP_S) * SAMPLE_RATE), np.float32)
        factor = rng.uniform(*RESAMPLED) if rng.random() < resampled_share else 1.0
        samples = _at_level(_resampled(take.samples, factor), TAKE_LEVEL_DBFS + rng.normal(0, TAKE_LEVEL_SD_DB))
        lasting = (take.seconds[:, None] * sentence.prior_share).reshape(-1) * len(samples) / len(take.samples)
        begin = (placed + len(silence)) / SAMPLE_RATE
        starts += [np.array([placed / SAMPLE_RATE]), begin + np.concatenate([[0.0], np.cumsum(lasting)[:-1]])]
        phones += [np.array([SILENCE], np.int16), np.repeat(phones_of(sentence.symbols), 2)]
        priors += [sentence.prior_mean[-1:, 0], sentence.prior_mean.reshape(len(lasting), -1)]
        gaps += [True, *([False] * len(lasting))]
        parts += [silence, samples]
        placed += len(silence) + len(samples)
    return Channel(
        np.concatenate(parts),
        np.concatenate(starts).astype(np.float64),
        np.concatenate(phones),
        np.concatenate(priors).astype(np.float32),
        np.array(gaps),
    )


def ways_heard(
    samples: Samples, recordings: Sequence[Samples], rng: np.random.Generator
) -> Iterator[tuple[Samples, int]]:
    """Yield the ways to hear a channel, each with the units it is moved by: clean, at another level, twice in noise.

    Args:
        samples: shape (n,), at `SAMPLE_RATE`.
        recordings: of noise, see `disturbed`.
        rng: of all that is drawn.
    """
    level_move, noise_move = (int(units) for units in rng.integers(1, CHUNK_UNITS, 2))
    yield samples, 0
    yield moved(samples * np.float32(10.0 ** (rng.uniform(*GAIN_DB) / 20.0)), level_move), level_move
    yield moved(disturbed(samples, recordings, rng), noise_move), noise_move
    yield disturbed(samples, recordings, rng), 0


def moved(samples: Samples, units: int) -> Samples:
    """Return the channel behind so many units of silence: every unit gets another place in its window.

    Args:
        samples: shape (n,).
        units: of silence, fewer than `CHUNK_UNITS`.

    Returns:
        shape (units * UNIT_SAMPLES + n,).

    Raises:
        ValueError: so many units are a chunk or more, or fewer than none.
    """
    if not 0 <= units < CHUNK_UNITS:
        raise ValueError(f"moving by {units} units would leave the chunk")
    return np.pad(samples, (units * UNIT_SAMPLES, 0))


def disturbed(samples: Samples, recordings: Sequence[Samples], rng: np.random.Generator) -> Samples:
    """Return the channel at another level, in a drawn noise at a drawn SNR.

    Args:
        samples: shape (n,), at `SAMPLE_RATE`.
        recordings: of noise, shape (m,) each, at `SAMPLE_RATE`; m may differ.
        rng: of all that is drawn.

    Returns:
        shape (n,), float32, within +-1.
    """
    noise = coloured(len(samples), rng) if rng.random() < 0.4 else _excerpt(recordings, len(samples), rng)
    gain = np.float32(10.0 ** (rng.uniform(*GAIN_DB) / 20.0))
    heard: Samples = np.clip(gain * mixed(samples, noise, rng.uniform(*SNR_DB)), -1.0, 1.0).astype(np.float32)
    return heard


def coloured(count: int, rng: np.random.Generator) -> Samples:
    """Return noise of a drawn colour, shape (count,), float32, at no particular level."""
    white = np.fft.rfft(rng.standard_normal(count))
    frequencies_hz = np.maximum(np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE), FLAT_BELOW_HZ)
    noise: Samples = np.fft.irfft(white * frequencies_hz ** (-rng.choice(COLOURS) / 2.0), n=count).astype(np.float32)
    return noise


def mixed(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    """Return the channel in the noise, shapes (n,), the SNR over all of the channel but its digital silence.

    What leaves +-1 is clipped.
    """
    speech_power = float(np.mean(np.square(samples[samples != 0.0], dtype=np.float64)))
    noise_power = float(np.mean(np.square(noise, dtype=np.float64)))
    scale = np.sqrt(speech_power / noise_power / 10.0 ** (snr_db / 10.0))
    noisy: Samples = np.clip(samples + scale * noise, -1.0, 1.0).astype(np.float32)
    return noisy


def recordings_of(clips: Sequence[Samples], seed: int) -> list[Samples]:
    """Return the recordings of the built-in noise: music-like, hum, clicks, and babble of the clips.

    Args:
        clips: speech, shape (n,) each, at `SAMPLE_RATE`.
        seed: of the noise.

    Returns:
        shape (m,) each, float32, at `SAMPLE_RATE`.
    """
    return [decode_audio(data)[0] for _, data in builtin_noise(seed, clips, SAMPLE_RATE)]


def _excerpt(recordings: Sequence[Samples], count: int, rng: np.random.Generator) -> Samples:
    recording = recordings[int(rng.integers(len(recordings)))]
    return np.resize(np.roll(recording, -int(rng.integers(len(recording)))), count)


def _resampled(samples: Samples, factor: float) -> Samples:
    import soxr

    if factor == 1.0:
        return samples
    resampled: Samples = soxr.resample(samples, SAMPLE_RATE, SAMPLE_RATE * factor, quality="HQ")
    return resampled.astype(np.float32, copy=False)


def _at_level(samples: Samples, level_dbfs: float) -> Samples:
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160).astype(np.float64)
    power = (frames**2).mean(axis=1)
    active = power[power > power.max() * 1e-3].mean()
    return (samples * np.float32(10.0 ** (level_dbfs / 20.0) / np.sqrt(active))).clip(-1, 1).astype(np.float32)
