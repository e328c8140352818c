"""Prompts a capable model for a whole dialogue in one answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from manifests.errors import RejectedError
from manifests.records import Role
from stages.dialogues.config import Language
from stages.dialogues.marks import RawMark
from stages.dialogues.outline import Outline
from stages.llm.answers import Message
from stages.llm.read_answer import read_answer

_MAX_TURN_CHARACTERS = 400
_MAX_MARK_CHARACTERS = 60
_MOST_MARKS = 2
"""Of an exchange."""
_LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "zh": "Chinese (Mandarin, simplified characters)"}
_RULES = (
    "You write spoken dialogues between a user and a helpful voice assistant. Each turn is what is said aloud: one to "
    "three short, natural sentences, five to twenty-five words (twice as many Chinese characters). The user speaks "
    "first and the two alternate. The user never plays the assistant. No lists, markup, emoji, stage directions, "
    "names of speakers, placeholders or code; numbers as a person would say them. No turn repeats another. "
    "Write {language}. Answer with JSON of the given schema and nothing else."
)


def messages(outline: Outline, language: Language) -> tuple[Message, ...]:
    """Return the request for a dialogue of this outline."""
    scenario = outline.scenario
    points = "; ".join(f"{point.ask}: {point.answer}" for point in scenario.points)
    request = [
        f"Scenario. The user is {scenario.persona}, {scenario.mood}, {scenario.setting}; wish: {scenario.wish}.",
        "Talk about these points in this order, in your own words (what the user asks: what the assistant answers): "
        f"{points}.",
        f"Write exactly {outline.exchanges} exchanges (a user turn, then an assistant turn).",
    ]
    if outline.interrupting is not None:
        request.append(
            f"In exchange {outline.interrupting + 1} the user interrupts: the assistant's turn of exchange "
            f"{outline.interrupting} is at least twelve words long, and the user breaks into it (for example "
            '"Wait," or "Sorry, but") with something that can\'t wait.'
        )
    if outline.backchannels:
        request.append(
            "Two or three times the listener says something short inside the other's turn, without taking the floor "
            '("mm-hm", "right", "oh no"). It is not part of the turn\'s text: list it under "backchannels" of the '
            'exchange, with "in" whose turn it falls into, "after" the two to four words of that turn right before it, '
            'copied exactly and never the last ones, and "says" what the listener says. Elsewhere the list is empty.'
        )
    if outline.goodbye:
        request.append("In the last exchange the user says thanks and goodbye, and so does the assistant.")
    return (
        Message("system", _RULES.format(language=_LANGUAGE_NAMES[language])),
        Message("user", "\n".join(request)),
    )


def schema(outline: Outline) -> dict[str, Any]:
    """Return the JSON schema of a dialogue; roles alternate by its structure."""
    exchanges = outline.exchanges
    turn = {"type": "string", "minLength": 1, "maxLength": _MAX_TURN_CHARACTERS}
    exchange = _object({"user": turn, "assistant": turn})
    if outline.backchannels:
        words = {"type": "string", "minLength": 1, "maxLength": _MAX_MARK_CHARACTERS}
        mark = _object({"in": {"type": "string", "enum": ["user", "assistant"]}, "after": words, "says": words})
        marks = {"type": "array", "items": mark, "maxItems": _MOST_MARKS}
        exchange = _object({"user": turn, "assistant": turn, "backchannels": marks})
    listed = {"type": "array", "items": exchange, "minItems": exchanges, "maxItems": exchanges}
    return _object({"exchanges": listed})


@dataclass(frozen=True)
class WrittenExchange:
    """An exchange as the model wrote it; `marks` by whose turn they fall into."""

    user: str
    assistant: str
    marks: Mapping[Role, tuple[RawMark, ...]]


def read(answer: str, exchanges: int) -> tuple[WrittenExchange, ...]:
    """Return the exchanges of a raw answer.

    Raises:
        RejectedError: ``not_json``, ``wrong_shape``, or ``wrong_length``.
    """
    record = read_answer(answer)
    try:
        written = tuple(_exchange(each) for each in record["exchanges"])
    except (TypeError, KeyError, AttributeError) as error:
        raise RejectedError("wrong_shape", repr(error)) from error
    if len(written) != exchanges:
        raise RejectedError("wrong_length", f"{len(written)} exchanges instead of {exchanges}")
    return written


def _exchange(record: dict[str, Any]) -> WrittenExchange:
    texts = [record["user"], record["assistant"]]
    marks: dict[Role, tuple[RawMark, ...]] = {"user": (), "assistant": ()}
    for mark in record.get("backchannels", ()):
        marks[mark["in"]] = (*marks[mark["in"]], RawMark(mark["after"], mark["says"]))
        texts += [mark["after"], mark["says"]]
    if not all(isinstance(text, str) for text in texts):
        raise RejectedError("wrong_shape", "a text is not a string")
    return WrittenExchange(record["user"], record["assistant"], marks)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
