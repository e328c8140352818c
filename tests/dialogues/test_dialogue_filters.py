"""Each filter by example, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import RejectedError
from manifests.records import TextTurn
from stages.dialogues.cleaning import clean, sentences, words
from stages.dialogues.config import FiltersConfig
from stages.dialogues.dialogue_filters import check_new_turn
from stages.dialogues.filters import TURN_FILTERS, check_turn, finish_sentence

CONFIG = FiltersConfig()

REFUSED = [
    ("no_words", "user", "..."),
    ("no_words", "user", "42!"),
    ("too_long", "assistant", "word " * 201 + "."),
    ("too_long", "assistant", "字" * 201 + "。"),
    ("code", "assistant", "Use for i in range(10): print(i); and x = y + 1; it works."),
    ("code", "user", "```python\nimport os\n``` what is this?"),
    ("code", "assistant", "Write <div><p>text</p></div> here."),
    ("maths", "user", "Solve 3x + 4 = 12 and 2 + 2 = 4 and 5 * 5 = 25."),
    ("maths", "assistant", r"It is $\frac{1}{2}$."),
    ("rare_symbols", "assistant", "That is ☭♜ and ሐሐሐ fine."),
    ("rare_symbols", "user", "Привет, how are things?"),
    ("role_confusion", "user", "How can I help you today?"),
    ("role_confusion", "user", "I'm an AI language model."),
    ("role_confusion", "assistant", "As an AI language model, I have no taste."),
    ("role_confusion", "assistant", "Assistant: The shop is open."),
    ("role_confusion", "user", "有什么可以帮您的吗？"),
    ("narration", "assistant", "The user asks about the weather."),
    ("narration", "user", "(laughs) That is a good one."),
    ("placeholder", "assistant", "Hello [Name], nice to meet you."),
    ("placeholder", "user", "My name is XXX, thanks."),
    ("loop", "assistant", "You can go to the shop, you can go to the shop, you can go to the shop."),
    ("loop", "assistant", "No, no, no, no."),
    ("loop", "assistant", "Rest for two days. Rest for two days."),
    ("garbled", "assistant", "A banana is good, it'ssweet."),
    ("broken_off", "assistant", "You should pack a map and"),
    ("broken_off", "assistant", "Bring a map of the."),
    ("broken_off", "assistant", "Bring water, snacks,."),
]

PASSED = [
    ("user", "Let me see. Could you return the book for me?"),
    ("user", "What's the price of 3 tickets?"),
    ("assistant", "It costs $12.50, about 20% less than on Monday."),
    ("assistant", "Call 555-1234 before 5 p.m."),
    ("assistant", "Water it every 3-4 weeks."),
    ("assistant", "The café opens at nine o'clock, naïve as that may sound."),
    ("assistant", "How can I help you today?"),
    ("user", "Which programs are on the radio tonight, and what are they about?"),
    ("assistant", "Yes, yes, I have it."),
    ("user", "明天早上几点开门？"),
    ("assistant", "早上九点开门，学生票三十块。"),
    ("assistant", "That is all I know."),
]


@pytest.mark.parametrize(("reason", "role", "text"), REFUSED)
def test_a_filter_refuses(reason: str, role: str, text: str):
    assert TURN_FILTERS[reason](role, text, CONFIG) is not None


@pytest.mark.parametrize(("role", "text"), PASSED)
def test_everyday_speech_passes_every_filter(role: str, text: str):
    check_turn(role, text, CONFIG, must_end=True)


def test_the_word_limit_is_inclusive():
    config = FiltersConfig(max_words=3)
    assert TURN_FILTERS["too_long"]("user", "one two three", config) is None
    assert TURN_FILTERS["too_long"]("user", "one two three four", config) == "4 words"


def test_people_may_leave_the_last_mark_out():
    check_turn("user", "what is the time", CONFIG, must_end=False)
    with pytest.raises(RejectedError, match="broken_off"):
        check_turn("user", "what is the time", CONFIG, must_end=True)


@pytest.mark.parametrize(
    "said",
    [
        ["It opens at nine.", "Bring a map!", "Is it far?", "It is"],
        ["What?!", "Really...", "Yes."],
        ["We are open from 9 a.m. to 5 p.m. every day.", "Come by."],
        ["We open at 9:30a.m. on Monday."],
        ["Tickets cost $12.50 each.", "The router is 127.0.0.1, I think."],
        ["He lives in the U.S. now.", "J. R. Smith does too."],
        ["Bring a coat (e.g. a warm one) etc. and a hat.", "Ask Dr. Lee or Mrs. Poe."],
        ["We are at No. 12 today.", "No.", "Not at all."],
        ["She has a Ph.D. in law.", "We met on Jan. 5 at Smith Inc. in York."],
        ["It closes at 5 p.m. Then we go."],
        ['He said "Go."', 'Then "why?"', "(She left.)", "'Stop!'", "I did."],
        ["早上九点开门。", "学生票三十块！", "“好吗？”", "好"],
        ["好吗?", "好的."],
        ["...", "and then."],
    ],
)
def test_a_text_falls_into_its_sentences(said: list[str]):
    chinese = any("\u4e00" <= character <= "\u9fff" for sentence in said for character in sentence)
    assert sentences(("" if chinese else " ").join(said)) == said


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("It opens at nine. The ticket costs", "It opens at nine."),
        ("It opens at nine. Bring a map of the.", "It opens at nine."),
        ("The ticket costs", "The ticket costs"),
        ("It opens at nine. It closes at six.", "It opens at nine. It closes at six."),
        ("Tickets cost $12.50", "Tickets cost $12.50"),
        ("We open at 9 a.m. on Monday", "We open at 9 a.m. on Monday"),
        ("We open at 9 a.m. on Monday. Bring Mr. Lee or", "We open at 9 a.m. on Monday."),
        ('He said "Go." Then he', 'He said "Go."'),
        ("早上九点开门。学生票三十块。老人票", "早上九点开门。学生票三十块。"),
    ],
)
def test_a_text_is_trimmed_to_its_last_full_sentence(text: str, finished: str):
    assert finish_sentence(text) == finished


def test_markup_goes_and_words_stay():
    assert (
        clean("## Hello **dear** friend 😀, see [the map](http://x.y)\n- now") == "Hello dear friend, see the map now"
    )
    assert clean("It’s  “fine” …") == 'It\'s "fine" ...'
    assert clean("That is *really* good, __truly__.") == "That is really good, truly."
    assert clean("1. Mix.\n2) Bake.") == "Mix. Bake."


@pytest.mark.parametrize("text", ["What is 2*3 plus 4*5?", "7. He turns 8 in May.", "*sighs* I have no idea."])
def test_what_only_looks_like_markup_stays(text: str):
    assert clean(text) == text


def turn(role: str, text: str) -> TextTurn:
    return TextTurn(role, text, text)


def test_a_turn_said_before_is_refused_though_slightly_changed():
    earlier = [turn("user", "Where can I park my car?"), turn("assistant", "You can park behind the house.")]
    with pytest.raises(RejectedError, match="repeated_turn"):
        check_new_turn(earlier, turn("user", "And where can I park my car?"), CONFIG)
    with pytest.raises(RejectedError, match="echo"):
        check_new_turn(earlier, turn("user", "You can park behind the house!"), CONFIG)
    check_new_turn(earlier, turn("user", "What does it cost to park there?"), CONFIG)


def test_short_turns_may_come_back():
    earlier = [turn("user", "Yes, please."), turn("assistant", "Here you are.")]
    check_new_turn(earlier, turn("user", "Yes, please."), CONFIG)


@given(st.text(max_size=300))
def test_any_text_is_cleaned_and_judged_without_a_fault(text: str):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned or len(clean(cleaned)) <= len(cleaned)
    words(cleaned)
    finish_sentence(cleaned)
    for judge in TURN_FILTERS.values():
        judge("user", cleaned, CONFIG)
