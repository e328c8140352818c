"""Units of several codebooks, flattened frame by frame: rows hold whole frames, and every stream comes back."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import BuildError
from stages.streams import RowChecker, StreamsConfig, StreamStage, Vocabulary, read_vocabulary, vocabulary_of
from stages.streams.flatten import (
    SILENCE,
    SceneTokens,
    TurnTokens,
    flatten_alignment,
    flatten_four_stream,
    flatten_three_stream,
    flatten_two_stream,
    unflatten_alignment,
    unflatten_four_stream,
    unflatten_three_stream,
    unflatten_two_stream,
)
from stages.streams.vocabulary import SILENT_SPEECH
from stages.units.grid import unit_span
from tests.streams.test_streams_stage import scene
from tests.units.codec_checkpoints import save_mimi

FRAMES, TEXT = 5, 2
BOOKS, SIZE = 3, 64
CHUNK = FRAMES * BOOKS
WORDS = Vocabulary("text", 300, "units", BOOKS * SIZE, 37.5, BOOKS)
MIMI = {"kind": "mimi", "path": "anywhere", "codebooks": BOOKS, "codebook_size": SIZE}
CHECKER = RowChecker(StreamsConfig.model_validate({"speech_tokenizer": MIMI}), WORDS)


@st.composite
def scenes(draw: st.DrawFn) -> SceneTokens:
    """Scenes of frames, with room for all text."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    turns, free = [], 0
    for place in range(draw(st.integers(1, 5))):
        start = free + draw(st.integers(0, 9))
        free = start + draw(st.integers(0, 20))
        text = tuple(rng.integers(0, 300, draw(st.integers(0, 6))).tolist())
        turns.append(TurnTokens(("user", "assistant")[place % 2], start * BOOKS, free * BOOKS, text))
    chunks = free // FRAMES + 1 + sum(len(turn.text) for turn in turns)
    codes = rng.integers(0, SIZE, (2, chunks * FRAMES, BOOKS)) + SIZE * np.arange(BOOKS)
    user, assistant = codes.reshape(2, -1).astype(np.int32)
    return SceneTokens("d-000001", "train", user, assistant, tuple(turns))


def rows_of(tokens: SceneTokens, max_length: int = 8192):
    return (
        *flatten_alignment(tokens, WORDS, 1024).rows,
        *flatten_four_stream(tokens, WORDS, max_length).rows,
        *flatten_three_stream(tokens, WORDS, CHUNK, TEXT, max_length).rows,
        *flatten_two_stream(tokens, WORDS, CHUNK, max_length).rows,
    )


@given(scenes(), st.integers(2 * CHUNK + TEXT, 200))
def test_nothing_is_wrong_with_flattened_rows(tokens, max_length):
    assert [problem for row in rows_of(tokens, max_length) for problem in CHECKER.problems(row)] == []


@given(scenes())
def test_the_channels_come_back_from_the_chunks(tokens):
    three = unflatten_three_stream(rows_of(tokens)[-2].input_ids, WORDS, CHUNK, TEXT)
    two = unflatten_two_stream(rows_of(tokens)[-1].input_ids, WORDS, CHUNK)
    for read in (three, two):
        assert np.array_equal(read.user, tokens.user)
        spoken = read.assistant != SILENCE
        assert np.array_equal(read.assistant[spoken], tokens.assistant[spoken])
        assert np.array_equal(spoken.reshape(-1, BOOKS).all(axis=1), spoken.reshape(-1, BOOKS).any(axis=1))


@given(scenes())
def test_the_turns_come_back_from_their_spans(tokens):
    turns = [
        turn
        for row in flatten_four_stream(tokens, WORDS, 8192).rows
        for turn in unflatten_four_stream(row.input_ids, WORDS)
    ]
    assert [turn.units for turn in turns] == [tuple(tokens.units_of(turn).tolist()) for turn in tokens.turns]
    for row in flatten_alignment(tokens, WORDS, 1024).rows:
        assert len(unflatten_alignment(row.input_ids, WORDS).units) % BOOKS == 0


def small_rows():
    codes = (np.arange(2 * CHUNK) % SIZE + SIZE * (np.arange(2 * CHUNK) % BOOKS)).astype(np.int32)
    turns = (TurnTokens("user", 0, 6, (1, 2)), TurnTokens("assistant", 15, 21, (3, 4)))
    return {row.config: row for row in rows_of(SceneTokens("talk", "train", codes, codes, turns))}


@pytest.mark.parametrize("config", ["alignment", "four_stream", "three_stream", "two_stream"])
def test_a_unit_of_another_codebook_is_found_with_its_position(config):
    row = small_rows()[config]
    for position in np.flatnonzero(row.input_ids >= WORDS.unit_offset):
        broken = row.input_ids.copy()
        broken[position] = WORDS.unit_offset + (broken[position] - WORDS.unit_offset + SIZE) % (BOOKS * SIZE)
        (problem,) = CHECKER.problems(replace(row, input_ids=broken))
        assert problem.startswith(f"position {position}: {broken[position]} is not a unit")


