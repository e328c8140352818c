"""Answers that should be JSON alone, from endpoints that take the schema for advice."""

import re

_THINKING_ENDS = "</think>"
_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n\s*```", re.DOTALL | re.IGNORECASE)


def json_alone(answer: str) -> str:
    """Return an answer without what reasoning models think aloud before it, and without a code fence around it.

    Args:
        answer: as the model wrote it.

    Returns:
        The rest, which may be JSON or not; an answer that begins with a brace is left as it is.
    """
    if answer.lstrip().startswith("{"):
        return answer
    said = answer.rpartition(_THINKING_ENDS)[2]
    fenced = _FENCED.search(said)
    return fenced[1] if fenced else said
