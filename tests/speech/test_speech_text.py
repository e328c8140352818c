"""What of a text reaches an engine, and how Chinese becomes Kokoro's phonemes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import RejectedError
from stages.speech.kokoro_phonemes import to_phonemes
from stages.speech.mandarin import mandarin_phonemes
from stages.speech.speakable import check_letters, speakable


@pytest.fixture(scope="module")
def tokenizer():
    from kokoro_onnx.tokenizer import Tokenizer

    return Tokenizer()


@pytest.mark.parametrize(
    ("text", "language", "spoken"),
    [
        ("Hello 😀 there!", "en", "Hello there!"),
        ("Fine ☺️👍🏽 👩‍👩‍👧", "en", "Fine"),
        ("naïve cafe\u0301, 20 °C", "en-GB", "naïve café, 20 °C"),
        ("line one\nline\ttwo\x07", "en", "line one line two"),
        ("see https://www.example.com/a?b=1", "en", "see https://www.example.com/a?b=1"),
        ("It\u02bcs fine", "en", "It's fine"),
        ("ＯＫ，ｉＰｈｏｎｅ １５。", "zh", "OK，iPhone 15。"),
        ("20\u00ba", "en", "20°"),
        ("你好，我用 iPhone 15。", "zh", "你好，我用 iPhone 15。"),
        ("今天🌧️很冷", "zh", "今天 很冷"),
    ],
)
def test_what_has_no_sound_is_left_out(text, language, spoken):
    assert speakable(text) == spoken
    check_letters(spoken, language)


@pytest.mark.parametrize("text", ["", "  ", "...!?", "😀😀", "\u200d\ufe0f", "— “” …"])
def test_a_text_without_a_letter_or_digit_is_unspeakable(text):
    with pytest.raises(RejectedError, match="unspeakable: nothing to pronounce in"):
        speakable(text)


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("I like 北京 a lot", "en", "北京"),
        ("Привет all", "en", "Привет"),
        ("你好 مرحبا", "zh", "مرحبا"),
        ("のです", "zh", "の"),
    ],
)
def test_letters_that_an_engine_would_spell_out_are_refused_by_name(text, language, shown):
    with pytest.raises(RejectedError, match=rf"unspeakable: letters that '{language}' isn't written in: '.*{shown}"):
        check_letters(text, language)


@given(st.text(max_size=60))
def test_any_text_is_either_refused_or_stable(text):
    with contextlib.suppress(RejectedError):
        spoken = speakable(text)
        assert speakable(spoken) == spoken


@pytest.mark.parametrize(
    ("characters", "phonemes"),
    [
        ("你好", "ni↓xau↓"),
        ("女儿", "ny↓ɚ↗"),
        ("知道", "ꭧɨ→tau↘"),
        ("重庆", "ꭧʰʊ↗ŋʨʰi↘ŋ"),
        ("嗯", "n↗"),
        ("哦", "ɔ↗"),
        ("我的", "wo↓ tɤ"),
    ],
)
def test_pinyin_becomes_the_symbols_that_kokoro_learned(characters, phonemes):
    assert mandarin_phonemes(characters) == phonemes


def test_every_syllable_of_mandarin_is_in_kokoros_vocabulary(tokenizer):
    spoken = {mandarin_phonemes(chr(code)) for code in range(0x4E00, 0xA000)}
    assert len(spoken) > 1200
    assert not set("".join(spoken)) - set(tokenizer.vocab)


def test_english_words_in_chinese_are_read_in_english_and_marks_are_kokoros(tokenizer):
    said = to_phonemes("我用 iPhone 打开 Google Maps，好吗？“OK”！", "zh", tokenizer.phonemize)
    assert said == "wo↓jʊ↘ŋ ˈaɪ fˈoʊn ta↓kʰai→ ɡˈuːɡəl mˈæps, xau↓ ma? “ˌoʊkˈeɪ”!"
    assert not set(said) - set(tokenizer.vocab)


def test_quotes_stand_close_to_what_they_hold(tokenizer):
    assert to_phonemes("《红楼梦》，很好。", "zh", tokenizer.phonemize) == "“xʊ↗ŋlou↗mə↘ŋ”, xə↓n xau↓."


def test_a_language_without_a_front_end_is_refused(tokenizer):
    with pytest.raises(RejectedError, match="unsupported_language: Kokoro does not speak 'ja'"):
        to_phonemes("こんにちは", "ja", tokenizer.phonemize)
