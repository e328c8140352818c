"""Corpus ids to model ids and back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import BuildError
from stages.streams.vocabulary import SILENT_SPEECH, SOT, SPECIALS
from tests.training.small_models import VOCABULARY
from training.duplex.token_map import TokenMap

REDUCED = TokenMap(VOCABULARY, np.array([3, 7, 20], np.int32))


@given(st.lists(st.sampled_from([3, 7, 20, *range(40, VOCABULARY.size)])))
def test_known_ids_come_back_as_they_went_in(ids: list[int]) -> None:
    given_ids = np.array(ids, np.int32)
    mapped = REDUCED.to_model(given_ids)
    assert mapped.dtype == np.int32
    assert (mapped < REDUCED.size).all()
    np.testing.assert_array_equal(REDUCED.to_corpus(mapped), given_ids)


def test_a_pretrained_models_ids_are_the_corpuss_own() -> None:
    ids = np.arange(VOCABULARY.size, dtype=np.int32)
    whole = TokenMap(VOCABULARY)
    np.testing.assert_array_equal(whole.to_model(ids), ids)
    assert whole.unknown is None
    assert whole.special(SOT) == VOCABULARY.special(SOT)


def test_specials_and_units_follow_the_text_ids_of_a_reduced_map() -> None:
    assert REDUCED.size == 3 + 1 + len(SPECIALS) + VOCABULARY.units
    for name in SPECIALS:
        assert REDUCED.to_model(np.array([VOCABULARY.special(name)], np.int32)) == [REDUCED.special(name)]
    unit = VOCABULARY.unit_ids(np.array([5], np.int32))
    assert REDUCED.to_model(unit) == [REDUCED.unit_offset + 5]


def test_text_that_the_train_split_lacks_becomes_the_unknown_id_and_has_no_way_back() -> None:
    mapped = REDUCED.to_model(np.array([8, 3], np.int32))
    assert mapped.tolist() == [REDUCED.unknown, 0]
    assert REDUCED.to_corpus(mapped).tolist() == [-1, 3]


@pytest.mark.parametrize("token", [-1, VOCABULARY.size])
def test_ids_outside_the_vocabulary_are_refused(token: int) -> None:
    with pytest.raises(ValueError, match=f"ids {token} to {token} are not all within the corpus's {VOCABULARY.size}"):
        REDUCED.to_model(np.array([token], np.int32))


@pytest.mark.parametrize("token_map", [REDUCED, TokenMap(VOCABULARY)])
def test_a_map_survives_its_file(token_map: TokenMap, tmp_path: Path) -> None:
    token_map.write(tmp_path)
    read = TokenMap.read(tmp_path)
    assert read.vocabulary == token_map.vocabulary
    np.testing.assert_array_equal(read.special(SILENT_SPEECH), token_map.special(SILENT_SPEECH))
    ids = np.arange(VOCABULARY.size, dtype=np.int32)
    np.testing.assert_array_equal(read.to_model(ids), token_map.to_model(ids))


def test_a_corpus_with_another_codebook_is_refused_with_both_values() -> None:
    other = replace(VOCABULARY, units=32, unit_tokenizer="units-b")
    with pytest.raises(BuildError, match=r"corpus/vocabulary.json: unit_tokenizer is 'units-b', but .* 'units-a'"):
        REDUCED.check(other, "corpus/vocabulary.json")


def test_a_corpus_with_another_text_tokenizer_is_refused_with_both_values() -> None:
    other = replace(VOCABULARY, text_tokenizer="file other.json 00")
    with pytest.raises(BuildError, match=r"text_tokenizer is 'file other.json 00', but .* 'qwen2 0123456789abcdef'"):
        REDUCED.check(other, "corpus/vocabulary.json")


@pytest.mark.parametrize("written", ["", "[]", '{"vocabulary": 1, "text_ids": null}', '{"text_ids": []}'])
def test_a_damaged_file_is_named(written: str, tmp_path: Path) -> None:
    (tmp_path / "token_map.json").write_text(written)
    with pytest.raises(BuildError, match=r"token_map\.json is no"):
        TokenMap.read(tmp_path)


def test_text_ids_out_of_order_are_refused(tmp_path: Path) -> None:
    TokenMap(VOCABULARY, np.array([7, 3], np.int32)).write(tmp_path)
    with pytest.raises(BuildError, match="text_ids are not ascending within 0 to 39"):
        TokenMap.read(tmp_path)
