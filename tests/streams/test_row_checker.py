"""`validate` finds what is wrong with a row, and nothing wrong with what flattening makes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.streams import RowChecker, StreamsConfig
from stages.streams.flatten import (
    SceneTokens,
    TurnTokens,
    flatten_alignment,
    flatten_four_stream,
    flatten_three_stream,
    flatten_two_stream,
)
from tests.streams.scene_tokens import CHUNK, TEXT, VOCABULARY, scenes

CHECKER = RowChecker(StreamsConfig(), VOCABULARY)
CONFIGS = ("alignment", "four_stream", "three_stream", "two_stream")


def rows_of(scene: SceneTokens, max_length: int = 8192):
    return (
        *flatten_alignment(scene, VOCABULARY, 1024).rows,
        *flatten_four_stream(scene, VOCABULARY, max_length).rows,
        *flatten_three_stream(scene, VOCABULARY, CHUNK, TEXT, max_length).rows,
        *flatten_two_stream(scene, VOCABULARY, CHUNK, max_length).rows,
    )


def small_rows():
    units = np.arange(20, dtype=np.int32)
    turns = (TurnTokens("user", 0, 3, (1, 2)), TurnTokens("assistant", 12, 14, (3, 4)))
    return {row.config: row for row in rows_of(SceneTokens("talk", "train", units, units, turns))}


@given(scenes())
def test_nothing_is_wrong_with_flattened_rows(scene):
    assert [problem for row in rows_of(scene) for problem in CHECKER.problems(row)] == []


@pytest.mark.parametrize("config", CONFIGS)
@given(data=st.data())
def test_any_flipped_value_of_a_mask_is_found(config, data):
    row = small_rows()[config]
    place = data.draw(st.integers(0, len(row.loss_mask) - 1))
    flipped = row.loss_mask.copy()
    flipped[place] ^= True
    (problem,) = CHECKER.problems(replace(row, loss_mask=flipped))
    assert problem.startswith(f"position {place}: loss_mask")


@pytest.mark.parametrize("config", CONFIGS)
@given(data=st.data())
def test_an_id_outside_the_vocabulary_is_found(config, data):
    row = small_rows()[config]
    place = data.draw(st.integers(0, len(row.input_ids) - 1))
    broken = row.input_ids.copy()
    broken[place] = VOCABULARY.size
    assert list(CHECKER.problems(replace(row, input_ids=broken)))


@pytest.mark.parametrize("config", CONFIGS)
def test_rows_that_are_empty_or_too_long_are_found(config):
    row = small_rows()[config]
    for ids in (row.input_ids[:0], np.tile(row.input_ids, 1000)):
        (problem,) = CHECKER.problems(replace(row, input_ids=ids))
        assert "tokens, expected 1 to" in problem


def test_a_task_that_is_not_the_rows_is_found():
    (problem,) = CHECKER.problems(replace(small_rows()["alignment"], task="asr"))
    assert "its task is 'asr'" in problem
