"""Figures of a codebook on speech it has not learned from."""

import numpy as np

from manifests.audio import Samples, decode_audio
from manifests.randomness import generator
from noise import builtin_noise
from stages.units import grid
from stages.units.base import Units
from stages.units.codebook import Codebook
from stages.units.log_mel import SAMPLE_RATE
from stages.units.whisper_units import WhisperUnits
from training.codebook.channels import SHIFT_UNITS, in_noise, shifted

LIVE_WINDOWS = 40
"""Windows per channel that are tokenized again one by one, as a live loop would."""


def measure(codebook: Codebook, channels: list[Samples], seed: int) -> dict[str, float]:
    """Return the figures of the model card, over channels of speech with gaps at 16 kHz.

    ``same_token_*``: share of the units of the clean channel that stay the same in noise at that SNR, or when all
    comes half a chunk later; over all units, and ``_speech``: over those that aren't digital silence. A noise that
    isn't named is of the kinds that training used; the named ones are of other kinds.
    """
    tokenizer = WhisperUnits(codebook)
    clean = [tokenizer.encode(channel, SAMPLE_RATE) for channel in channels]
    speaking = np.concatenate([_speaking(channel) for channel in channels])
    units = np.concatenate(clean)
    counts = np.bincount(units[speaking], minlength=codebook.size)
    share = counts[counts > 0] / counts.sum()
    figures = {
        "minutes": sum(map(len, channels)) / SAMPLE_RATE / 60,
        "codes_used": float(np.count_nonzero(counts)),
        "perplexity": float(np.exp(-np.sum(share * np.log(share)))),
        "most_used_share": float(share.max()),
    }
    for snr_db in (20, 10):
        rng = generator(seed, "codebook figures")  # the same noises at every level
        noisy = [tokenizer.encode(in_noise(channel, snr_db, rng), SAMPLE_RATE) for channel in channels]
        same = np.concatenate(noisy) == units
        figures[f"same_token_{snr_db}db"] = float(same.mean())
        figures[f"same_token_{snr_db}db_speech"] = float(same[speaking].mean())
    for kind, unseen in _unseen_noises(channels, seed).items():
        noisy = [tokenizer.encode(_in(unseen, channel, 20.0), SAMPLE_RATE) for channel in channels]
        figures[f"same_token_20db_{kind}_speech"] = float((np.concatenate(noisy) == units)[speaking].mean())
    later = [tokenizer.encode(shifted(channel).samples, SAMPLE_RATE)[SHIFT_UNITS:] for channel in channels]
    same = np.concatenate([_same(*pair) for pair in zip(clean, later, strict=True)])
    figures["same_token_shift_200ms"] = float(same.mean())
    figures["same_token_shift_200ms_speech"] = float(same[speaking].mean())
    live = [_live_equals(tokenizer, channel, units) for channel, units in zip(channels, clean, strict=True)]
    figures["live_equals_offline"] = float(np.mean(live))
    return figures


def _unseen_noises(clips: list[Samples], seed: int) -> dict[str, Samples]:
    """Return a recording of each kind of the built-in noise that training does not use, by the kind's name."""
    recordings: dict[str, Samples] = {}
    for path, data in builtin_noise(seed, clips, SAMPLE_RATE):
        kind = path.split("/")[1]
        if kind != "coloured" and kind not in recordings:
            recordings[kind], _ = decode_audio(data)
    return recordings


def _in(noise: Samples, clean: Samples, snr_db: float) -> Samples:
    power = np.mean(np.square(clean[clean != 0.0], dtype=np.float64))
    looped = np.resize(noise, len(clean))
    scale = np.sqrt(power / np.mean(np.square(looped, dtype=np.float64)) / 10.0 ** (snr_db / 10.0))
    mixed: Samples = np.clip(clean + scale * looped, -1.0, 1.0).astype(np.float32)
    return mixed


def _same(units: Units, others: Units) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return where two channels agree, shape of the first; what the second has no unit for counts as different."""
    count = min(len(units), len(others))
    same = np.zeros(len(units), np.bool_)
    same[:count] = units[:count] == others[:count]
    return same


def _speaking(channel: Samples) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    padded = np.pad(channel, (0, grid.chunks_of(len(channel)) * grid.CHUNK_SAMPLES - len(channel)))
    loudest = np.abs(padded).reshape(-1, grid.UNIT_SAMPLES).max(axis=1)
    speaking: np.ndarray[tuple[int], np.dtype[np.bool_]] = loudest > 0.0
    return speaking


def _live_equals(tokenizer: WhisperUnits, channel: Samples, units: Units) -> float:
    """Return the share of windows, cut out one by one, whose units equal those of the whole channel."""
    chunks = min(LIVE_WINDOWS, grid.chunks_of(len(channel)))
    heard = np.pad(channel, (grid.PAST_SAMPLES, grid.WINDOW_SAMPLES))
    same = 0
    for chunk in range(chunks):
        live = tokenizer.encode_window(heard[chunk * grid.CHUNK_SAMPLES :][: grid.WINDOW_SAMPLES])
        same += np.array_equal(live, units[chunk * grid.CHUNK_UNITS :][: grid.CHUNK_UNITS])
    return same / chunks
