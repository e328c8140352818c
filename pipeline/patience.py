"""How long network and storage faults are waited out."""

from collections.abc import Iterator

PATIENCE_S = 600.0
"""In all, for one task: outages of object storage and of networks mostly last minutes."""
_FIRST_S = 2.0
_LONGEST_S = 30.0


def rests() -> Iterator[float]:
    """Yield how many seconds to rest after each fault in a row, twice as long each time up to a limit, to the end."""
    left_s, rest_s = PATIENCE_S, _FIRST_S
    while left_s > 0:
        yield min(rest_s, left_s)
        left_s -= rest_s
        rest_s = min(2 * rest_s, _LONGEST_S)
