"""``vocabulary.json``: what every id means."""

import json

import pytest

from manifests.errors import BuildError
from stages.streams import SPECIALS, StreamsConfig, Vocabulary, read_vocabulary, vocabulary_of

SMALL = Vocabulary("letters", 26, "units", 100, 25)


def test_ids_are_text_then_specials_then_units():
    assert SMALL.special("[ASR]") == 26
    assert SMALL.unit_offset == 26 + len(SPECIALS)
    assert SMALL.size == SMALL.unit_offset + 100


def test_the_default_vocabulary_is_qwen2s_and_2048_units():
    vocabulary = vocabulary_of(StreamsConfig())
    assert (vocabulary.text_size, vocabulary.units, vocabulary.rate_hz) == (151_646, 2048, 25)


def test_the_file_has_the_documented_layout():
    content = json.loads(SMALL.to_json())
    assert content["text"] == {"tokenizer": "letters", "size": 26}
    assert list(content["specials"]) == list(SPECIALS)
    assert content["units"] == {"tokenizer": "units", "offset": 34, "size": 100, "rate_hz": 25}


def test_what_is_written_is_read_back():
    assert read_vocabulary(SMALL.to_json()) == SMALL


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"text": 3}', SMALL.to_json().replace("26", "27", 2)])
def test_a_broken_file_is_named(text):
    with pytest.raises(BuildError, match=r"corpus/vocabulary\.json"):
        read_vocabulary(text, "corpus/vocabulary.json")
