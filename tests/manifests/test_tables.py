"""Every record survives its table, and a table its Parquet file."""

import hashlib
import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.features import COLUMN_NOTES, CONFIG_NAMES, dialogues_schema, token_schema
from manifests.names import SPLITS
from manifests.records import (
    BackchannelMark,
    Dialogue,
    NoiseMix,
    Reject,
    Slot,
    SpokenDialogue,
    SpokenTurn,
    TextTurn,
    TokenRow,
    TurnScores,
)
from manifests.tables import (
    AUDIO_ROWS_PER_GROUP,
    dialogues_from_table,
    dialogues_to_table,
    rejects_from_table,
    rejects_to_table,
    scenes_from_table,
    scenes_to_table,
    spoken_from_table,
    spoken_to_table,
    token_rows_from_table,
    token_rows_to_table,
    write_parquet,
)
from tests.manifests.corpus_samples import SAMPLE_RATE, scene, token_row, words

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
slots = st.builds(Slot, st.integers(0, 2**40), texts, st.sampled_from(SPLITS))
marks = st.builds(BackchannelMark, st.integers(0, 2**31 - 1), texts)
text_turns = st.builds(
    TextTurn,
    st.sampled_from(["user", "assistant"]),
    texts,
    texts,
    st.booleans(),
    st.lists(marks, max_size=2).map(tuple),
)
shares = st.floats(0, 1)
scores = st.builds(
    TurnScores, st.integers(1, 9), shares, shares, shares, shares, shares, st.none() | texts, st.none() | shares
)
rejects = st.builds(Reject, texts, texts, texts, texts, texts, st.booleans(), st.none() | scores, texts)
dialogues = st.builds(Dialogue, slots, texts, texts, texts, st.lists(text_turns, max_size=4).map(tuple))


def through_parquet(table: pa.Table) -> pa.Table:
    buffer = io.BytesIO()
    write_parquet(table, buffer)
    return pq.read_table(pa.BufferReader(buffer.getvalue()))


@given(st.lists(dialogues, max_size=4))
def test_dialogues_come_back_as_they_went_in(records: list[Dialogue]) -> None:
    assert list(dialogues_from_table(through_parquet(dialogues_to_table(records)))) == records


@given(st.lists(rejects, max_size=4))
def test_rejects_come_back_as_they_went_in(records: list[Reject]) -> None:
    assert list(rejects_from_table(through_parquet(rejects_to_table(records)))) == records


def test_half_a_character_of_a_bad_record_is_spelt_out() -> None:
    reject = Reject("d", "dialogues", "wrong_shape", "chats.jsonl:2: \ud83d", "role '\udc00' is unknown \U0001f600")
    (back,) = rejects_from_table(through_parquet(rejects_to_table([reject])))
    assert (back.detail, back.content) == ("chats.jsonl:2: \\ud83d", "role '\\udc00' is unknown \U0001f600")


def test_a_recording_whose_file_name_is_no_utf_8_is_named_all_the_same() -> None:
    name = b"caf\xe9.wav".decode("utf-8", "surrogateescape")
    record = replace(scene(0), noise=NoiseMix(name, "noise", 20.0, 20.1), notes=(f"noise_silent:{name}",))
    (back,) = scenes_from_table(through_parquet(scenes_to_table([record], SAMPLE_RATE)))
    assert back.noise is not None
    assert (back.noise.file, back.notes) == ("caf\\udce9.wav", ("noise_silent:caf\\udce9.wav",))


@given(st.lists(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=6), max_size=6))
def test_token_rows_come_back_as_they_went_in(sequences: list[list[int]]) -> None:
    records = [
        TokenRow(
            config="two_stream",
            row_id=f"r{position}",
            dialogue_id="d",
            split="test",
            task="two_stream",
            start_s=position / 3,
            input_ids=np.array(ids, np.int32),
            loss_mask=np.array(ids, np.int64) > 0,
        )
        for position, ids in enumerate(sequences)
    ]
    returned = list(token_rows_from_table(through_parquet(token_rows_to_table(records)), "two_stream"))
    assert len(returned) == len(records)
    for back, record in zip(returned, records, strict=True):
        assert back.input_ids.dtype == np.int32
        assert back.loss_mask.dtype == np.bool_
        np.testing.assert_array_equal(back.input_ids, record.input_ids)
        np.testing.assert_array_equal(back.loss_mask, record.loss_mask)
        assert replace(back, input_ids=record.input_ids, loss_mask=record.loss_mask) == record


def test_spoken_dialogues_keep_their_audio_to_16_bits() -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, 1600).astype(np.float32)
    scores = TurnScores(2, 14.5, 0.0, 0.1, 0.3, 60.0, "it's 5 pm", 0.25, 0.1)
    text = TextTurn("user", "It is 5 pm", "It is five p m", True, (BackchannelMark(5, "mm-hm"),))
    timed = words(text.text, 0.01, 0.09)
    turn = SpokenTurn(text, "u1", samples, 0.01, 0.09, timed, "asr", 2, 1.1, scores)
    beside = SpokenTurn(TextTurn("assistant", "right", "right"), "joe", samples / 2, 0.02, 0.08, (), "engine")
    record = SpokenDialogue(Slot(7, "demo-000007", "test"), "en", "llm:test", SAMPLE_RATE, (turn, turn), (beside,))
    (back,) = spoken_from_table(through_parquet(spoken_to_table([record])))
    assert replace(back, turns=(), backchannels=()) == replace(record, turns=(), backchannels=())
    for read, written in zip(back.turns + back.backchannels, (turn, turn, beside), strict=True):
        assert replace(read, samples=samples) == replace(written, samples=samples)
        assert np.abs(read.samples - written.samples).max() <= 1 / 32768
    assert (len(back.turns), len(back.backchannels)) == (2, 1)


