"""How endpoints want to be asked: not all take a JSON schema, and reasoning models take no sampling settings."""

import json
from dataclasses import asdict
from typing import Any

from manifests.names import AnswerFormat
from stages.llm.answers import ChatRequest, Message


def asked(request: ChatRequest, answers: AnswerFormat, reasoning: bool, name: str) -> dict[str, Any]:
    """Return what the OpenAI client is called with, but for the model.

    Args:
        request: what is asked.
        answers: how JSON is asked for. Where no schema is sent, it stands behind the last message.
        reasoning: send a bound of all tokens, the thoughts' too, and neither temperature, top_p nor seed.
        name: of the schema, one word.
    """
    sampling = request.sampling
    if reasoning:
        settings: dict[str, Any] = {"max_completion_tokens": sampling.max_tokens}
    else:
        settings = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": sampling.seed,
        }
        if sampling.min_p is not None:
            settings["extra_body"] = {"min_p": sampling.min_p}
    messages = request.messages
    if answers == "json_schema":
        schema = {"name": name, "strict": True, "schema": request.schema}
        settings["response_format"] = {"type": "json_schema", "json_schema": schema}
    else:
        messages = _with_schema(request)
        if answers == "json_object":
            settings["response_format"] = {"type": "json_object"}
    return {"messages": [asdict(message) for message in messages], **settings}


def _with_schema(request: ChatRequest) -> tuple[Message, ...]:
    *before, last = request.messages
    schema = json.dumps(request.schema, ensure_ascii=False)
    return (*before, Message(last.role, f"{last.content}\n\nThe schema of the JSON: {schema}"))
