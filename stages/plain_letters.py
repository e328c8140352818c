"""Letters and digits with two spellings and one pronunciation: the rare forms become the everyday ones."""

_FULL_WIDTH = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
"""Digits, capitals and small letters, as Chinese and Japanese keyboards write them."""
_TO_ASCII = 0xFEE0

PLAIN_LETTERS = str.maketrans(
    {"ʼ": "'", "º": "°", "ª": "a"} | {chr(code): chr(code - _TO_ASCII) for code in _FULL_WIDTH}
)
"""For `str.translate`. The masculine ordinal is what keyboards offer for a degree."""
