"""Asking a capable model for a whole dialogue in one answer."""

import json
from typing import Any

from manifests.errors import RejectedError
from stages.dialogues.answers import Message
from stages.dialogues.config import Language
from stages.dialogues.outline import Outline

_MAX_TURN_CHARACTERS = 400
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
    if outline.goodbye:
        request.append("In the last exchange the user says thanks and goodbye, and so does the assistant.")
    return (
        Message("system", _RULES.format(language=_LANGUAGE_NAMES[language])),
        Message("user", "\n".join(request)),
    )


def schema(exchanges: int) -> dict[str, Any]:
    """Return the JSON schema of a dialogue; roles alternate by its structure."""
    turn = {"type": "string", "minLength": 1, "maxLength": _MAX_TURN_CHARACTERS}
    exchange = {
        "type": "object",
        "properties": {"user": turn, "assistant": turn},
        "required": ["user", "assistant"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"exchanges": {"type": "array", "items": exchange, "minItems": exchanges, "maxItems": exchanges}},
        "required": ["exchanges"],
        "additionalProperties": False,
    }


def read(answer: str, exchanges: int) -> tuple[tuple[str, str], ...]:
    """Return the (user, assistant) texts of a raw answer.

    Raises:
        RejectedError: ``not_json`` (prose, or broken off), ``wrong_shape``, or ``wrong_length``.
    """
    try:
        record = json.loads(answer)
    except ValueError as error:
        raise RejectedError("not_json", str(error)) from error
    try:
        pairs = tuple((each["user"], each["assistant"]) for each in record["exchanges"])
    except (TypeError, KeyError) as error:
        raise RejectedError("wrong_shape", repr(error)) from error
    if not all(isinstance(text, str) for pair in pairs for text in pair):
        raise RejectedError("wrong_shape", "a turn is no text")
    if len(pairs) != exchanges:
        raise RejectedError("wrong_length", f"{len(pairs)} exchanges instead of {exchanges}")
    return pairs
