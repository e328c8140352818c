"""Every token of a text is of one of its words, and none of a word before its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.streams.text_tokenizer import Qwen2Tokenizer
from stages.streams.token_words import words_of_tokens
from stages.written_words import split_words


@pytest.fixture(scope="module")
def qwen2():
    return Qwen2Tokenizer()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Isn't it a museum-like place?", ["Isn't", " it", " a", " museum-like", " place?"]),
        ("Call  me \n at 3:40.", ["Call", "  me", " \n at", " 3:40."]),
        ("今天天气很好。", ["", "今天", "", "天气", "", "很好。"]),  # a token of two characters waits for the second
        ("去 Bilbao 吧！", ["去", " Bilbao", " 吧！"]),
        ("cafe\u0301 au lait", ["caf\u00e9", " au", " lait"]),
    ],
)
def test_words_and_their_tokens(qwen2, text, pieces):
    words, tokens = words_of_tokens(text, qwen2), qwen2.encode(text)
    own = [
        [token for word, token in zip(words, tokens, strict=True) if word == number] for number in range(len(pieces))
    ]
    assert [qwen2.decode(each) for each in own] == pieces
    assert len(pieces) == len(split_words(text))


@given(st.text(st.sampled_from("ab tT'3.,，。天气今好\n🙂é"), min_size=1).filter(split_words))
def test_every_token_has_a_word_and_words_are_in_order(qwen2, text):
    words = words_of_tokens(text, qwen2)
    assert len(words) == len(qwen2.encode(text))
    assert list(words) == sorted(words)
    assert set(words) <= set(range(len(split_words(text))))
