"""Word times: the alignment on hand-made symbols, then engines and the judge for real."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.records import Word
from stages.speech.phoneme_words import TimedPhoneme, words_among
from stages.speech.turn_words import KnownWords, turn_words

PHONES = {"of": "ʌv", "the": "ðə", "end": "ɛnd", "a": "eɪ", "to": "tuː", "and": "ænd", "25": "twɛnti faɪv"}


def phonemes(symbols: str) -> list[TimedPhoneme]:
    """Every symbol lasts a tenth of a second."""
    return [TimedPhoneme(symbol, place / 10, (place + 1) / 10) for place, symbol in enumerate(symbols)]


def among(text: str, symbols: str) -> list[tuple[str, float, float]]:
    found = words_among(text, phonemes(symbols), lambda word: PHONES.get(word.strip(".,"), ""))
    assert found is not None
    return [(word.text, round(word.start_s, 3), round(word.end_s, 3)) for word in found[0]]


def spoken(text: str, *words: tuple[str, float, float], start_s: float = 0.0, end_s: float = 9.0):
    return turn_words(text, start_s, end_s, KnownWords([Word(*word) for word in words], "engine"))


def test_a_word_lasts_as_long_as_its_phonemes_and_a_comma_is_silence_behind_it():
    assert among("the, end.", "ðə, ɛnd.") == [("the,", 0.0, 0.2), ("end.", 0.4, 0.7)]


def test_words_that_the_front_end_runs_together_are_parted_inside():
    assert among("of the end", "ʌvðə ɛnd") == [("of", 0.0, 0.2), ("the", 0.2, 0.4), ("end", 0.5, 0.8)]


def test_a_weak_form_takes_what_its_neighbours_leave():
    assert among("of a end", "ʌv ɐ ɛnd") == [("of", 0.0, 0.2), ("a", 0.3, 0.4), ("end", 0.5, 0.8)]
    assert among("to a end", "tə ɐ ɛnd")[:2] == [("to", 0.0, 0.2), ("a", 0.3, 0.4)]


def test_a_word_that_is_spoken_as_two_is_one():
    assert among("the 25 end", "ðə twɛnti faɪv ɛnd")[1] == ("25", 0.3, 1.4)


def test_a_dash_between_words_takes_no_time():
    assert among("the — end", "ðə ɛnd") == [("the", 0.0, 0.2), ("—", 0.2, 0.2), ("end", 0.3, 0.6)]


def test_an_amount_in_figures_lasts_as_long_as_the_words_that_say_it():
    words = ("It", 0.0, 0.5), ("costs", 0.5, 1.0), ("twenty", 1.0, 1.5), ("dollars", 1.6, 2.0), ("now", 2.2, 3.0)
    found = spoken("It costs $20 now.", *words, end_s=3.0)
    assert found.words[2] == Word("$20", 1.0, 2.0)
    assert (found.found_by, found.shared) == ("engine", 0)


def test_words_that_share_a_stretch_are_counted():
    found = spoken("On 3/4 1999, yes", ("On", 0.0, 1.0), ("march", 1.0, 2.0), ("fourth", 2.0, 5.0), ("yes", 6.0, 9.0))
    assert found.shared == 2
    assert (found.words[1], found.words[2]) == (Word("3/4", 1.0, pytest.approx(2.333, abs=1e-3)), found.words[2])
    assert found.words[2].end_s == 5.0


def test_words_stay_inside_the_measured_speech_and_reach_its_edges():
    found = spoken("no way", ("no", 0.1, 0.6), ("way", 0.7, 0.8), start_s=0.2, end_s=1.0)
    assert [(word.start_s, word.end_s) for word in found.words] == [(0.2, 0.6), (0.7, 1.0)]


def test_where_nothing_is_known_words_last_as_long_as_they_are_written():
    found = turn_words("No,  I mean\ntomorrow.", 1.0, 18.0, None)
    assert found.found_by == "characters"
    assert [word.text for word in found.words] == ["No,", "I", "mean", "tomorrow."]
    assert [word.end_s - word.start_s for word in found.words] == pytest.approx([3, 1, 4, 9])


def test_chinese_is_timed_by_character():
    assert [word.text for word in turn_words("你好,iPhone手机。", 0, 1, None).words] == [
        "你",
        "好,",
        "iPhone",
        "手",
        "机。",
    ]


def test_a_text_without_words_has_none():
    assert turn_words(" \n", 0.0, 1.0, None).words == ()


heard = st.lists(st.tuples(st.text(max_size=6), st.floats(0, 1), st.floats(0, 1)), max_size=6)


@given(text=st.text(max_size=40), heard=heard, said=st.booleans())
def test_words_are_in_order_without_overlap_and_hold_every_visible_character(text, heard, said):
    at, known = 0.0, []
    for word, silence, lasting in heard:
        known.append(Word(word, at + silence, at + silence + lasting))
        at += silence + lasting
    found = turn_words(text, 0.5, 2.5, KnownWords(known, "asr") if said else None)
    assert "".join("".join(word.text for word in found.words).split()) == "".join(text.split())
    assert all(0.5 <= word.start_s <= word.end_s <= 2.5 for word in found.words)
    assert all(before.end_s <= after.start_s for before, after in pairwise(found.words))
    assert 0 <= found.shared <= len(found.words)
    assert np.isfinite([word.start_s for word in found.words]).all()
