"""Rows into sequences: nothing lost, almost nothing empty, no sample sees another."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import BuildError
from stages.streams.vocabulary import EOS, EOT, SOS, SOT
from tests.training.small_corpus import CHUNK_TOKENS, rows_of, scene
from tests.training.small_models import SCRATCH, VOCABULARY
from training.duplex.model import new_model
from training.duplex.packing import (
    IGNORED,
    KINDS,
    WASTE,
    best_fit,
    fitting_pieces,
    pack_of,
    packs_in_order,
)
from training.duplex.rows import Row
from training.duplex.token_map import TokenMap

FOUR_TURNS = 0
"""A seed of `scene` that draws two exchanges."""
WHOLE = TokenMap(VOCABULARY)


def chunked(name: str, chunks: int) -> Row:
    """A full-duplex row of distinct ids: ten masked, twelve with loss in every chunk."""
    places = np.arange(chunks * CHUNK_TOKENS, dtype=np.int32)
    return Row(name, places % VOCABULARY.size, places % CHUNK_TOKENS >= 10)


def unbroken(name: str, length: int) -> Row:
    """An alignment row: it can't be cut."""
    return Row(name, np.zeros(length, np.int32), np.arange(length) >= length // 2)


rows = st.lists(st.tuples(st.booleans(), st.integers(1, 11)), min_size=1, max_size=40).map(
    lambda drawn: [chunked(str(i), n) if cut else unbroken(str(i), 17 * n) for i, (cut, n) in enumerate(drawn)]
)


@given(rows)
def test_every_token_is_in_one_group_and_no_group_is_too_long(given_rows: list[Row]) -> None:
    groups = best_fit(given_rows, 256)
    packed = np.concatenate([piece.ids for group in groups for piece in group])
    assert sorted(packed) == sorted(np.concatenate([row.ids for row in given_rows]))
    assert all(sum(map(len, group)) <= 256 for group in groups)


@given(st.lists(st.integers(1, 46), min_size=20, max_size=60))
def test_full_duplex_rows_fill_all_groups_but_the_last(lengths: list[int]) -> None:
    groups = best_fit([chunked(str(place), chunks) for place, chunks in enumerate(lengths)], 1024)
    assert all(sum(map(len, group)) >= (1 - WASTE) * 1024 for group in groups[:-1])


def test_rows_are_cut_only_where_none_fits() -> None:
    groups = best_fit([chunked("a", 6), chunked("b", 4), chunked("c", 6), chunked("d", 4)], 10 * CHUNK_TOKENS)
    assert sorted(sorted(row.row_id for row in group) for group in groups) == [["a", "b"], ["c", "d"]]


def test_a_row_longer_than_max_length_is_cut_where_chunks_begin() -> None:
    pieces = fitting_pieces(chunked("long", 25), 256)
    assert [len(piece) for piece in pieces] == [242, 242, 66]
    assert not any(piece.loss_mask[0] for piece in pieces)
    assert [piece.row_id for piece in pieces] == ["long"] * 3


def test_a_half_duplex_row_is_cut_between_exchanges() -> None:
    tokens = scene("dialogue", "train", FOUR_TURNS, 20)
    row = next(row for row in rows_of(tokens, VOCABULARY) if row.config == "four_stream")
    whole = Row(row.row_id, row.input_ids, row.loss_mask)
    pieces = fitting_pieces(whole, len(whole) - 1)
    assert len(pieces) > 1
    for piece in pieces:
        assert piece.ids[0] == VOCABULARY.special(SOS)
        assert piece.ids[-1] in (VOCABULARY.special(EOS), VOCABULARY.special(EOT))


def test_only_an_exchange_that_does_not_fit_is_left_out_of_its_row() -> None:
    def exchanges(*lengths: int) -> Row:
        mask = np.concatenate([np.arange(length) >= length // 2 for length in lengths])
        return Row("row", np.arange(len(mask), dtype=np.int32), mask)

    for lengths, left in (
        ((50, 30, 300, 40, 60), [range(80), range(380, 480)]),
        ((300, 40), [range(300, 340)]),
        ((40, 300), [range(40)]),
        ((300, 40, 300), [range(300, 340)]),
    ):
        assert [piece.ids.tolist() for piece in fitting_pieces(exchanges(*lengths), 100)] == [*map(list, left)]


def test_an_alignment_row_longer_than_max_length_has_no_pieces() -> None:
    assert fitting_pieces(unbroken("long", 300), 256) == []


def test_a_packed_sample_has_the_logits_it_has_alone() -> None:
    model = new_model(SCRATCH, VOCABULARY.size, 0).eval()
    samples = [chunked("a", 3), unbroken("b", 31), chunked("c", 2)]
    pack = pack_of(samples, WHOLE, 200)
    with torch.inference_mode():
        together = model(
            input_ids=torch.tensor(pack.input_ids[None].astype(np.int64)),
            position_ids=torch.tensor(pack.position_ids[None].astype(np.int64)),
            use_cache=False,
        ).logits[0]
        start = 0
        for sample in samples:
            alone = model(input_ids=torch.tensor(sample.ids[None].astype(np.int64))).logits[0]
            torch.testing.assert_close(together[start : start + len(sample)], alone, atol=1e-5, rtol=1e-4)
            start += len(sample)


def test_the_loss_is_taken_where_the_mask_says_and_never_on_a_samples_first_token() -> None:
    told = Row("told", np.arange(4, dtype=np.int32), np.array([True, False, True, True]))
    pack = pack_of([told, told], WHOLE, 10)
    assert pack.labels.tolist() == [IGNORED, IGNORED, 2, 3] * 2 + [IGNORED] * 2
    assert pack.position_ids.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert (pack.tokens, pack.row_ids) == (8, ("told", "told"))


def test_no_loss_is_taken_on_text_the_model_does_not_know() -> None:
    reduced = TokenMap(VOCABULARY, np.array([0, 2], np.int32))
    pack = pack_of([Row("r", np.array([2, 0, 1, 2], np.int32), np.ones(4, bool))], reduced, 4)
    assert pack.input_ids.tolist() == [1, 0, reduced.unknown, 1]
    assert pack.labels.tolist() == [IGNORED, 0, IGNORED, 1]


def test_losses_are_told_apart_by_kind() -> None:
    tokens = scene("dialogue", "train", 1, 20)
    for row in rows_of(tokens, VOCABULARY):
        pack = pack_of([Row(row.row_id, row.input_ids, row.loss_mask)], WHOLE, len(row.input_ids))
        named = {KINDS[kind] for kind in pack.kinds[pack.labels != IGNORED]}
        expected = {
            "asr": {"user_text", "markers"},
            "tts": {"units", "markers"},
            "four_stream": {"user_text", "text", "units", "markers"},
            "three_stream": {"text", "silent_text", "units", "silent_speech"},
            "two_stream": {"units", "silent_speech"},
        }
        assert named == expected[row.task]


def test_a_users_text_is_a_transcript_and_the_assistants_is_not() -> None:
    unit, sos, eos, sot, eot = (
        VOCABULARY.unit_offset,
        *(VOCABULARY.special(name) for name in (SOS, EOS, SOT, EOT)),
    )
    ids = [sos, unit, eos, sot, 5, eot, sot, 6, eot, sos, unit, eos]
    mask = [False] * 3 + [True] * 9
    pack = pack_of([Row("r", np.array(ids, np.int32), np.array(mask))], WHOLE, len(ids))
    assert [KINDS[pack.kinds[place]] for place in (4, 7, 10)] == ["user_text", "text", "units"]


def test_an_id_outside_the_vocabulary_is_named_with_its_row() -> None:
    with pytest.raises(BuildError, match="row broken: ids 999 to 999"):
        pack_of([Row("broken", np.array([999], np.int32), np.ones(1, bool))], WHOLE, 4)


def test_held_out_rows_are_packed_in_their_order() -> None:
    packs = list(packs_in_order(iter([chunked("a", 8), chunked("b", 8), unbroken("c", 9)]), WHOLE, 256))
    assert [pack.row_ids for pack in packs] == [("a",), ("b", "c")]
