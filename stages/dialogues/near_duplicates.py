"""Finds dialogues that say nearly the same, across the whole corpus (MinHash with LSH, datasketch)."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from manifests.records import Dialogue, Reject
from stages.dialogues.band_index import BandIndex
from stages.dialogues.cleaning import words
from stages.dialogues.config import DialoguesConfig

NEAR_DUPLICATE = "near_duplicate"
_PERMUTATIONS = 128
_SEED = 1
_HIGHEST_THRESHOLD = 0.97
"""Of the bands: from 0.985 on there would be a single one of all permutations, which datasketch refuses."""

Shingles = np.ndarray[tuple[int], np.dtype[np.uint64]]
"""Hashes of a dialogue's word shingles, rising, each once: 8 bytes a word."""


def find_duplicates(dialogues: Iterable[Dialogue], config: DialoguesConfig) -> tuple[Reject, ...]:
    """Return a final reject for every dialogue that nearly repeats an earlier one that stays.

    LSH proposes pairs; each is confirmed by the Jaccard similarity of the word shingles. What is kept of a dialogue is
    8 bytes a word, 12 a band, and what Python takes for an entry.

    Args:
        dialogues: in the order of their indices; read once, none is held.
    """
    from datasketch import MinHash

    threshold = config.filters.duplicate_similarity
    index = band_index(threshold)
    kept: list[tuple[str, Shingles]] = []
    rejects = []
    for dialogue in dialogues:
        shingles = _shingles(dialogue, config.filters.duplicate_shingle)
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=_SEED)
        sketch.update_batch([shingle.tobytes() for shingle in shingles])
        twins = [
            place for place in index.agreeing(sketch.hashvalues) if _jaccard(shingles, kept[place][1]) >= threshold
        ]
        if twins:
            text = "\n".join(f"{turn.role}: {turn.text}" for turn in dialogue.turns)
            twin = kept[min(twins)][0]
            rejects.append(Reject(dialogue.slot.dialogue_id, "selection", NEAR_DUPLICATE, f"of {twin}", text))
            continue
        index.add(sketch.hashvalues)
        kept.append((dialogue.slot.dialogue_id, shingles))
    return tuple(rejects)


def band_index(threshold: float) -> BandIndex:
    """Return an index whose bands propose dialogues from this similarity on as surely as datasketch's do."""
    from datasketch import MinHashLSH

    lsh = MinHashLSH(threshold=min(threshold, _HIGHEST_THRESHOLD), num_perm=_PERMUTATIONS)
    return BandIndex(lsh.b, lsh.r)


def _shingles(dialogue: Dialogue, size: int) -> Shingles:
    said = [word for turn in dialogue.turns for word in words(turn.text)]
    spans = (" ".join(said[i : i + size]) for i in range(max(1, len(said) - size + 1)))
    digests = b"".join(blake2b(span.encode(), digest_size=8).digest() for span in spans)
    return np.unique(np.frombuffer(digests, np.uint64))


def _jaccard(first: Shingles, second: Shingles) -> float:
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)
