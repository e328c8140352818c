"""A server in a thread of its own, on a free port of the loopback address."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from talk.serve import ServeOptions, listen
from talk.server import TalkServer


@contextmanager
def served(open_session, token: str = "", places: int = 1) -> Iterator[str]:
    """Yield host:port."""
    loop = asyncio.new_event_loop()
    with listen(ServeOptions(port=0, token=token)) as listening:
        server = TalkServer(open_session, "tiny", token, places)
        running = loop.create_task(server.run(listening))
        thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait({running})))
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            loop.call_soon_threadsafe(running.cancel)
            thread.join()
            loop.close()
