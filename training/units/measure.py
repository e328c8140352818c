"""Figures of trained units on channels that no training saw: how stable they are, and what silence is."""

from collections.abc import Sequence

import numpy as np

from manifests.audio import Samples
from manifests.randomness import generator
from stages.units.base import SpeechTokenizer, Units
from stages.units.bottleneck import SILENCE_UNIT
from stages.units.grid import CHUNK_UNITS, UNIT_SAMPLES
from training.units.aligned_speech import SAMPLE_RATE
from training.units.channels import Channel, mixed, moved
from training.units.data import said_in

HALF_CHUNK = CHUNK_UNITS // 2


def stability(
    tokenizer: SpeechTokenizer, channels: Sequence[Channel], recordings: Sequence[Samples], seed: int
) -> dict[str, float]:
    """Return the shares of units that stay the same in noise and on a moved grid, and how well silence is told.

    Args:
        tokenizer: the one to measure.
        channels: of held-out sentences.
        recordings: of noise, none of which training has heard.
        seed: picks a recording and a place in it for each channel.
    """
    clean = [tokenizer.encode(channel.samples, SAMPLE_RATE) for channel in channels]
    speech = [_speech(channel, len(units)) for channel, units in zip(channels, clean, strict=True)]
    figures: dict[str, float] = {}
    for snr_db in (20, 10):
        heard = []
        for index, channel in enumerate(channels):
            rng = generator(seed, "units measure", index)
            noise = recordings[int(rng.integers(len(recordings)))]
            looped = np.resize(np.roll(noise, -int(rng.integers(len(noise)))), len(channel.samples))
            heard.append(tokenizer.encode(mixed(channel.samples, looped, snr_db), SAMPLE_RATE))
        figures |= _same(f"same_token_{snr_db}db", clean, heard, speech)
        silent = np.concatenate([one == 0 for one in speech])
        figures[f"silence_recall_{snr_db}db"] = float((np.concatenate(heard) == SILENCE_UNIT)[silent].mean())
    later = [tokenizer.encode(moved(c.samples, HALF_CHUNK), SAMPLE_RATE)[HALF_CHUNK:] for c in channels]
    figures |= _same("same_token_shift_200ms", clean, later, speech)
    units, said = np.concatenate(clean), np.concatenate(speech)
    figures["silence_recall"] = float((units == SILENCE_UNIT)[said == 0].mean())
    figures["silence_false"] = float((units == SILENCE_UNIT)[said == 1].mean())
    use = np.bincount(units[said == 1], minlength=tokenizer.size)
    share = use[use > 0] / use.sum()
    figures["codes_used"] = float((use > 0).sum())
    figures["perplexity"] = float(np.exp(-(share * np.log(share)).sum()))
    return figures


def _speech(channel: Channel, units: int) -> np.ndarray:
    """Return 1 where a unit is speech, 0 where it lies in a gap, -1 where it is neither surely, shape (units,)."""
    known = said_in(channel, np.zeros(1), np.ones(1)).speech.numpy()
    in_gap = channel.gaps[channel.pieces_at((np.arange(units) + 0.5) * UNIT_SAMPLES / SAMPLE_RATE)]
    told = np.full(units, -1.0)
    told[: len(known)] = known
    told[np.arange(units) >= len(known)] = 0
    told[(told == 0) & ~in_gap] = -1
    return told


def _same(name: str, clean: list[Units], heard: list[Units], speech: list[np.ndarray]) -> dict[str, float]:
    pairs = []
    for one, other, what in zip(clean, heard, speech, strict=True):
        both = min(len(one), len(other))
        pairs.append((one[:both] == other[:both], what[:both]))
    same, said = (np.concatenate(one) for one in zip(*pairs, strict=True))
    return {name: float(same.mean()), f"{name}_speech": float(same[said == 1].mean())}