@pytest.mark.parametrize("interrupted", [False, True])
@pytest.mark.parametrize("index", [0, 1])
def test_scenes_keep_everything_and_their_audio_to_16_bits(index: int, interrupted: bool) -> None:
    record = scene(index, "validation", interrupted=interrupted)
    (back,) = scenes_from_table(through_parquet(scenes_to_table([record], SAMPLE_RATE)))
    assert np.abs(back.samples - record.samples).max() <= 1 / 32768
    assert replace(back, samples=record.samples) == record


def test_a_scene_states_its_duration_and_voices_in_columns_that_need_no_audio() -> None:
    row = scenes_to_table([scene(3)], SAMPLE_RATE).drop_columns("audio").to_pylist()[0]
    assert row["duration_s"] == 4.0
    assert row["voices"] == {"user": "u1", "assistant": "joe"}


def test_a_scene_of_another_sample_rate_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="demo-000004: 16000 Hz in a table of 24000 Hz"):
        scenes_to_table([scene(4)], 24000)


def test_no_rows_still_make_a_table_of_the_same_schema() -> None:
    assert scenes_to_table([], SAMPLE_RATE).schema.equals(dialogues_schema(SAMPLE_RATE), check_metadata=True)
    assert token_rows_to_table([]).schema.equals(token_schema(), check_metadata=True)
    assert list(dialogues_from_table(through_parquet(dialogues_to_table([])))) == []


def test_parquet_keeps_the_schema_with_the_features_that_datasets_reads() -> None:
    table = scenes_to_table([scene(0)], SAMPLE_RATE)
    returned = through_parquet(table).schema
    assert returned.equals(table.schema)
    assert returned.metadata[b"huggingface"] == table.schema.metadata[b"huggingface"]


def test_audio_rows_stand_in_small_row_groups_and_are_packed_once(tmp_path: Path) -> None:
    path = tmp_path / "scenes.parquet"
    write_parquet(scenes_to_table([scene(index) for index in range(AUDIO_ROWS_PER_GROUP + 1)], SAMPLE_RATE), path)
    file = pq.ParquetFile(path)
    assert file.metadata.num_row_groups == 2
    columns = [file.metadata.row_group(0).column(position) for position in range(len(file.schema))]
    compression = {column.path_in_schema: column.compression for column in columns}
    assert compression.pop("audio.bytes") == "UNCOMPRESSED"
    assert set(compression.values()) == {"ZSTD"}


@pytest.mark.parametrize("rows", [0, 1, AUDIO_ROWS_PER_GROUP, 2 * AUDIO_ROWS_PER_GROUP + 3])
@pytest.mark.parametrize("chunk", [1, 5, AUDIO_ROWS_PER_GROUP])
def test_the_same_rows_are_the_same_bytes_however_their_table_is_chunked(rows: int, chunk: int) -> None:
    table = scenes_to_table([scene(index) for index in range(rows)], SAMPLE_RATE)
    pieces = [table.slice(start, chunk).combine_chunks() for start in range(0, rows, chunk)]
    whole, chunked = io.BytesIO(), io.BytesIO()
    write_parquet(table, whole)
    write_parquet(pa.concat_tables(pieces or [table]), chunked)
    assert chunked.getvalue() == whole.getvalue()


def test_the_same_table_is_the_same_bytes_in_another_process() -> None:
    program = (
        "import hashlib, io; from corpus_samples import *; from manifests.tables import *\n"
        "for table in (scenes_to_table([scene(0), scene(1)], SAMPLE_RATE),"
        " token_rows_to_table([token_row('two_stream', 2)])):\n"
        "    buffer = io.BytesIO(); write_parquet(table, buffer)\n"
        "    print(hashlib.sha256(buffer.getvalue()).hexdigest())\n"
    )
    here = Path(__file__).parent
    elsewhere = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path += [{str(here)!r}, {str(here.parents[1])!r}]\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    digests = []
    for table in (
        scenes_to_table([scene(0), scene(1)], SAMPLE_RATE),
        token_rows_to_table([token_row("two_stream", 2)]),
    ):
        buffer = io.BytesIO()
        write_parquet(table, buffer)
        digests.append(hashlib.sha256(buffer.getvalue()).hexdigest())
    assert elsewhere == digests


def test_every_published_column_is_documented_in_order() -> None:
    for config in CONFIG_NAMES:
        schema = dialogues_schema(SAMPLE_RATE) if config == "dialogues" else token_schema()
        assert [name for name, _ in COLUMN_NOTES[config]] == schema.names
