"""What the turn filters make of whole sentences: everyday ones pass them all, others fail for a reason."""

import pytest

from manifests.errors import RejectedError
from manifests.records import Role
from stages.dialogues.config import FiltersConfig
from stages.dialogues.filters import check_turn

CONFIG = FiltersConfig()

EVERYDAY = [
    # prices
    "It is $3 for adults and $2 for kids.",
    "It's $5, $7 or $9, depending on the size.",
    "That's 5$ for adults and 2$ for kids.",
    "Tickets cost $12.50.",
    "It costs £3.50 or €4, whichever you like.",
    "It was $1.5 million, not $1.2 million.",
    "That's about 50¢ each, or a dollar for two of them.",
    # times and dates
    "We are open from 9 a.m. to 5 p.m. every day.",
    "We open at 9 a.m. on Monday and at 10 a.m. on Sunday.",
    "The train leaves at 10:15; be there early.",
    "They close at 5 p.m. sharp, i.e. when the bell rings.",
    "The meeting is on 3/14/2025 at noon.",
    "It takes place on Jan. 5 at 7 p.m. in Room 4B.",
    "I was born in the '90s, on Dec. 1 to be exact.",
    "It's open 24/7, even on the 1st of May.",
    # abbreviations and initials
    "Bring something warm, e.g. a sweater or a coat.",
    "He lives in the U.S. and works for the U.N. in New York.",
    "My call with Dr. J. R. Smith is on Monday.",
    "J.R.R. Tolkien wrote it, didn't he?",
    "She's a Ph.D. student at M.I.T. in Boston.",
    "Do you sell apples, pears, etc. in the shop?",
    "We're at No. 12 Baker St. in London.",
    "The address of the router is 127.0.0.1, I think.",
    "The room has a/c and heat.",
    "I'll have a coffee w/o sugar, please.",
    # semicolons, and words that are keywords too
    "I want to return it; it is broken.",
    "Let me check; one moment.",
    "Let's import them from Spain; that's cheaper.",
    "Yes; no.",
    "The warranty is void if you open it.",
    # brackets
    "Please bring the item(s) to the counter.",
    "Any parent(s) or guardian(s) may sign; please let us know.",
    "Bring your child(ren) along.",
    "You can pay by card (Visa, Amex); cash is fine.",
    # apostrophes and quotation marks
    "My name is O'Reilly, and I have a booking.",
    "Mrs. O'Donnell called about the D'Angelo wedding.",
    "my name is o'toole, like the actor.",
    "De'Shawn and Mr. D'Souza are in row 3.",
    "They play rock'n'roll on Friday night.",
    "I'd've told you if I'd known.",
    "Y'all'd better come early.",
    "It isn't mine; it's my brother-in-law's.",
    '"Are you sure?" she asked.',
    # phone numbers, numbers and percentages
    "Call me at 555-1234 or (555) 867-5309.",
    "You can reach us on +1 555 0100 day or night.",
    "The number is 1-800-555-0199.",
    "About 20% of the seats are taken; the rest are free.",
    "Inflation rose 2.4% in Q3.",
    "My order number is #4521, and it goes to Suite #200.",
    "It's 72°F outside, so no jacket.",
    "We're open 9 - 5 on Sundays.",
    # last words that look as if another had to follow
    "Me too.",
    "I think so.",
    "I hope not.",
    "Yes, it is.",
    "No, I can't.",
    "Sorry, I don't.",
    "There you are.",
    "So do I.",
    "Neither did we.",
    "I'd love to.",
    "Sure, go on.",
    "Come on in.",
    "That's what it's for.",
    "I'll look into that.",
    "That's where she is from.",
    "I met her.",
    "That coat is his.",
    "Try vitamin A.",
    "I got an A!",
    # people who trail off, insist or are cut
    "I was going to, but...",
    "Well, if…",
    "But I thought that the—",
    "No, no, no, that's not what I meant.",
    "Ha ha ha, very funny.",
    "As an AI researcher, I disagree.",
    "It's -3°C in Oslo.",
    # short sentences that come back
    "Thank you. See you tomorrow. Thank you.",
    "Okay. Let me look that up for you. Okay.",
]

UNUSABLE = [
    ("no_words", "42!"),
    ("too_long", "word " * 201 + "."),
    ("code", "print(x);"),
    ("code", "for (int i = 0; i < n; i++) {"),
    ("code", "Just call foo.bar(baz) and wait."),
    ("code", "return x;"),
    ("code", "let total = price; return total."),
    ("code", "For each item(s) print(item); then stop."),
    ("code", "```import os```"),
    ("maths", "It is $x$, as you know."),
    ("maths", r"The area is $\pi$ then."),
    ("maths", "The answer is $3x + 2$."),
    ("maths", "What is 2 + 2 in total?"),
    ("placeholder", "Hello [Name], nice to meet you."),
    ("narration", "The user asks about the weather."),
    ("narration", "(sighs) I have no idea."),
    ("narration", "I have no idea (a long sigh)."),
    ("narration", "*nervously laughs* I have no idea."),
    ("rare_symbols", "That is ☭♜ fine."),
    ("role_confusion", "Assistant: The shop is open."),
    ("role_confusion", "As an AI language model, I have no taste."),
    ("role_confusion", "As an AI, I have no taste."),
    ("loop", "Rest for two days. Rest for two days."),
    ("loop", "We open at 9 a.m. We open at 9 a.m. We open at 9 a.m."),
    ("loop", "Thank you. Thank you."),
    ("loop", "Yes. No. Yes. No."),
    ("loop", "No, no, no, no."),
    ("loop", "The shop, shop, shop is open."),
    ("garbled", "A banana is good, it'ssweet."),
    ("garbled", "I'mreally sorry about that."),
    ("garbled", "It''s a nice day."),
    ("broken_off", "Tickets cost $12.50"),
    ("broken_off", "We open at 9 a.m. on Monday"),
    ("broken_off", "Bring a map of the."),
    ("broken_off", "I would like a."),
    ("broken_off", "We could go, but."),
    ("broken_off", "I am sure you're."),
    ("broken_off", "It is bigger than."),
    ("broken_off", "I came because."),
    ("broken_off", "A."),
]


@pytest.mark.parametrize("role", ["user", "assistant"])
@pytest.mark.parametrize("text", EVERYDAY)
def test_an_everyday_sentence_passes_every_filter(text: str, role: Role):
    check_turn(role, text, CONFIG, must_end=True)


@pytest.mark.parametrize(("reason", "text"), UNUSABLE)
def test_an_unusable_turn_is_refused_for_its_own_reason(reason: str, text: str):
    with pytest.raises(RejectedError) as refused:
        check_turn("assistant", text, CONFIG, must_end=True)
    assert refused.value.reason == reason
