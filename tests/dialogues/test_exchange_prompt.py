"""One exchange at a time: what the model is asked, and what it must not get away with."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import RejectedError
from stages.dialogues import DialoguesConfig
from stages.dialogues.exchange_prompt import Task, check_plan, read, schema, task
from stages.dialogues.outline import draw_outline

BUS = Task("question", "", "When does the next bus come?", "in twenty minutes", "Okay,")
MILK = Task("question", "", "Is milk good for cats?", "no, fresh water is better", "")


def pattern(wanted: Task, speaker: str, *, brief: bool = True, to_the_letter: bool = False) -> re.Pattern[str]:
    return re.compile(schema(wanted, brief=brief, to_the_letter=to_the_letter)["properties"][speaker]["pattern"])


@given(st.integers(0, 10_000))
def test_every_exchange_of_an_outline_has_a_task_with_sound_patterns(index: int):
    outline = draw_outline(DialoguesConfig(), 3, index, 0)
    tasks = [task(outline, i) for i in range(outline.exchanges)]
    assert tasks[0].kind == "opening"
    assert [each.kind for each in tasks].count("interruption") == (outline.interrupting is not None)
    assert (tasks[-1].kind == "goodbye") == outline.goodbye
    for wanted in tasks[: len(tasks) - outline.goodbye]:
        asked = wanted.ask
        if wanted.lead_in and not wanted.lead_in.endswith("."):
            asked = asked[0].lower() + asked[1:]
        said = f"{wanted.lead_in} {asked}".strip()
        assert pattern(wanted, "user").match(said)
        assert pattern(wanted, "user", to_the_letter=True).match(said)
        check_plan(wanted, said, f"{wanted.answer.capitalize()}.")


def test_the_patterns_hold_the_speakers_to_their_roles():
    assert pattern(BUS, "user").match("Okay, when does it come, the next bus?")
    assert not pattern(BUS, "user").match("How can I help you today?")
    assert pattern(MILK, "assistant").match("No, fresh water is better for them.")
    assert not pattern(MILK, "assistant").match("Yes, fresh water is better for them.")
    assert not pattern(MILK, "assistant").match("No, fresh water is better. It is good for them.")
    assert pattern(MILK, "assistant", brief=False).match("No, fresh water is better. It is good for them.")


@pytest.mark.parametrize(
    ("wanted", "user", "assistant", "reason"),
    [
        (BUS, "Okay, when does your next bus come?", "It comes in twenty minutes.", "off_plan"),
        (BUS, "Okay, when does it start?", "It comes in twenty minutes.", "off_plan"),
        (BUS, "Okay, when does the next bus come?", "It is a beautiful bus.", "off_plan"),
        (BUS, "Okay, when does the next bus come?", "I'm sorry, but in twenty minutes.", "evasive"),
        (BUS, "Okay, when does the next bus come?", "Twenty minutes is about twenty minutes.", "stutter"),
    ],
)
def test_an_exchange_off_the_plan_is_refused(wanted: Task, user: str, assistant: str, reason: str):
    with pytest.raises(RejectedError, match=reason):
        check_plan(wanted, user, assistant)


def test_an_answer_is_read_strictly():
    assert read('{"user": "Hi.", "assistant": "Ho."}') == ("Hi.", "Ho.")
    for answer, reason in [
        ("Hi.", "not_json"),
        ("[" * 100_000, "not_json"),
        ("[]", "wrong_shape"),
        ('{"user": 1, "assistant": "x"}', "wrong_shape"),
    ]:
        with pytest.raises(RejectedError, match=reason):
            read(answer)
    assert json.dumps(schema(BUS, brief=True, to_the_letter=False))
