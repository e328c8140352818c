from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.scenes.words import timed_words


def test_words_are_split_at_white_space_and_timed_by_length() -> None:
    words = timed_words("No,  I mean\ntomorrow.", 1000, 3000)
    assert [word.text for word in words] == ["No,", "I", "mean", "tomorrow."]
    lengths = [word.end_samples - word.start_samples for word in words]
    assert lengths == pytest.approx([2000 * n / 17 for n in (3, 1, 4, 9)], abs=1)


def test_chinese_is_timed_by_character() -> None:
    words = timed_words("你好,iPhone手机。", 0, 1100)
    assert [word.text for word in words] == ["你", "好,", "iPhone", "手", "机。"]


def test_a_text_without_words_has_none() -> None:
    assert timed_words(" \n", 0, 100) == ()


@given(text=st.text(max_size=60), start=st.integers(0, 10**6), span=st.integers(0, 10**6))
def test_words_abut_cover_the_speech_and_hold_every_visible_character(text: str, start: int, span: int) -> None:
    words = timed_words(text, start, start + span)
    assert "".join("".join(word.text for word in words).split()) == "".join(text.split())
    assert all(text[word.text_end - len(word.text) : word.text_end] == word.text for word in words)
    if words:
        assert words[0].start_samples == start
        assert words[-1].end_samples == start + span
        assert all(before.end_samples == after.start_samples for before, after in pairwise(words))
