"""Asking a weak model for one exchange at a time: many small examples, a tight grammar, and a check against the plan.

A 135-million-parameter model loses the thread of a whole dialogue and takes the user for itself. Asked to turn one
indirect question and one short answer into two spoken turns, with examples that do just that, it stays on the topic.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from manifests.errors import RejectedError
from stages.dialogues.cleaning import sentences, words
from stages.dialogues.outline import Outline
from stages.llm.answers import Message
from stages.llm.read_answer import read_answer

Kind = Literal["opening", "question", "interruption", "goodbye"]
OFF_PLAN = "off_plan"
EVASIVE = "evasive"
STUTTER = "stutter"
_LONG_WORD = 5
_ASK_SHARE = 0.6
_ANSWER_SHARE = 0.6
_VERDICT_SHARE = 0.5
"""Shares of the plan's words that must be heard; after a yes or no, half of the question's will do too."""
_PRONOUNS = frozenset({"i", "me", "my", "you", "your", "we", "us", "our", "i'm", "you're", "it's", "i'll", "i'd"})

SYSTEM = (
    "You write what a user and a voice assistant say to each other on the phone. The user asks the question, the "
    "assistant gives the answer. Write one or two short sentences for each. Answer in JSON."
)


@dataclass(frozen=True)
class Task:
    """One exchange to be written.

    Attributes:
        instruction: what the model reads.
        ask, answer: the point in the scenario's words; for a goodbye the words that the answer begins with.
        lead_in: the words that the user's turn begins with; may be empty.
    """

    kind: Kind
    instruction: str
    ask: str
    answer: str
    lead_in: str


_SHOTS = (
    (
        'The user says "Hi there, I am a baker and I want to rent a boat." and asks "What does a boat cost?" '
        "The assistant answers: ten dollars an hour.",
        "Hi there, I am a baker and I want to rent a boat. What does a boat cost?",
        "A boat costs ten dollars an hour.",
    ),
    (
        'The user asks "How long does honey keep?" The assistant answers: many years.',
        "And how long does honey keep?",
        "Don't worry about that. Honey keeps for many years.",
    ),
    (
        'The user asks "Is the old ladder safe?" The assistant answers: no, the third step is broken.',
        "Is the old ladder safe?",
        "No, please don't use it, because the third step is broken.",
    ),
    (
        'The user interrupts and asks "Who has the key?" The assistant answers: the man at the front desk.',
        "Wait, sorry, who has the key?",
        "The man at the front desk has the key.",
    ),
    (
        'The user says "Good morning, I would like to keep bees." and asks "When should I buy the bees?" '
        "The assistant answers: in late April.",
        "Good morning, I would like to keep bees. When should I buy the bees?",
        "The best time to buy bees is in late April.",
    ),
    (
        'The user asks "How can I open the jar?" The assistant answers: hold it under hot water.',
        "Okay, how can I open the jar?",
        "Just hold the jar under hot water for a moment.",
    ),
    (
        'The user asks "Is snow coming?" The assistant answers: yes, on Friday night.',
        "Is snow coming this week?",
        "Yes, it will snow on Friday night.",
    ),
    (
        "The user says thanks and goodbye.",
        "Thanks, you helped me a lot. Goodbye!",
        "My pleasure. Have a lovely day!",
    ),
)
EXAMPLES = tuple(
    message
    for instruction, user, assistant in _SHOTS
    for message in (
        Message("user", instruction),
        Message("assistant", json.dumps({"user": user, "assistant": assistant})),
    )
)

_WORD = "[A-Za-z0-9'-]{1,14}"
_QUESTION = f"( {_WORD},?){{1,12}}"
_CLAUSE = f"( {_WORD},?){{2,16}}"
_ANSWERS = {"yes": "Yes, ", "no": "No, "}


def task(outline: Outline, exchange: int) -> Task:
    """Return the task of one exchange of an outline."""
    if outline.goodbye and exchange == outline.exchanges - 1:
        return Task("goodbye", "The user says thanks and goodbye.", "", outline.closing, outline.lead_ins[exchange])
    point = outline.scenario.points[exchange % len(outline.scenario.points)]
    answers = f"The assistant answers: {point.answer}."
    lead_in = outline.lead_ins[exchange]
    if exchange == 0:
        return Task(
            "opening", f'The user says "{lead_in}" and asks "{point.ask}" {answers}', point.ask, point.answer, lead_in
        )
    if exchange == outline.interrupting:
        instruction = f'The user interrupts and asks "{point.ask}" {answers}'
        return Task("interruption", instruction, point.ask, point.answer, lead_in)
    return Task("question", f'The user asks "{point.ask}" {answers}', point.ask, point.answer, lead_in)


def schema(wanted: Task, *, brief: bool, to_the_letter: bool) -> dict[str, Any]:
    """Return the JSON schema of an exchange; its patterns hold both speakers to their roles and to short sentences.

    Args:
        brief: the assistant says one sentence; else it may say two.
        to_the_letter: the user asks in the scenario's own words; for a question that the model keeps getting wrong.
    """
    sentence = f"[A-Z][A-Za-z']{{0,12}},?{_CLAUSE}"
    if wanted.kind == "goodbye":
        user = f"^{_literal(wanted.lead_in)}( (Goodbye|Bye|Bye bye|Have a nice day)!)?$"
        assistant = f"^{_literal(wanted.answer)} (Have|Enjoy|Good luck|Take care|Goodbye)( {_WORD}){{0,7}}[.!]$"
        return _object(user, assistant)
    asked = wanted.ask
    if wanted.lead_in and not wanted.lead_in.endswith("."):
        asked = asked[0].lower() + asked[1:]
    question = _literal(asked) if to_the_letter else " ".join(asked.split()[:2]) + _QUESTION + "[?]"
    space = " " if wanted.lead_in else ""
    first = sentence
    if starts := _ANSWERS.get(wanted.answer.split(",")[0]):
        first = f"{starts}[a-zI][A-Za-z']{{0,12}}{_CLAUSE}"
    more = "" if brief else f"( {sentence}[.!])?"
    return _object(f"^{_literal(wanted.lead_in)}{space}{question}$", f"^{first}[.!]{more}$")


def read(answer: str) -> tuple[str, str]:
    """Return the user's and the assistant's text of a raw answer.

    Raises:
        RejectedError: ``not_json`` or ``wrong_shape``.
    """
    record = read_answer(answer)
    if not isinstance(record, dict):
        raise RejectedError("wrong_shape", type(record).__name__)
    user, assistant = record.get("user"), record.get("assistant")
    if not isinstance(user, str) or not isinstance(assistant, str):
        raise RejectedError("wrong_shape", ", ".join(sorted(record)))
    return user, assistant


_EVASIONS = re.compile(
    r"\b(?:i'm (?:sorry|not|afraid|glad|happy|just)|i am (?:sorry|not|happy)|i don't know|goodbye|"
    r"^i can|(?:yes|no),? i (?:can|should|do|will|have))\b",
    re.IGNORECASE,
)


def check_plan(wanted: Task, user: str, assistant: str) -> None:
    """Let an exchange pass that says what was planned.

    Raises:
        RejectedError: ``off_plan`` when the question or the answer leaves out too much of the plan, or speaks of
            other people; ``evasive`` when the assistant talks of itself; ``stutter`` when a sentence circles.
    """
    if wanted.kind == "goodbye":
        return
    evasion = _EVASIONS.search(assistant)
    if evasion:
        raise RejectedError(EVASIVE, repr(evasion.group()))
    asked, planned = words(user.removeprefix(wanted.lead_in)), words(wanted.ask)
    others = _PRONOUNS.intersection(asked) - set(planned)
    if others or len(set(asked) & set(planned)) < _ASK_SHARE * len(set(planned)):
        raise RejectedError(OFF_PLAN, f"user: {' '.join(asked)}")
    verdict, _, reason = wanted.answer.partition(", ")
    judged = verdict in _ANSWERS
    plans = [_stems(reason), _stems(wanted.ask)] if judged else [_stems(wanted.answer)]
    share = _VERDICT_SHARE if judged else _ANSWER_SHARE
    heard = _stems(assistant)
    if not any(len(plan & heard) >= share * len(plan) for plan in plans):
        raise RejectedError(OFF_PLAN, f"assistant: {assistant}")
    for sentence in sentences(assistant):
        long_words = [word for word in words(sentence) if len(word) >= _LONG_WORD and word not in _COMMON]
        if len(set(long_words)) < len(long_words):
            raise RejectedError(STUTTER, sentence)


def _literal(text: str) -> str:
    """Return a pattern of the text itself; brackets, because not every engine reads a backslash."""
    return re.sub(r"[.?!]", lambda mark: f"[{mark.group()}]", text)


def _object(user: str, assistant: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "user": {"type": "string", "pattern": user},
            "assistant": {"type": "string", "pattern": assistant},
        },
        "required": ["user", "assistant"],
        "additionalProperties": False,
    }


_COMMON_WORDS = (
    "a an the and or of to for with in on at by from as is are was be been it its one what how when where "
    "which who why if may should can could would needs needed need has have do does about many much there this "
    "that "
)
_COMMON = frozenset(_COMMON_WORDS.split())


def _stems(text: str) -> set[str]:
    """Return the first five letters of the words that carry meaning; enough to see "rest" in "resting"."""
    return {re.sub(r"(?<=...)(?:ies|es|s|ing|ed)$", "", word)[:5] for word in words(text) if word not in _COMMON}
