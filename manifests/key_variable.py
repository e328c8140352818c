"""The name of the environment variable that holds a key: people paste the key itself there, and it must not go on."""

import re
from typing import Annotated

from pydantic import AfterValidator

_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")


def _variable(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(
            "this is no name of an environment variable in capitals, such as OPENAI_API_KEY (it is not shown, in case "
            "it is the key itself: export that under a name, and give the name)"
        )
    return name


KeyVariable = Annotated[str, AfterValidator(_variable)]
"""A name in capitals, digits and underscores, as POSIX has its variables: most keys are none, and are not repeated."""
