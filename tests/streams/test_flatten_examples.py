"""The formats, shown on scenes small enough to read."""

import numpy as np
import pytest

from stages.streams.flatten import (
    SceneTokens,
    TurnTokens,
    flatten_alignment,
    flatten_four_stream,
    flatten_three_stream,
    flatten_two_stream,
    lay_out_text,
    unflatten_alignment,
    unflatten_four_stream,
    unflatten_two_stream,
)
from stages.streams.vocabulary import ASR, EOS, EOT, SILENT_SPEECH, SILENT_TEXT, SOS, SOT, TTS, Vocabulary

WORDS = Vocabulary("letters", 26, "units", 100, 25)
S = {name: WORDS.special(name) for name in (ASR, TTS, SOS, EOS, SOT, EOT, SILENT_TEXT, SILENT_SPEECH)}
UNIT = WORDS.unit_offset


def scene(*turns: TurnTokens, chunks: int = 2) -> SceneTokens:
    user = np.arange(chunks * 10, dtype=np.int32)
    return SceneTokens("talk", "train", user, (50 + user).astype(np.int32), turns)


USER = TurnTokens("user", 0, 3, (1, 2))
ASSISTANT = TurnTokens("assistant", 12, 14, (3, 4, 5))


def test_alignment_rows():
    asr, tts = flatten_alignment(scene(USER), WORDS, 100).rows
    speech = [S[SOS], UNIT, UNIT + 1, UNIT + 2, S[EOS]]
    text = [S[SOT], 1, 2, S[EOT]]
    assert asr.input_ids.tolist() == [S[ASR], *speech, *text]
    assert tts.input_ids.tolist() == [S[TTS], *text, *speech]
    assert asr.row_id == "talk-alignment-0-asr"


def test_a_turn_too_long_for_alignment_is_refused_but_not_the_dialogue():
    flattened = flatten_alignment(scene(USER, ASSISTANT), WORDS, 9)
    (reject,) = (reject for reject in flattened.rejects if reject.detail.startswith("turn 0"))
    assert (reject.reason, reject.final) == ("alignment_too_long", False)


def test_four_stream_row():
    (row,) = flatten_four_stream(scene(USER, ASSISTANT), WORDS, 100).rows
    expected = [S[SOS], UNIT, UNIT + 1, UNIT + 2, S[EOS], S[SOT], 1, 2, S[EOT]]
    expected += [S[SOT], 3, 4, 5, S[EOT], S[SOS], UNIT + 62, UNIT + 63, S[EOS]]
    assert row.input_ids.tolist() == expected
    assert row.loss_mask.tolist() == [False] * 5 + [True] * 13


def test_four_stream_is_split_between_exchanges():
    exchanges = (USER, ASSISTANT, USER, ASSISTANT)
    rows = flatten_four_stream(scene(*exchanges), WORDS, 20).rows
    assert [len(row.input_ids) for row in rows] == [18, 18]
    assert [row.row_id for row in rows] == ["talk-four_stream-0", "talk-four_stream-1"]


def test_no_row_joins_what_stood_around_an_exchange_that_was_too_long():
    long = TurnTokens("user", 0, 10, tuple(range(20)))
    flattened = flatten_four_stream(scene(USER, ASSISTANT, long, ASSISTANT, USER, ASSISTANT), WORDS, 40)
    assert [len(row.input_ids) for row in flattened.rows] == [18, 18]
    assert [reject.reason for reject in flattened.rejects] == ["four_stream_too_long"]


def test_three_stream_chunks():
    (row,) = flatten_three_stream(scene(USER, ASSISTANT, chunks=3), WORDS, 10, 2, 100).rows
    first, second, third = row.input_ids.reshape(3, 22).tolist()
    silence = [S[SILENT_SPEECH]]
    assert first == [*range(UNIT, UNIT + 10), S[SILENT_TEXT], S[SILENT_TEXT], *silence * 10]
    assert second == [*range(UNIT + 10, UNIT + 20), 3, 4, *silence * 2, UNIT + 62, UNIT + 63, *silence * 6]
    assert third[10:12] == [5, S[SILENT_TEXT]]