@pytest.mark.parametrize("config", ["three_stream", "two_stream"])
def test_a_frame_that_is_silent_in_part_is_found(config):
    row = small_rows()[config]
    width = len(row.input_ids) // 2
    first = 2 * width - CHUNK  # the assistant's first unit in the second chunk
    broken = row.input_ids.copy()
    broken[first + 1] = WORDS.special(SILENT_SPEECH)
    (problem,) = CHECKER.problems(replace(row, input_ids=broken))
    assert problem == f"position {first}: a frame of the assistant that is only partly silent"


@pytest.mark.parametrize("config", ["alignment", "four_stream"])
def test_a_span_that_ends_within_a_frame_is_found(config):
    row = small_rows()[config]
    last = int(np.flatnonzero(row.input_ids >= WORDS.unit_offset)[-1])
    ids, mask = (np.delete(values, last) for values in (row.input_ids, row.loss_mask))
    problems = list(CHECKER.problems(replace(row, input_ids=ids, loss_mask=mask)))
    assert any("last frame doesn't have all 3 codebooks" in problem for problem in problems)


@given(st.floats(0, 60), st.floats(0, 10))
def test_a_turn_spans_whole_frames(start_s, length_s):
    start, end = unit_span(start_s, start_s + length_s, 37.5, 10_000, BOOKS)
    assert start % BOOKS == end % BOOKS == 0
    assert start / 37.5 <= start_s + 1e-6
    assert end / 37.5 >= start_s + length_s - 1e-6


def test_the_vocabulary_file_states_codebooks_and_rates_as_they_are():
    units = json.loads(WORDS.to_json())["units"]
    assert units == {
        "tokenizer": "units",
        "offset": 308,
        "size": 192,
        "rate_hz": 37.5,
        "codebooks": 3,
        "codebook_size": 64,
    }
    assert read_vocabulary(WORDS.to_json()) == WORDS
    assert '"rate_hz": 75' in replace(WORDS, rate_hz=75.0).to_json()


@pytest.mark.parametrize("found", ['"codebooks": 3', '"codebook_size": 64'])
def test_codebooks_that_do_not_make_the_units_are_refused(found):
    with pytest.raises(BuildError, match="don't make 192 units"):
        read_vocabulary(WORDS.to_json().replace(found, found[:-1] + "7"))


@pytest.mark.parametrize(
    ("tokenizer", "units"),
    [
        ({"kind": "whisper-vq"}, 10),
        ({"kind": "s3tokenizer", "variant": "v1_50hz", "path": "a"}, 20),
        ({"kind": "s3tokenizer", "variant": "v2_25hz", "path": "a"}, 10),
        ({"kind": "mimi", "path": "a"}, 5),
        ({"kind": "mimi", "path": "a", "codebooks": 8}, 40),
        ({"kind": "encodec", "path": "a", "codebooks": 2}, 60),
    ],
)
def test_the_tokenizer_decides_how_many_units_a_chunk_holds(tokenizer, units):
    config = StreamsConfig.model_validate({"speech_tokenizer": tokenizer, "chunk": {"text": 3}})
    assert (config.chunk.user, config.chunk.text, config.chunk.assistant) == (units, 3, units)
    assert StreamsConfig.model_validate(config.model_dump()) == config
    with pytest.raises(ValueError, match=f"chunk.user is {units + 1}, but .* set {units}, or leave it out"):
        StreamsConfig.model_validate({"speech_tokenizer": tokenizer, "chunk": {"user": units + 1}})


def test_a_tokenizer_of_no_known_kind_is_refused_alone():
    with pytest.raises(ValueError, match="1 validation error") as refused:
        StreamsConfig.model_validate({"speech_tokenizer": {"kind": "vqgan"}})
    assert "does not match any of the expected tags" in str(refused.value)


def test_scenes_tokenized_by_mimi_flatten_validate_and_come_back(tmp_path):
    config = StreamsConfig.model_validate(
        {"speech_tokenizer": MIMI | {"path": str(save_mimi(tmp_path)), "codebooks": 2}}
    )
    stage, vocabulary = StreamStage(config), vocabulary_of(config)
    assert (vocabulary.codebooks, vocabulary.units, vocabulary.rate_hz) == (2, 128, 25.0)
    checker = RowChecker(config, vocabulary)
    for result in stage.process([scene(0), scene(1, 4.3, rate=24_000)]):
        assert [problem for row in result.rows for problem in checker.problems(row)] == []
        assert {row.config for row in result.rows} == {"alignment", "four_stream", "three_stream", "two_stream"}
    tokens = stage.tokenize(scene(0))
    (row,) = (row for row in next(iter(stage.process([scene(0)]))).rows if row.config == "two_stream")
    read = unflatten_two_stream(row.input_ids, vocabulary, config.chunk.user)
    assert np.array_equal(read.user, tokens.user)
    assert set(read.assistant[read.assistant != SILENCE] // 64) == {0, 1}
