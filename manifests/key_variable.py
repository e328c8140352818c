"""The name of the environment variable that holds a key: people paste the key itself, which must not be published."""

import re
from typing import Annotated

from pydantic import AfterValidator

_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")


def _variable(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(
            "this is not the name of an environment variable in capitals, such as OPENAI_API_KEY (it is not shown, in "
            "case it is the key itself: export the key under a name, and give that name)"
        )
    return name


KeyVariable = Annotated[str, AfterValidator(_variable)]
"""A name in capitals, digits and underscores, as POSIX prescribes: most keys don't match, and are not repeated."""
