"""The index of locality-sensitive hashing, in the memory of a few numbers a dialogue."""

from collections import defaultdict
from hashlib import blake2b

import numpy as np

Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]

RECENT = 1 << 15
"""Sketches that are held in a dictionary before they are sorted in among the others."""


class BandIndex:
    """Finds the sketches that agree with another in a whole band: what `datasketch.MinHashLSH` proposes.

    That keeps dictionaries of Python; this keeps 12 bytes a band, 64-bit hashes in one sorted array: a thirtieth of the
    memory (`benchmarks/near_duplicates.py`), which one worker holds for the whole corpus.
    Of ten million sketches with 14 bands each, it happens once in two thousand corpora that two different bands share a
    hash; all that comes of it is one more proposal.

    Args:
        bands, rows: of every sketch, at least bands * rows hashes long.
        recent: sketches to hold unsorted.
    """

    def __init__(self, bands: int, rows: int, recent: int = RECENT) -> None:
        self._bands = bands
        self._rows = rows
        self._most_recent = recent
        self._count = 0
        self._hashes: Hashes = np.zeros(0, np.uint64)
        self._places = np.zeros(0, np.uint32)
        self._recent: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, sketch: Hashes) -> None:
        """Keep a sketch under the next place: 0, 1, 2, ..."""
        for band in self._bands_of(sketch):
            self._recent[band].append(self._count)
        self._count += 1
        if self._count % self._most_recent == 0:
            self._sort_in()

    def agreeing(self, sketch: Hashes) -> set[int]:
        """Return the places of the sketches that agree with this one in a band."""
        bands = self._bands_of(sketch)
        wanted = np.array(bands, np.uint64)
        starts, ends = (np.searchsorted(self._hashes, wanted, side) for side in ("left", "right"))
        found = {int(place) for start, end in zip(starts, ends, strict=True) for place in self._places[start:end]}
        return found.union(*(self._recent.get(band, ()) for band in bands))

    def _bands_of(self, sketch: Hashes) -> list[int]:
        """Return one hash a band, of its number and its rows."""
        numbers = range(self._bands)
        rows = [sketch[number * self._rows : (number + 1) * self._rows].tobytes() for number in numbers]
        digests = (blake2b(row, digest_size=8, salt=bytes([number])) for number, row in zip(numbers, rows, strict=True))
        return [int.from_bytes(digest.digest(), "little") for digest in digests]

    def _sort_in(self) -> None:
        pairs = sorted((band, place) for band, places in self._recent.items() for place in places)
        hashes = np.array([band for band, _ in pairs], np.uint64)
        where = np.searchsorted(self._hashes, hashes)
        self._places = np.insert(self._places, where, np.array([place for _, place in pairs], np.uint32))
        self._hashes = np.insert(self._hashes, where, hashes)
        self._recent.clear()
