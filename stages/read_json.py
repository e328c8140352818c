"""Reads JSON that a model or a person wrote."""

import json
from typing import Any

from manifests.errors import RejectedError


def read_json(text: str) -> Any:
    """Return the value that a text holds.

    Raises:
        RejectedError: ``not_json``: prose, broken off, or nested too deeply to be read.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise RejectedError("not_json", str(error)) from error
    except RecursionError as error:
        raise RejectedError("not_json", "nested too deeply") from error
