"""Reads answers that should be pure JSON, from endpoints that treat the schema as advice."""

import json
import re
from typing import Any

from manifests.errors import RejectedError
from stages.read_json import read_json

_THINKING_BEGINS = "<think>"
_THINKING_ENDS = "</think>"
_FENCE = "```"
_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n\s*```", re.DOTALL | re.IGNORECASE)


def read_answer(answer: str) -> Any:
    """Return the value in an answer, skipping a reasoning model's thoughts and a code fence.

    Raises:
        RejectedError: ``not_json``; ``cut_off`` where the answer ends before its JSON does.
    """
    said = answer if answer.lstrip().startswith("{") else _unwrapped(answer)
    try:
        return read_json(said)
    except RejectedError as rejected:
        if _is_cut_off(said, rejected.__cause__):
            where = "inside its JSON" if said.strip() else "before its JSON begins"
            raise RejectedError("cut_off", f"the answer ends {where}: a higher max_tokens may help") from rejected
        raise


def _is_cut_off(said: str, error: BaseException | None) -> bool:
    if said.lstrip().startswith((_THINKING_BEGINS, _FENCE)):
        return True
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.pos >= len(said.rstrip()) or error.msg.startswith("Unterminated string")


def _unwrapped(answer: str) -> str:
    said = answer.rpartition(_THINKING_ENDS)[2]
    fenced = _FENCED.search(said)
    return fenced[1] if fenced else said
