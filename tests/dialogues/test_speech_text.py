"""From what is written to what is said."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import RejectedError
from stages.dialogues.cleaning import clean
from stages.dialogues.config import Language
from stages.dialogues.speech_text import SpeechText


@cache
def speech_text(language: Language) -> SpeechText:
    return SpeechText(language)


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [("en", "It costs $12.50.", "twelve dollars"), ("en", "At 5 p.m.", "five"), ("zh", "一共30块。", "三十")],
)
def test_numbers_are_spoken_as_words(language: Language, text: str, spoken: str):
    assert spoken in speech_text(language).spoken(text)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("It is #4521.", "It is number four thousand five hundred and twenty one."),
        ("Suite #200, please.", "Suite number two hundred, please."),
        ("Take bus #7.", "Take bus number seven."),
        ("The second room (#7) is free.", "The second room (number seven) is free."),
        ("Is 5×3 fifteen?", "Is five times three fifteen?"),
        ("Is 5 × 3 fifteen?", "Is five times three fifteen?"),
        ("It is 10× faster.", "It is ten times faster."),
        ("Call +1 555, please.", "Call plus one five hundred and fifty five, please."),
        ("They are 50¢ each.", "They are fifty cents each."),
        ("It is 1¢ a minute.", "It is one cent a minute."),
        ("That is 5$ or 1.50 €.", "That is five dollars or one euro and fifty cents."),
        ("I like C# a lot.", "I like C hash a lot."),
        ('He said "no" twice.', 'He said "no" twice.'),
        ("Is it this \\ or that?", "Is it this \\ or that?"),
    ],
)
def test_signs_are_spoken_as_people_read_them(text: str, spoken: str):
    assert speech_text("en").spoken(text) == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("It is $12.50.", "It is twelve dollars and fifty cents."),
        ("It is $0.99 or £3.01.", "It is ninety nine cents or three pounds and one penny."),
        ("It is $20.00, not $0.00.", "It is twenty dollars, not zero cents."),
        ("It is US$1.05.", "It is one dollar and five cents."),
        ("It is $1,200.50.", "It is one thousand two hundred dollars and fifty cents."),
        ("It is $1.25 million.", "It is one point two five million dollars."),
        ("It is $1,200 or $11,000.", "It is one thousand two hundred dollars or eleven thousand dollars."),
        ("It is $1500, or $1000.", "It is one thousand five hundred dollars, or one thousand dollars."),
        ("We were 1000, then 1,100.", "We were one thousand, then one thousand one hundred."),
        (
            "There are 1,234,567.",
            "There are one million two hundred thirty four thousand five hundred and sixty seven.",
        ),
        ("We are open 24/7.", "We are open twenty four seven."),
        ("It is a 50/50 chance.", "It is a fifty fifty chance."),
        ("Add 3/4 of a cup.", "Add three quarters of a cup."),
        ("It began in the 1990s.", "It began in the nineteen nineties."),
        ("Will the 2020s be like the 1920s?", "Will the twenty twenties be like the nineteen twenties?"),
        ("From the 1800s to the 2000s.", "From the eighteen hundreds to the two thousands."),
        ("It is 555-1234.", "It is five five five, one two three four."),
        ("Call me on 867-5309.", "Call me on eight six seven, five three zero nine."),
        (
            "It costs 500-1000 dollars, or $200-1,500.",
            "It costs five hundred to one thousand dollars, or two hundred to one thousand five hundred dollars.",
        ),
        ("It is (555) 123-4567.", "It is five five five, one two three, four five six seven."),
        ("It is 1-800-555-1234.", "It is one, eight zero zero, five five five, one two three four."),
        ("It is (212) 555-0199 ext. 4.", "It is two one two, five five five, zero one nine nine extension four."),
        (
            "It is $20/month or $1.99 / day.",
            "It is twenty dollars per month or one dollar and ninety nine cents per day.",
        ),
        ("It is $9.99/mo for 20/hr.", "It is nine dollars and ninety nine cents per month for twenty per hour."),
        ("She is 5'7\".", "She is five foot seven."),
        ("It is approx. 3 km.", "It is approximately three kilometers."),
        ("Call 911, then ring 112.", "Call nine one one, then ring one one two."),
        ("My number is 0123 456 789.", "My number is zero one two three, four five six, seven eight nine."),
        ("It is (020) 7946 0958.", "It is zero two zero, seven nine four six, zero nine five eight."),
        ("It is 0800-123-456.", "It is zero eight zero zero, one two three, four five six."),
        ("It is 01 23 45 67 89.", "It is zero one, two three, four five, six seven, eight nine."),
        ("The code is 0423, not 02138.", "The code is zero four two three, not zero two one three eight."),
        (
            "At 0900 hours agent 007 was 0.5 km away.",
            "At oh nine hundred hours agent oh oh seven was zero point five kilometers away.",
        ),
        (
            "It was on 05 May 2024, or 05/06/2024.",
            "It was on oh five May twenty twenty four, or the sixth of may twenty twenty four.",
        ),
        ("Call 200 people about room 911.", "Call two hundred people about room nine hundred and eleven."),
    ],
)
def test_figures_are_spoken_as_people_read_them(text: str, spoken: str):
    assert speech_text("en").spoken(text) == spoken


def test_signs_in_chinese_are_read_by_its_own_grammar():
    assert speech_text("zh").spoken("5×3等于15。") == "五乘三等于十五。"


@pytest.mark.parametrize("text", ["Press 5# to hear it again.", "The seat is 6@ I think.", "It says [0a).", "..."])
def test_what_has_no_reading_is_refused_with_the_text(text: str):
    with pytest.raises(RejectedError) as refused:
        speech_text("en").spoken(text)
    assert (refused.value.reason, refused.value.detail) == ("unspeakable", repr(text))


@given(st.sampled_from(["en", "zh"]), st.text(max_size=40) | st.text("0123456789 .,#×$%'\"()[]+*@abI", max_size=40))
def test_any_text_is_spoken_or_unspeakable(language: Language, text: str):
    try:
        outcome = speech_text(language).spoken(clean(text))
    except RejectedError as refused:
        outcome = refused.reason
    assert outcome
