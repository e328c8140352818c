"""The index proposes what datasketch's does, whatever is sorted in already."""

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st

from stages.dialogues.band_index import BandIndex, Hashes
from stages.dialogues.near_duplicates import band_index

PERMUTATIONS = 16


def sketch(hashes: Hashes) -> MinHash:
    made = MinHash(num_perm=len(hashes), seed=1)
    made.hashvalues = hashes
    return made


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=PERMUTATIONS, max_size=PERMUTATIONS), max_size=20),
    st.integers(1, 5),
    st.sampled_from([0.3, 0.5, 0.7]),
)
def test_it_proposes_what_datasketch_proposes(rows: list[list[int]], recent: int, threshold: float) -> None:
    known = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    index = BandIndex(known.b, known.r, recent)
    for place, row in enumerate(rows):
        hashes = np.array(row, np.uint64)
        assert index.agreeing(hashes) == set(known.query(sketch(hashes)))
        known.insert(place, sketch(hashes))
        index.add(hashes)


@pytest.mark.parametrize("threshold", [0.05, 0.7, 1.0])
def test_texts_that_share_words_are_proposed_alike(threshold: float) -> None:
    rng = np.random.default_rng(1)
    index, known = band_index(threshold), MinHashLSH(threshold=min(threshold, 0.97), num_perm=128)
    proposed = 0
    base = rng.integers(0, 2**63, 40, np.uint64)
    for place in range(60):
        made = MinHash(num_perm=128, seed=1)
        words = np.where(rng.random(40) < 0.1, rng.integers(0, 2**63, 40, np.uint64), base)
        made.update_batch([word.tobytes() for word in words])
        assert index.agreeing(made.hashvalues) == set(known.query(made))
        proposed += len(index.agreeing(made.hashvalues))
        known.insert(place, made)
        index.add(made.hashvalues)
    assert proposed or threshold == 1.0
