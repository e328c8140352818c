"""What counts as heard otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.speech.gate.word_error import heard_error

WORDS = st.lists(
    st.sampled_from(["garden", "river", "quiet", "seven", "letter", "morning", "train", "yellow"]), min_size=1
)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("It costs twenty four dollars.", "it costs $24"),
        ("I've seen the grey colour, haven't I?", "I have seen the gray color. Have not I?"),
        ("Mr. Smith is here!", "mister smith is here"),
        ("We meet at half past six.", "We meet at half past 6."),
        ("Um, I see.", "I see"),
        ("Nice 😀 day!", "Nice day."),
        ("My brother (the tall one) lives in Rome (Italy) now.", "My brother, the tall one, lives in Rome, Italy now."),
        ("Press [enter] or <escape>.", "Press enter or escape."),
        ("Okay.", "OK."),
        ("Is it O.K. now?", "Is it okay now?"),
        ("Alright then.", "All right then."),
    ],
)
def test_ways_of_writing_are_no_errors(said, heard):
    assert heard_error(said, heard, "en").wer == 0


def test_a_compound_written_apart_is_a_word_error_but_no_character_error():
    error = heard_error("the chessboard is awkward", "the chess board is awkward", "en")
    assert (error.word_errors, error.character_errors) == (2, 0)


def test_a_misheard_name_costs_few_characters():
    error = heard_error("Where did Beth put it?", "Where did Bess put it?", "en")
    assert (error.wer, error.character_errors) == (0.2, 2)


@given(WORDS)
def test_what_is_heard_as_it_stands_has_no_error(words):
    text = " ".join(words)
    error = heard_error(text, text.upper() + ".", "en")
    assert (error.character_errors, error.word_errors, error.repeated_words, error.unheard_end_words) == (0, 0, 0, 0)


def test_words_heard_twice_running_are_counted_unless_they_are_written_so():
    assert heard_error("I can help you", "I can I can help you", "en").repeated_words == 2
    assert heard_error("I had had enough", "I had had enough", "en").repeated_words == 0
    assert heard_error("no no no", "no no no no", "en").repeated_words == 1


@pytest.mark.parametrize(
    ("said", "heard", "language"),
    [
        ("That's four for you.", "That's for for you.", "en"),
        ("What colour is it when it is read? Red is it.", "What colour is it when it is read? Read is it.", "en"),
        ("我现在再试一次", "我现在在试一次", "zh"),
        ("他她都来了", "他他都来了", "zh"),
    ],
)
def test_a_word_heard_as_its_neighbours_homophone_is_not_said_twice(said, heard, language):
    error = heard_error(said, heard, language)
    assert (error.repeated_words, error.character_errors > 0) == (0, True)


def test_either_of_two_that_sound_the_same_may_be_the_one_too_many():
    assert heard_error("we go home and we rest", "we go home we go home and we rest", "en").repeated_words == 3
    assert heard_error("今天我们去公园吧", "今天我们去公园公园吧", "zh").repeated_words == 2


@pytest.mark.parametrize("said", ["Mm-hm.", "Mm-hmm.", "Mhm", "mmhmm"])
@pytest.mark.parametrize("heard", ["Mm-hm.", "Mm-hmm.", "Mhm.", "Mm hm"])
def test_a_hum_is_a_hum_however_it_is_written(said, heard):
    assert heard_error(said, heard, "en").character_errors == 0


def test_a_cut_end_is_counted_in_words():
    assert heard_error("call me tomorrow after lunch", "call me tomorrow", "en").unheard_end_words == 2
    assert heard_error("call me tomorrow after lunch", "call me after lunch", "en").unheard_end_words == 0


def test_nothing_heard_is_all_error():
    error = heard_error("hello there", "", "en")
    assert (error.cer, error.wer, error.unheard_end_words) == (1, 1, 2)


def test_chinese_is_compared_by_characters_numbers_as_words_and_simplified():
    error = heard_error("你好，我有20块钱。", "你好我有二十塊錢", "zh")
    assert (error.cer, error.wer) == (0, None)
    assert heard_error("今天天气很好", "今天天很好", "zh-CN").cer == pytest.approx(1 / 6)
    assert heard_error("请按[确认]，他（老大）在（北京）", "请按确认他老大在北京", "zh").cer == 0


def test_words_in_brackets_are_spoken_and_must_be_heard():
    error = heard_error("I live in Rome (Italy) now", "I live in Rome now", "en")
    assert (error.characters, error.character_errors, error.word_errors) == (19, 5, 1)


@pytest.mark.parametrize(
    ("said", "heard", "language", "correct"),
    [
        ("Yes.", "No.", "en", 0),
        ("Yes please.", "Yes, bees!", "en", 1),
        ("好的", "不行", "zh", 0),
        ("好的", "好", "zh", 1),
    ],
)
def test_words_that_were_heard_as_they_stand_are_counted_and_characters_where_there_are_no_words(
    said, heard, language, correct
):
    assert heard_error(said, heard, language).correct_words == correct


def test_text_that_normalises_to_nothing_is_no_fault_of_arithmetic():
    error = heard_error("Hmm...", "hello", "en")
    assert (error.character_errors, error.cer, error.wer) == (5, None, None)
