"""Finding dialogues that say nearly the same, across the whole corpus (MinHash with LSH, datasketch)."""

from collections.abc import Iterable

from manifests.records import Dialogue, Reject
from stages.dialogues.cleaning import words
from stages.dialogues.config import DialoguesConfig

NEAR_DUPLICATE = "near_duplicate"
_PERMUTATIONS = 128
_SEED = 1


def find_duplicates(dialogues: Iterable[Dialogue], config: DialoguesConfig) -> tuple[Reject, ...]:
    """Return a final reject for every dialogue that nearly repeats one of a lower index that stays.

    LSH proposes pairs; each is confirmed by the exact Jaccard similarity of the word shingles. The answer doesn't
    depend on the order of the dialogues.
    """
    from datasketch import MinHash, MinHashLSH

    threshold = config.filters.duplicate_similarity
    index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS)
    kept: dict[str, tuple[int, frozenset[str]]] = {}
    rejects = []
    for dialogue in sorted(dialogues, key=lambda each: each.slot.index):
        shingles = _shingles(dialogue, config.filters.duplicate_shingle)
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=_SEED)
        sketch.update_batch([shingle.encode() for shingle in sorted(shingles)])
        twins = [key for key in index.query(sketch) if _jaccard(shingles, kept[key][1]) >= threshold]
        if twins:
            twin = min(twins, key=lambda key: kept[key][0])
            text = "\n".join(f"{turn.role}: {turn.text}" for turn in dialogue.turns)
            rejects.append(Reject(dialogue.slot.dialogue_id, "dialogues", NEAR_DUPLICATE, f"of {twin}", text))
            continue
        kept[dialogue.slot.dialogue_id] = (dialogue.slot.index, shingles)
        index.insert(dialogue.slot.dialogue_id, sketch)
    return tuple(rejects)


def _shingles(dialogue: Dialogue, size: int) -> frozenset[str]:
    said = [word for turn in dialogue.turns for word in words(turn.text)]
    return frozenset(" ".join(said[i : i + size]) for i in range(max(1, len(said) - size + 1)))


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second)
