"""Histogram files that the empirical law reads."""

import csv
import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from manifests.errors import BuildError

COLUMNS = ("low", "high", "count")


@dataclass(frozen=True)
class Histogram:
    """Bins that abut.

    Attributes:
        edges: their edges, ascending; one more than `counts`.
        counts: count of each, or shares with any sum.
    """

    edges: tuple[float, ...]
    counts: tuple[float, ...]


@dataclass(frozen=True)
class _Bin:
    """A line of a CSV file."""

    line: int
    low: float
    high: float
    count: float


def read_histogram(path: str) -> Histogram:
    """Read a histogram file.

    JSON: an object with `edges` (n + 1 ascending numbers) and `counts` (n numbers); further keys, such as a source, are
    ignored. CSV: a header ``low,high,count`` and a line per bin, each starting where the previous one ends.

    Raises:
        BuildError: no such file, another format, or its content isn't a histogram; names file, line and value.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"{path}: histogram can't be read ({error})") from error
    if file.suffix == ".json":
        return _from_json(path, text)
    if file.suffix == ".csv":
        return _from_csv(path, text)
    raise BuildError(f"{path}: a histogram's file name must end in .json or .csv")


def _from_json(path: str, text: str) -> Histogram:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise BuildError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise BuildError(f"{path}: contains {type(content).__name__}, expected an object with edges and counts")
    return Histogram(_numbers(path, content, "edges"), _numbers(path, content, "counts"))


def _numbers(path: str, content: dict[str, Any], key: str) -> tuple[float, ...]:
    values = content.get(key)
    if not isinstance(values, list):
        raise BuildError(f"{path}: {key} is {values!r}, expected a list of numbers")
    for index, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BuildError(f"{path}: {key}[{index}] is {value!r}, expected a number")
    return tuple(float(value) for value in values)


def _from_csv(path: str, text: str) -> Histogram:
    lines = list(csv.reader(text.splitlines()))
    if not lines or tuple(cell.strip() for cell in lines[0]) != COLUMNS:
        raise BuildError(f"{path}: line 1 is {','.join(lines[0]) if lines else ''!r}, expected {','.join(COLUMNS)}")
    bins = [_bin(path, number, cells) for number, cells in enumerate(lines[1:], 2) if cells]
    for before, after in pairwise(bins):
        if before.high != after.low:
            raise BuildError(
                f"{path}: line {after.line} starts at {after.low:g}, but the previous bin ends at {before.high:g}"
            )
    edges = [*(bin_.low for bin_ in bins), *(bin_.high for bin_ in bins[-1:])]
    return Histogram(tuple(edges), tuple(bin_.count for bin_ in bins))


def _bin(path: str, line: int, cells: list[str]) -> _Bin:
    try:
        low, high, count = (float(cell) for cell in cells)
    except ValueError:
        raise BuildError(f"{path}: line {line} is {','.join(cells)!r}, expected three numbers") from None
    return _Bin(line, low, high, count)
