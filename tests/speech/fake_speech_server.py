"""A server of `/v1/audio/speech`, over a real socket."""

import contextlib
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import soundfile

RATE = 24000


def wav(samples: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


class SpeechServer(ThreadingHTTPServer):
    """Answers every POST with `status` and `body`, after `failures` answers of `fault` and `breaks` that break off.

    With `trickle_s` a body goes out byte by byte, with such waits in between. While there are `answers`, each is the
    body of one call. After so many requests as `last_request` the server is gone: it closes its socket.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body, self.failures, self.delay_s = 200, b"", 0, 0.0
        self.withheld, self.breaks, self.fault = 0, 0, 500
        self.kind = self.retry_after = self.encoding = ""
        self.trickle_s = 0.0
        self.last_request: int | None = None
        self.answers: list[bytes] = []
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()
        self.requests: list[dict] = []
        self.keys: list[str | None] = []
        self.released = threading.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: SpeechServer

    def do_POST(self) -> None:
        if len(self.server.requests) + 1 == self.server.last_request:
            self.server.socket.close()
        asked = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append({"path": self.path, **json.loads(asked)})
        self.server.keys.append(self.headers["authorization"])
        with self.server.lock:
            self.server.in_flight += 1
            self.server.most_in_flight = max(self.server.most_in_flight, self.server.in_flight)
        self.server.released.wait(self.server.delay_s)
        with self.server.lock:
            self.server.in_flight -= 1
        status = self.server.status
        body = self.server.answers.pop(0) if self.server.answers else self.server.body
        if self.server.failures:
            self.server.failures -= 1
            status, body = self.server.fault, b"{}"
        withheld = self.server.withheld
        if self.server.breaks:
            self.server.breaks -= 1
            withheld = 1000
        self.send_response(status)
        self.send_header("content-length", str(len(body) + withheld))
        named = ("content-type", self.server.kind), ("retry-after", self.server.retry_after)
        for name, value in (*named, ("content-encoding", self.server.encoding)):
            if value:
                self.send_header(name, value)
        self.end_headers()
        if not self.server.trickle_s:
            self.wfile.write(body)
            return
        for byte in body:
            if self.server.released.wait(self.server.trickle_s):
                return
            with contextlib.suppress(OSError):  # the client has given up waiting
                self.wfile.write(bytes([byte]))

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(server: SpeechServer) -> Iterator[SpeechServer]:
    """Answer in a thread until the block ends."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
