"""How English speakers read figures that wetext's grammar reads otherwise, or finds no way through.

Each rule rewrites a figure into another that the grammar reads as people do: "$12.50", which would be "twelve point
five dollars", into "12 dollars and 50 cents".
"""

import re
from collections.abc import Callable

_COINS = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny")}
_MANY = {"penny": "pence"}
_PHONE = r"(?:1-)?(?P<area>\(\d{3}\)\s?|\d{3}-)?\d{3}-\d{4}"
_NATIONAL = r"\(?0\d{2,}\)?(?:[ -]\d{2,})+|0\d(?: \d\d){3,4}|0\d{3,}(?!\d|\s?(?:h|hrs?|hours?)\b)"
"""Telephone numbers as most countries write them, and codes: no count begins with 0. "0900 hours" is a time."""
_RANGE = r"(?P<from>\d[\d,]*)\s?[-–]\s?[$€£]?(?P<to>\d[\d,]*)(?![\w-]|[.,]\d)"
_PHONE_CUE = re.compile(r"(?i)\b(?:call|dial|ring|phone|number|text|fax|hotline|contact|reach \w+)\b[^.?!]*$")
_NO_NUMBERS = "555"
"""Begins the numbers that are no one's, as stories and models write them."""
_RATED = "(?:second|minute|hour|day|night|week|month|year|person|head|piece|page|pound|kilo|gallon|mile)"
_SHORT = {"mo": "month", "yr": "year", "hr": "hour"}
_AMOUNT = r"(?:\bUS)?(?P<sign>[$€£])(?P<whole>\d{1,3}(?:,\d{3})*|\d+)\.(?P<hundredths>\d\d)"

_Reading = str | Callable[[re.Match[str]], str]


def as_read(text: str) -> str:
    """Return the text with its figures as people read them."""
    for figure, reading in _READINGS:
        text = figure.sub(reading, text)
    return text


def _money(amount: re.Match[str]) -> str:
    whole, hundredths = amount["whole"], int(amount["hundredths"])
    large, small = _COINS[amount["sign"]]
    parts = [_count(whole, large)] if whole != "0" else []
    if hundredths or not parts:
        parts.append(_count(str(hundredths), small))
    return " and ".join(parts)


def _count(number: str, unit: str) -> str:
    return f"{number} {unit if number == '1' else _MANY.get(unit, unit + 's')}"


def _phone(number: re.Match[str]) -> str:
    """Return a telephone number digit by digit; seven digits alone may also be a range, as in "500-1000 dollars"."""
    is_phone = number["area"] or number[0].startswith(_NO_NUMBERS) or _PHONE_CUE.search(number.string[: number.start()])
    return _digits(number) if is_phone else number[0]


def _digits(number: re.Match[str]) -> str:
    """Return a telephone number digit by digit, its groups apart."""
    return ", ".join(" ".join(group) for group in re.findall(r"\d+", number[0]))


_READINGS: tuple[tuple[re.Pattern[str], _Reading], ...] = (
    (re.compile(r"(?<!\w)#(?=\d)"), "number "),
    (re.compile(r"(?<!\w)\+(?=\d)"), "plus "),
    (re.compile(r"(?<=\d)\s?×\s?(?=\w)"), " times "),
    (re.compile(r"(?<![\d.,])1¢"), "1 cent"),
    (re.compile(r"(?<=\d)¢"), " cents"),
    (re.compile(r"(?<![\w$€£¥.,])(\d+(?:[.,]\d+)*)\s?([$€£¥])(?!\w)"), r"\2\1"),
    (re.compile(rf"(?<![\w.,-])(?P<sign>[$€£]){_RANGE}"), r"\g<from> to \g<sign>\g<to>"),
    (re.compile(rf"(?<![\w.,-]){_RANGE}(?<=,\d{{3}}|1000)"), r"\g<from> to \g<to>"),
    (re.compile(rf"(?<=\d)\s?/\s?(?={_RATED}\b)"), " per "),
    (re.compile(rf"(?<=\d)\s?/\s?({'|'.join(_SHORT)})\b"), lambda rate: f" per {_SHORT[rate[1]]}"),
    (re.compile(r"(?<![\w'’])(\d{1,2})['’]\s?(\d{1,2})(?:\"|”|''|’’)"), r"\1 foot \2"),
    (re.compile(r"\bapprox\."), "approximately"),
    (re.compile(r"\bext\.(?=\s?\d)"), "extension"),
    (re.compile(rf"(?<![\w$€£¥.,:/+-])(?:{_NATIONAL})(?![\w%°]|[.,:/-]\d)"), _digits),
    (re.compile(rf"(?<![\w$€£¥-]){_PHONE}(?![\w-])"), _phone),
    (re.compile(r"(?i)(?<=\b(?:call|dial|ring)\s)(?:[1-9]11|112|999)(?![\w.,-]*\w)"), _digits),
    (re.compile(r"(?<![\w/.,])24\s?/\s?7(?![\w/])"), "24 7"),
    (re.compile(r"(?<![\w/.,])(\d+)/\1(?![\w/])"), r"\1 \1"),
    (re.compile(r"(?<![\w.,])(1[1-9])00s(?!\w)"), r"\1 hundreds"),
    (re.compile(r"(?<![\w.,])(1[1-9]|20)([1-9]0)s(?!\w)"), r"\1 \2s"),
    (re.compile(rf"{_AMOUNT}(?![\d.,]*\d)(?!\s?[mb]illion)"), _money),
    (re.compile(r"(?<![\w$€£¥.,])([$€£]?)1000(?![\d.,]*\d)"), r"\g<1>1,000"),
    (re.compile(r"(?<![\w$€£¥.,])(?=[$€£]?1,\d{3}(?!,?\d)|[$€£]1\d{3}(?!,?\d))"), "one "),
)
"""In this order: what an earlier rule writes, a later one may rewrite."""
