"""Reading answers that should be JSON alone, from endpoints that take the schema for advice."""

import re
from typing import Any

from stages.read_json import read_json

_THINKING_ENDS = "</think>"
_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n\s*```", re.DOTALL | re.IGNORECASE)


def read_answer(answer: str) -> Any:
    """Return the value that an answer holds, behind what a reasoning model thinks aloud and inside a code fence.

    Raises:
        RejectedError: ``not_json``.
    """
    return read_json(answer if answer.lstrip().startswith("{") else _unwrapped(answer))


def _unwrapped(answer: str) -> str:
    said = answer.rpartition(_THINKING_ENDS)[2]
    fenced = _FENCED.search(said)
    return fenced[1] if fenced else said
