import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from manifests.records import SpokenTurn, TextTurn, Word
from stages.scenes.words import timed_words
from stages.speech.turn_words import turn_words

RATE = 16_000


def turn(text: str, words: tuple[Word, ...]) -> SpokenTurn:
    return SpokenTurn(TextTurn("user", text, text), "u1", np.zeros(RATE, np.float32), 0.2, 0.9, words, "engine")


def test_words_are_timed_in_samples_from_the_onset_of_the_speech() -> None:
    words = (Word("No,", 0.2, 0.5), Word("never.", 0.6, 0.9))
    first, second = timed_words(turn("No, never.", words), 3200, 14400, RATE)
    assert (first.start_samples, first.end_samples, first.text_end) == (0, 4800, 3)
    assert (second.start_samples, second.end_samples, second.text_end) == (6400, 11200, 10)


def test_no_word_reaches_outside_the_speech() -> None:
    (word,) = timed_words(turn("Yes.", (Word("Yes.", 0.1, 2.0),)), 3200, 14400, RATE)
    assert (word.start_samples, word.end_samples) == (0, 11200)


@given(text=st.text(max_size=60))
def test_every_word_ends_where_it_is_written(text: str) -> None:
    spoken = turn(text, turn_words(text, 0.2, 0.9, None).words)
    words = timed_words(spoken, 3200, 14400, RATE)
    assert all(text[word.text_end - len(word.text) : word.text_end] == word.text for word in words)
    assert "".join("".join(word.text for word in words).split()) == "".join(text.split())
