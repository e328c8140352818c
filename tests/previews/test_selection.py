"""The sample has every split, has interruptions, and is the same every time."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from manifests.names import SPLITS, Split
from previews import CANDIDATE_COLUMNS, Candidate, candidates_from_table, select

candidates_lists = st.lists(
    st.tuples(st.integers(0, 999), st.sampled_from(SPLITS), st.booleans()), unique_by=lambda row: row[0]
).map(lambda rows: [Candidate(*row) for row in rows])


def corpus(train: int, validation: int, test: int, interrupted_every: int = 4) -> list[Candidate]:
    splits: list[Split] = ["train"] * train + ["validation"] * validation + ["test"] * test
    return [Candidate(index, split, index % interrupted_every == 0) for index, split in enumerate(splits)]


@given(candidates_lists, st.integers(0, 20))
def test_a_sample_is_as_large_as_asked_without_repeats_and_in_order(candidates: list[Candidate], count: int) -> None:
    chosen = select(candidates, count)
    assert len(chosen) == min(count, len(candidates))
    assert list(chosen) == sorted(set(chosen))
    assert set(chosen) <= {candidate.index for candidate in candidates}


@given(candidates_lists, st.integers(0, 20))
def test_the_order_in_which_shards_are_read_does_not_matter(candidates: list[Candidate], count: int) -> None:
    assert select(candidates, count) == select(reversed(candidates), count)


@given(candidates_lists, st.integers(3, 20))
def test_every_split_is_heard(candidates: list[Candidate], count: int) -> None:
    split_of = {candidate.index: candidate.split for candidate in candidates}
    assert {split_of[index] for index in select(candidates, count)} == set(split_of.values())


@given(candidates_lists, st.integers(1, 20))
def test_interruptions_are_heard_where_there_are_any(candidates: list[Candidate], count: int) -> None:
    chosen = set(select(candidates, count))
    for split in SPLITS:
        members = [candidate for candidate in candidates if candidate.split == split]
        if any(candidate.interrupted for candidate in members) and any(c.index in chosen for c in members):
            assert any(candidate.interrupted for candidate in members if candidate.index in chosen)


def test_large_splits_get_more_seats_but_not_all() -> None:
    candidates = corpus(train=24, validation=2, test=2)
    chosen = select(candidates, 12)
    assert sum(index < 24 for index in chosen) == 10
    # Half of the train seats, and the one that validation has.
    assert sum(candidates[index].interrupted for index in chosen) == 6


def test_a_sample_is_spread_over_the_whole_split() -> None:
    assert select(corpus(train=100, validation=0, test=0, interrupted_every=1000), 4) == (0, 1, 34, 67)


def test_candidates_are_read_without_touching_audio() -> None:
    table = pa.table(
        {
            "index": [3, 4],
            "split": ["train", "test"],
            "events": [[{"kind": "turn"}, {"kind": "interruption"}], [{"kind": "turn"}]],
        }
    )
    assert "audio" not in CANDIDATE_COLUMNS
    assert list(candidates_from_table(table)) == [Candidate(3, "train", True), Candidate(4, "test", False)]
