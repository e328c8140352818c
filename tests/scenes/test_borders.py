from itertools import pairwise

import numpy as np
import pytest

from stages.scenes.borders import borders_in, phrase_borders, phrase_ends
from tests.scenes.planned import spread

RATE = 16_000


@pytest.mark.parametrize(
    "word",
    ["well,", "done.", "why?", "stop!", "so:", "then;", "hm…", "“yes.”", 'no,"', "(maybe,)", "好，", "吗？", "的。"],
)
def test_a_word_that_punctuation_follows_ends_its_phrase(word: str) -> None:
    assert phrase_ends([word, "Then", "what"]) == [1]


@pytest.mark.parametrize("word", ["well", "it's", "3.5", "Mr.", "Dr.", "well-known", "好", "..a"])
def test_other_words_do_not(word: str) -> None:
    assert phrase_ends([word, "Then", "what"]) == []


@pytest.mark.parametrize(
    "text",
    [
        "I am free at 5 p.m. on Monday",
        "some fruit, e.g. apples",
        "the U.S. Army",
        "cats vs. dogs",
        "room No. 5",
        "Martin Luther King Jr. wrote that",
        "on St. James Street",
    ],
)
def test_the_full_stop_of_an_abbreviation_ends_no_phrase(text: str) -> None:
    assert borders_in(text) == text.count(",")


@pytest.mark.parametrize("text", ["It shuts at 9 p.m. Is that late?", "Oh no. It is gone.", "Yes, at 5 p.m."])
def test_a_sentence_that_ends_on_one_is_told_by_what_follows(text: str) -> None:
    assert borders_in(text) == 1


def test_the_end_of_a_text_ends_its_last_phrase() -> None:
    assert phrase_ends(["at", "5", "p.m."]) == [3]


def loud(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(round(seconds * RATE)).astype(np.float32) * 0.1


def test_a_border_is_the_longest_silence_between_the_words_around_it() -> None:
    speech = np.concatenate([loud(1.02), np.zeros(round(0.2 * RATE), np.float32), loud(0.78)])
    (border,) = phrase_borders(spread("abcd, efgh", len(speech)), speech, RATE)
    assert border.words == 1
    assert border.start_samples / RATE == pytest.approx(1.02, abs=0.005)
    assert border.end_samples / RATE == pytest.approx(1.22, abs=0.005)


def test_without_silence_the_border_is_empty_and_in_the_quietest_place() -> None:
    speech = loud(2.0)
    quiet = slice(round(1.1 * RATE), round(1.105 * RATE))
    speech[quiet] *= 0.1
    (border,) = phrase_borders(spread("abcd, efgh", len(speech)), speech, RATE)
    assert border.start_samples == border.end_samples == quiet.start


def test_borders_are_in_order_and_do_not_overlap_however_short_the_words() -> None:
    speech = np.concatenate([loud(0.02), np.zeros(80, np.float32), loud(0.02)])
    borders = phrase_borders(spread("a, b, c, d, e, f, g", len(speech)), speech, RATE)
    assert borders
    for before, after in pairwise(borders):
        assert before.words < after.words
        assert before.end_samples <= after.start_samples


@pytest.mark.parametrize("text", ["word", "word.", "two words", "", "a, b"])
def test_speech_without_a_border_inside_has_none(text: str) -> None:
    speech = loud(1.0) if text != "a, b" else loud(0.001)
    assert phrase_borders(spread(text, len(speech)), speech, RATE) == ()
