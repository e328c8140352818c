"""Retries of calls to a server that may fail for a while, after longer and longer waits."""

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

Result = TypeVar("Result")

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0


class PassingFaultError(Exception):
    """A fault that may be gone the next time.

    Args:
        what: was seen.
        wait_s: how long the server asks to be left alone (``Retry-After``), in seconds.
    """

    def __init__(self, what: str, wait_s: float = 0.0) -> None:
        super().__init__(what)
        self.wait_s = wait_s


def with_retries(
    call: Callable[[], Result],
    retries: int,
    rng: np.random.Generator,
    is_outage: Callable[[PassingFaultError], bool],
) -> Result:
    """Return what `call` returns, tried again up to `retries` times after a `PassingFaultError`.

    Waits double from 0.5 s up to 30 s, each shortened by up to a half at random so that calls that failed together
    do not come back together; a longer wait that the server asks for is kept, up to the same 30 s.

    Args:
        is_outage: tells of each fault whether it is an outage's: then the call is tried again, and no retry is spent;
            may raise what gives the call up.

    Raises:
        PassingFaultError: the last one, when the retries are spent.
    """
    failures, most_s = 0, _FIRST_WAIT_S
    while True:
        try:
            return call()
        except PassingFaultError as fault:
            failures += not is_outage(fault)
            if failures > retries:
                raise
            time.sleep(min(max(most_s * rng.uniform(0.5, 1.0), fault.wait_s), _LONGEST_WAIT_S))
            most_s = min(2 * most_s, _LONGEST_WAIT_S)
