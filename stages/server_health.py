"""What one worker's calls to one server reveal together: it is down, or it refuses or fails every request.

A single text may be refused or take too long, and only it is lost: one call doesn't show whose fault it is.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

OUTAGES = frozenset({429, 502, 503})
"""What a server that has too much to do, or is not there behind its gateway, answers to whatever it is asked; 500 and
504 may be one text's doing."""
_PATIENCE_S = 600.0
"""Loading a large model takes minutes; anything longer needs a person to fix it."""
TELLING = 5
"""Different requests in a row without an answer: of a server that is well, so many would be rare chance."""


class ServerHealth:
    """What is known about a server. Safe to use from several threads.

    Attributes:
        answers: good ones, so far.
    """

    def __init__(self) -> None:
        self.answers = 0
        self._lock = threading.Lock()
        self._under_way = 0
        self._refused: set[object] = set()
        self._failed: set[object] = set()
        self._out_since: float | None = None

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count a call as under way."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def answered(self) -> None:
        """Note a good answer: whatever came before it was no fault of the server, or has passed."""
        with self._lock:
            self.answers += 1
            self._refused.clear()
            self._failed.clear()
            self._out_since = None

    def refuses_all(self, request: object) -> bool:
        """Note a request, of a call under way, that is refused; tell whether everything is.

        It is where five more are refused in a row than other calls are under way: a refusal comes faster than an
        answer, so those may yet be answered.
        """
        with self._lock:
            self._refused.add(request)
            return len(self._refused) >= TELLING + self._under_way - 1

    def fails_all(self, request: object) -> bool:
        """Note a request that came to nothing in any other way; tell whether five have in a row."""
        with self._lock:
            self._failed.add(request)
            return len(self._failed) >= TELLING

    def out(self) -> str:
        """Note that the server is out; return how long it has been, for a message, once that is too long."""
        now = time.monotonic()
        with self._lock:
            if self._out_since is None:
                self._out_since = now
            lasted_s = now - self._out_since
        return f"no call has been answered for {lasted_s / 60:.0f} minutes" if lasted_s >= _PATIENCE_S else ""
