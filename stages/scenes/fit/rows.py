"""Reading lines of files and intervals in them, with checks."""

import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from manifests.errors import BuildError
from stages.scenes.fit.conversation import Interval


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a UTF-8 text file with their numbers from 1; a name that ends in .gz is unpacked.

    Raises:
        BuildError: no such file, or not such text.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for line, text in enumerate(file, 1):
                yield line, text.rstrip("\n")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BuildError(f"{path}: can't be read as UTF-8 text ({error})") from error


def interval_of(where: str, speaker: str, start: Any, duration: Any, text: str | None = None) -> Interval:
    """Return an interval if its times make sense.

    Args:
        where: file and line, for the error.
        speaker: its name.
        start: in seconds, as a number or its text.
        duration: in seconds, likewise.
        text: what is said.

    Raises:
        BuildError: a start or duration that is not a finite number, a start below 0, a duration of 0 or less.
    """
    start_s, duration_s = _number(where, "start", start), _number(where, "duration", duration)
    if start_s < 0:
        raise BuildError(f"{where}: start {start_s:g} is below 0")
    if duration_s <= 0:
        raise BuildError(f"{where}: duration {duration_s:g} is not above 0")
    return Interval(speaker, start_s, start_s + duration_s, text)


def _number(where: str, what: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        raise BuildError(f"{where}: {what} is {value!r}, expected seconds")
    return number
