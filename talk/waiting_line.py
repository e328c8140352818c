"""Who talks and who waits: a fixed number of places, first come, first served."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from manifests.errors import RejectedError

LONGEST_LINE = 50


class WaitingLine:
    """The places of a server and the line before them, used from one event loop.

    Args:
        count: how many can be taken at once.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._line: list[asyncio.Event] = []

    @property
    def waiting(self) -> bool:
        """Whether somebody is waiting."""
        return bool(self._line)

    @asynccontextmanager
    async def taken(self, tell: Callable[[int], Awaitable[None]]) -> AsyncIterator[None]:
        """Wait for a place and hold it; cancelling while waiting leaves the line.

        Args:
            tell: called with the visitor's place in the line, 1 for the next, whenever it changes.

        Raises:
            RejectedError: ``full``: too many wait already.
        """
        if len(self._line) >= LONGEST_LINE:
            raise RejectedError("full", f"{LONGEST_LINE} people are already waiting; come back later")
        await self._wait(tell)
        try:
            yield
        finally:
            self._free += 1
            self._call()

    async def _wait(self, tell: Callable[[int], Awaitable[None]]) -> None:
        changed, told = asyncio.Event(), 0
        self._line.append(changed)
        try:
            while True:
                changed.clear()
                place = self._line.index(changed) + 1 - self._free
                if place <= 0:
                    self._free -= 1
                    return
                if place != told:
                    told = place
                    await tell(place)
                else:
                    await changed.wait()
        finally:
            self._line.remove(changed)
            self._call()

    def _call(self) -> None:
        for changed in self._line:
            changed.set()
