"""The texts of the units' training: none says what the benchmarks measure on."""

import json

import pytest

from training.units.held_out import HELD_OUT, is_held_out
from training.units.log import Log
from training.units.sentences import GRAMMAR
from training.units.texts import write_texts

PROSE = [f"{name} went to the {thing} and came home late." for name in ("Ada", "Ben") for thing in ("fair", "lake")]


@pytest.mark.parametrize("text", HELD_OUT)
def test_a_held_out_sentence_is_known_in_other_words_and_marks(text):
    assert is_held_out(f"Well, {text.upper().rstrip('.?')}!")


def test_other_sentences_are_not_held_out():
    assert not any(map(is_held_out, [*PROSE, "Let me think.", ""]))


def test_no_training_text_is_held_out_wherever_it_comes_from(tmp_path, monkeypatch):
    monkeypatch.setitem(GRAMMAR, "sentence", (*HELD_OUT[:20], "I'd like to {task} {time}."))
    file = tmp_path / "texts.jsonl"
    file.write_text("".join(json.dumps(" ".join([one, *PROSE])) + "\n" for one in HELD_OUT), encoding="utf-8")
    said = write_texts(file, 3, 12, 1, Log(tmp_path / "log.jsonl"))
    assert len(said) == 12
    assert set(PROSE) <= set(said)
    assert not any(map(is_held_out, said))
