"""Every stream can be recovered from every flattened row, whatever the scene."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.streams.flatten import (
    SILENCE,
    SceneTokens,
    TurnTokens,
    flatten_alignment,
    flatten_four_stream,
    flatten_three_stream,
    flatten_two_stream,
    lay_out_text,
    unflatten_alignment,
    unflatten_four_stream,
    unflatten_three_stream,
    unflatten_two_stream,
)
from stages.streams.vocabulary import SOS, Vocabulary
from tests.streams.scene_tokens import CHUNK, TEXT, VOCABULARY, scenes

LONG = 1_000_000
WIDTH = 2 * CHUNK + TEXT


def all_rows(scene: SceneTokens, max_length: int):
    return (
        *flatten_alignment(scene, VOCABULARY, max_length).rows,
        *flatten_four_stream(scene, VOCABULARY, max_length).rows,
        *flatten_three_stream(scene, VOCABULARY, CHUNK, TEXT, max_length).rows,
        *flatten_two_stream(scene, VOCABULARY, CHUNK, max_length).rows,
    )


def tokens_of(turn: TurnTokens) -> tuple[tuple[int, int], ...]:
    """What the text stream takes of a turn, each token with its unit."""
    return tuple((turn.start, token) for token in turn.text) if turn.written is None else turn.written


def spoken(scene: SceneTokens, vocabulary: Vocabulary = VOCABULARY):
    """The assistant's channel with everything outside its turns silent, found the slow way."""
    inside = [
        any(turn.role == "assistant" and turn.start <= unit < turn.end for turn in scene.turns)
        for unit in range(len(scene.assistant))
    ]
    return [int(u) if is_in else SILENCE for u, is_in in zip(scene.assistant, inside, strict=True)]


@given(scenes(), st.integers(64, 400))
def test_rows_keep_to_max_length_and_to_the_vocabulary_and_have_unique_ids(scene, max_length):
    rows = all_rows(scene, max_length)
    assert len({row.row_id for row in rows}) == len(rows)
    for row in rows:
        assert 0 < len(row.input_ids) == len(row.loss_mask) <= max_length
        assert row.input_ids.dtype == np.int32
        assert row.loss_mask.dtype == np.bool_
        assert row.loss_mask.any()
        assert row.input_ids.min() >= 0
        assert row.input_ids.max() < VOCABULARY.size


@given(scenes())
def test_alignment_gives_each_turn_with_text_and_speech_once_per_task(scene):
    flattened = flatten_alignment(scene, VOCABULARY, LONG)
    turns = [turn for turn in scene.turns if turn.text and turn.end > turn.start]
    assert len(flattened.rejects) == len(scene.turns) - len(turns)
    for task in ("asr", "tts"):
        rows = [row for row in flattened.rows if row.task == task]
        for row, turn in zip(rows, turns, strict=True):
            read = unflatten_alignment(row.input_ids, VOCABULARY)
            assert read.task == task
            assert read.text == turn.text
            assert read.units == tuple(scene.units_of(turn).tolist())
            answer = len(turn.text) + 2 if task == "asr" else turn.end - turn.start + 2
            assert not row.loss_mask[:-answer].any()
            assert row.loss_mask[-answer:].all()


@given(scenes(), st.integers(64, 400))
def test_four_stream_rows_hold_every_turn_in_order_but_for_exchanges_that_are_too_long(scene, max_length):
    flattened = flatten_four_stream(scene, VOCABULARY, max_length)
    read = [turn for row in flattened.rows for turn in unflatten_four_stream(row.input_ids, VOCABULARY)]
    written = [(turn.role, tuple(scene.units_of(turn).tolist()), turn.text) for turn in scene.turns]
    found = [(turn.role, turn.units, turn.text) for turn in read]
    if not flattened.rejects:
        assert found == written
    remaining = iter(written)
    assert all(turn in remaining for turn in found)
    assert all(not reject.final for reject in flattened.rejects)


@given(scenes())
def test_four_stream_has_loss_everywhere_but_on_the_users_speech(scene):
    for row in flatten_four_stream(scene, VOCABULARY, LONG).rows:
        expected: list[bool] = []
        for turn in unflatten_four_stream(row.input_ids, VOCABULARY):
            speech = [turn.role == "assistant"] * (len(turn.units) + 2)
            text = [True] * (len(turn.text) + 2)
            expected += speech + text if turn.role == "user" else text + speech
        assert row.loss_mask.tolist() == expected


@given(scenes(), st.integers(WIDTH, 400).filter(lambda length: length >= 64))
def test_three_stream_gives_back_both_channels_and_the_text(scene, max_length):
    rows = flatten_three_stream(scene, VOCABULARY, CHUNK, TEXT, max_length).rows
    streams = [unflatten_three_stream(row.input_ids, VOCABULARY, CHUNK, TEXT) for row in rows]
    assert np.concatenate([stream.user for stream in streams]).tolist() == scene.user.tolist()
    assert np.concatenate([stream.assistant for stream in streams]).tolist() == spoken(scene)
    text = np.concatenate([stream.text for stream in streams])
    layout = lay_out_text(scene.turns, CHUNK, TEXT)
    assert {int(s): int(text[s]) for s in np.flatnonzero(text != SILENCE)} == dict(layout.slots)


