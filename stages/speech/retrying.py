"""Calls to a server that may fail for a while: tried again, after longer and longer waits."""

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


def with_retries(call: Callable[[], Result], retries: int, generator: np.random.Generator) -> Result:
    """Return what `call` returns, tried again up to `retries` times after a `PassingFaultError`.

    Waits double from 0.5 s up to 30 s, each shortened by up to a half at random so that calls that failed together
    do not come back together; a longer wait that the server asks for is kept, up to the same 30 s.

    Raises:
        PassingFaultError: the last one, when the retries are spent.
    """
    for attempt in range(retries):
        try:
            return call()
        except PassingFaultError as fault:
            wait_s = _FIRST_WAIT_S * 2**attempt * generator.uniform(0.5, 1.0)
            time.sleep(min(max(wait_s, fault.wait_s), _LONGEST_WAIT_S))
    return call()
