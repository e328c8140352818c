"""What the index of near-duplicates holds in memory for a dialogue, beside datasketch's own of the same sketches.

The sketches are drawn: those of texts that share nothing, of which every one stays.
"""

import tracemalloc
from collections.abc import Callable

import numpy as np
from datasketch import MinHash, MinHashLSH
from reporting import Figures, parser, report

from manifests.randomness import generator
from stages.dialogues.band_index import RECENT
from stages.dialogues.config import FiltersConfig
from stages.dialogues.near_duplicates import band_index

SEED = 31
DIALOGUES = RECENT
"""So many that the index has just sorted them in."""
PERMUTATIONS = 128

NOTES = {
    "dialogues": "sketches in either index",
    "bytes_a_dialogue": "of the index here",
    "datasketch_bytes_a_dialogue": "of datasketch.MinHashLSH with the same bands",
    "datasketch_times": "its memory over that of the index here",
}


def main() -> None:
    """Measure and report."""
    options = parser(__doc__ or "").parse_args()
    sketches = generator(SEED, "benchmark near-duplicates").integers(0, 2**32, (DIALOGUES, PERMUTATIONS), np.uint64)
    threshold = FiltersConfig().duplicate_similarity

    def ours() -> object:
        index = band_index(threshold)
        for sketch in sketches:
            index.add(sketch)
        return index

    def theirs() -> object:
        index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
        for place, sketch in enumerate(sketches):
            made = MinHash(num_perm=PERMUTATIONS)
            made.hashvalues = sketch
            index.insert(place, made)
        return index

    held, held_by_datasketch = _held(ours), _held(theirs)
    figures: Figures = {
        "dialogues": DIALOGUES,
        "bytes_a_dialogue": held / DIALOGUES,
        "datasketch_bytes_a_dialogue": held_by_datasketch / DIALOGUES,
        "datasketch_times": held_by_datasketch / held,
    }
    report("near_duplicates", figures, NOTES, options.save)


def _held(build: Callable[[], object]) -> int:
    """Return the bytes that what is built holds."""
    tracemalloc.start()
    built = build()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del built
    return held


if __name__ == "__main__":
    main()
