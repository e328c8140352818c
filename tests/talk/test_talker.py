"""Checkpoints that can talk, and those that are refused with the way out."""

import json
import shutil
from dataclasses import replace

import pytest

from manifests.errors import BuildError
from talk.talker import TalkOptions, open_talker
from tests.talk.small_talkers import embedded_vocabulary, write_talker


def refusal(folder, options=None):
    with pytest.raises(BuildError) as refused:
        open_talker(folder, options or TalkOptions())
    return str(refused.value)


def test_the_model_remembers_a_row_of_its_training_or_what_is_asked_for(checkpoint, talker):
    assert talker.model.network.config.sliding_window == 1024 // 22 * 22
    assert open_talker(checkpoint, TalkOptions(window_s=2.0)).model.network.config.sliding_window == 5 * 22


def test_the_model_remembers_the_longest_row_of_its_training_where_that_is_told(tmp_path):
    folder = write_talker(tmp_path / "final", longest_row=20 * 22)

    assert open_talker(folder, TalkOptions()).model.network.config.sliding_window == 20 * 22
    (remark,) = open_talker(folder, TalkOptions(window_s=9.0)).remarks
    assert remark.startswith("--window-s 9 reaches further back than the 8.0 s of the longest training row")


def test_a_window_beyond_a_row_of_the_training_is_remarked(checkpoint, talker):
    (remark,) = open_talker(checkpoint, TalkOptions(window_s=60.0)).remarks

    assert remark.startswith("--window-s 60 reaches further back than the 18.4 s of the longest training row")
    assert not talker.remarks


def test_a_folder_without_a_checkpoint(tmp_path):
    assert "is not a complete checkpoint of build-corpus train" in refusal(tmp_path)


def test_a_checkpoint_without_its_token_map(tmp_path):
    folder = write_talker(tmp_path / "final")
    (folder / "token_map.json").unlink()

    assert "token_map.json: missing" in refusal(folder)


def test_a_checkpoint_that_has_not_learned_to_talk(tmp_path):
    with pytest.raises(BuildError, match=r"its training stage talk had only four_stream, so it has not learned"):
        open_talker(write_talker(tmp_path / "half", "four_stream"), TalkOptions())


def test_a_checkpoint_of_other_units(tmp_path):
    other = replace(embedded_vocabulary(), unit_tokenizer="mimi 8 codebooks 0123456789abcdef")
    said = refusal(write_talker(tmp_path / "final", of=other))

    assert "'mimi 8 codebooks 0123456789abcdef'" in said
    assert embedded_vocabulary().unit_tokenizer in said
    assert "streams.speech_tokenizer.kind: whisper-vq" in said


def test_a_checkpoint_of_another_text_tokenizer(tmp_path):
    other = replace(embedded_vocabulary(), text_tokenizer="file tokenizer.json 0123456789abcdef")
    said = refusal(write_talker(tmp_path / "final", of=other))

    assert "'file tokenizer.json 0123456789abcdef'" in said
    assert "--text-tokenizer" in said


def test_a_text_tokenizer_that_is_not_the_checkpoints(tmp_path, checkpoint):
    (tmp_path / "tokenizer.json").write_text("{}")
    said = refusal(checkpoint, TalkOptions(text_tokenizer=tmp_path / "tokenizer.json"))

    assert "file tokenizer.json" in said
    assert "omit the option for Qwen2's" in said


def test_a_checkpoint_that_does_not_tell_its_text_slots_is_refused(checkpoint, tmp_path):
    folder = tmp_path / "final"
    shutil.copytree(checkpoint, folder)
    record = json.loads((folder / "training.json").read_text())
    del record["facts"]["text_slots"]
    (folder / "training.json").write_text(json.dumps(record))

    assert "text_slots: None" in refusal(folder)