def test_text_that_outlives_its_speech_goes_on_and_is_noted():
    flattened = flatten_three_stream(scene(ASSISTANT, chunks=3), WORDS, 10, 2, 100)
    assert flattened.notes == {"text_outlives_speech": 1}


def test_text_that_outlives_its_speech_pushes_the_next_turns_text():
    long = TurnTokens("assistant", 0, 5, tuple(range(7)))
    after = TurnTokens("assistant", 15, 20, (9,))
    assert lay_out_text((long, after), 10, 2).slots[-1] == (7, 9)


def test_a_cut_leaves_no_text_behind_it_and_what_is_dropped_is_noted():
    cut = TurnTokens("assistant", 0, 5, (1, 2, 3), gives_way=4)
    flattened = flatten_three_stream(scene(cut), WORDS, 10, 2, 100)
    assert flattened.rows[0].input_ids.reshape(2, 22)[:, 10:12].tolist() == [[1, 2], [S[SILENT_TEXT]] * 2]
    assert flattened.notes == {"text_dropped_at_cut": 1}


def test_a_cut_turn_goes_on_writing_what_will_not_be_heard_until_it_gives_way():
    text = tuple((0, token) for token in range(1, 9))
    cut = TurnTokens("assistant", 0, 15, (1, 2), text, gives_way=14)
    flattened = flatten_three_stream(scene(cut, chunks=3), WORDS, 10, 2, 100)
    silence = [S[SILENT_TEXT]] * 2
    assert flattened.rows[0].input_ids.reshape(3, 22)[:, 10:12].tolist() == [[1, 2], [3, 4], silence]
    assert flattened.notes == {}


def test_a_turn_cut_in_a_pause_goes_on_writing_to_the_chunk_of_the_interruption():
    text = tuple((0, token) for token in range(1, 9))
    cut = TurnTokens("assistant", 0, 8, (1, 2), text, gives_way=21)
    layout = lay_out_text([cut], 10, 2)
    assert [token for _, token in layout.slots] == [1, 2, 3, 4, 5, 6]


def test_a_cut_turn_whose_text_finds_no_slot_outlives_nothing():
    long = TurnTokens("assistant", 0, 5, tuple(range(7)))
    cut = TurnTokens("assistant", 10, 15, (8, 9), gives_way=14)
    layout = lay_out_text([long, cut], 10, 2)
    assert (layout.outlives, layout.dropped) == (1, 2)


def test_no_token_stands_before_its_word_and_late_ones_take_the_next_slots():
    words = ((0, 1), (0, 2), (0, 3), (4, 4), (25, 5), (27, 6), (28, 7))
    turn = TurnTokens("assistant", 0, 30, (1, 2, 3, 4, 5, 6, 7), words)
    layout = lay_out_text([turn], 10, 2)
    assert layout.slots == ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7))
    assert (layout.chunks, layout.outlives) == (4, 1)


def test_rows_are_cut_between_chunks():
    rows = flatten_two_stream(scene(chunks=5), WORDS, 10, 45).rows
    assert [len(row.input_ids) for row in rows] == [40, 40, 20]
    assert [row.start_s for row in rows] == pytest.approx([0.0, 0.8, 1.6])


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([], "neither"),
        ([S[SOS]], "position 0"),
        ([S[ASR], S[SOS], UNIT], "position 1: .* never closed"),
        ([S[ASR], S[SOS], 5, S[EOS], S[SOT], 1, S[EOT]], "position 2: 5 is not a unit"),
        ([S[ASR], S[SOT], 1, S[EOT], S[SOS], UNIT, S[EOS]], "position 1: an asr row"),
    ],
)
def test_a_broken_alignment_row_is_named(ids, message):
    with pytest.raises(ValueError, match=message):
        unflatten_alignment(np.array(ids, np.int32), WORDS)


def test_a_broken_four_stream_row_is_named():
    with pytest.raises(ValueError, match=r"position 0: .* doesn't have both its spans"):
        unflatten_four_stream(np.array([S[SOT], 1, S[EOT]], np.int32), WORDS)


def test_a_row_that_is_no_whole_number_of_chunks_is_named():
    with pytest.raises(ValueError, match="position 20: the last chunk has 1 of 20"):
        unflatten_two_stream(np.full(21, UNIT, np.int32), WORDS, 10)
