"""The one source of random numbers: a generator per (run seed, purpose, dialogue)."""

import zlib

import numpy as np


def generator(seed: int, purpose: str, *indices: int) -> np.random.Generator:
    """Return the generator for one purpose and item, the same no matter what else runs, where or when.

    Args:
        seed: the run's seed.
        purpose: what the numbers are for, for example ``"scenes"``; hashed with CRC-32, which is stable across
            processes and Python versions, unlike ``hash``.
        indices: the dialogue's index and whatever else distinguishes two draws (turn, attempt).
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), *indices])))