@given(scenes(), st.integers(64, 400))
def test_chunked_rows_are_whole_chunks_that_start_when_they_say_and_mask_the_user(scene, max_length):
    three = flatten_three_stream(scene, VOCABULARY, CHUNK, TEXT, max_length).rows
    two = flatten_two_stream(scene, VOCABULARY, CHUNK, max_length).rows
    for rows, width in ((three, WIDTH), (two, 2 * CHUNK)):
        chunks_before = 0
        for row in rows:
            assert row.start_s == pytest.approx(chunks_before * 0.4)
            chunks, rest = divmod(len(row.input_ids), width)
            assert rest == 0
            mask = row.loss_mask.reshape(chunks, width)
            assert not mask[:, :CHUNK].any()
            assert mask[:, CHUNK:].all()
            chunks_before += chunks
        assert chunks_before * CHUNK == len(scene.user)


@given(scenes(), st.integers(64, 400))
def test_two_stream_gives_back_both_channels(scene, max_length):
    rows = flatten_two_stream(scene, VOCABULARY, CHUNK, max_length).rows
    streams = [unflatten_two_stream(row.input_ids, VOCABULARY, CHUNK) for row in rows]
    assert np.concatenate([stream.user for stream in streams]).tolist() == scene.user.tolist()
    assert np.concatenate([stream.assistant for stream in streams]).tolist() == spoken(scene)


@given(scenes())
def test_no_text_of_a_cut_turn_stands_after_the_chunk_in_which_it_gives_way(scene):
    signed = tuple(
        replace(turn, text=(place,) * len(turn.text), written=tuple((unit, place) for unit, _ in tokens_of(turn)))
        for place, turn in enumerate(scene.turns)
    )  # every token tells whose it is
    flattened = flatten_three_stream(replace(scene, turns=signed), VOCABULARY, CHUNK, TEXT, LONG)
    text = unflatten_three_stream(flattened.rows[0].input_ids, VOCABULARY, CHUNK, TEXT).text
    missing = 0
    for place, turn in enumerate(signed):
        if turn.role == "assistant":
            chunks = np.flatnonzero(text == place) // TEXT
            missing += max(len(turn.text) - len(chunks), 0)
            assert (chunks >= turn.start // CHUNK).all()
            if turn.gives_way is not None:
                assert (chunks <= turn.gives_way // CHUNK).all()
            else:
                assert len(chunks) == len(turn.text)
    assert flattened.notes.get("text_dropped_at_cut", 0) == missing


@given(scenes())
def test_text_is_placed_in_order_and_no_token_before_its_chunk(scene):
    layout = lay_out_text(scene.turns, CHUNK, TEXT)
    slots = [slot for slot, _ in layout.slots]
    assert slots == sorted(set(slots))
    written = iter(pair for turn in scene.turns if turn.role == "assistant" for pair in tokens_of(turn))
    for slot, token in layout.slots:
        assert any(token == one and slot // TEXT >= unit // CHUNK for unit, one in written)


@given(scenes(), st.integers(0, 60))
def test_a_turn_that_is_cut_has_the_same_text_until_it_gives_way_as_if_it_went_on(scene, longer):
    whole = lay_out_text(scene.turns, CHUNK, TEXT).slots
    for place, turn in enumerate(scene.turns):
        if turn.gives_way is None:
            continue
        goes_on = replace(turn, end=turn.end + longer, gives_way=None)
        cut, uncut = (lay_out_text([*scene.turns[:place], last], CHUNK, TEXT).slots for last in (turn, goes_on))
        gives_way = (turn.gives_way // CHUNK + 1) * TEXT
        before = lay_out_text(scene.turns[:place], CHUNK, TEXT).slots
        assert cut == whole[: len(cut)]
        assert cut[len(before) :] == tuple(pair for pair in uncut[len(before) :] if pair[0] < gives_way)


@given(scenes(max_chunks=4), st.data())
def test_a_foreign_id_in_a_chunk_is_found_with_its_position(scene, data):
    ids = flatten_three_stream(scene, VOCABULARY, CHUNK, TEXT, LONG).rows[0].input_ids
    position = data.draw(st.integers(0, len(ids) - 1))
    broken = ids.copy()
    broken[position] = VOCABULARY.special(SOS)
    with pytest.raises(ValueError, match=f"position {position}: {VOCABULARY.special(SOS)} is not"):
        unflatten_three_stream(broken, VOCABULARY, CHUNK, TEXT)


@given(scenes(), st.integers(0, 5))
def test_asides_sound_in_the_full_duplex_rows_and_stand_in_no_other(scene, start):
    asides = (TurnTokens("assistant", start, start + 4, (7,)), TurnTokens("user", start, start + 4, (8,)))
    quiet = replace(scene, turns=tuple(turn for turn in scene.turns if turn.role == "user"))
    listening = replace(quiet, asides=asides)
    three = flatten_three_stream(listening, VOCABULARY, CHUNK, TEXT, LONG).rows[0]
    streams = unflatten_three_stream(three.input_ids, VOCABULARY, CHUNK, TEXT)
    assert np.flatnonzero(streams.assistant != SILENCE).tolist() == [*range(start, start + 4)]
    assert np.flatnonzero(streams.text != SILENCE).tolist() == [0]
    assert streams.text[0] == 7
    two = flatten_two_stream(listening, VOCABULARY, CHUNK, LONG).rows[0]
    assert unflatten_two_stream(two.input_ids, VOCABULARY, CHUNK).assistant.tolist() == streams.assistant.tolist()
    for flatten in (flatten_alignment, flatten_four_stream):
        with_asides, without = (flatten(each, VOCABULARY, LONG).rows for each in (listening, quiet))
        assert [row.input_ids.tolist() for row in with_asides] == [row.input_ids.tolist() for row in without]
