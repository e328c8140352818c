"""CosyVoice's FastAPI server as seen from outside: forms in, a chunked stream of bare 16-bit PCM out."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import numpy as np


class CosyVoiceServer(ThreadingHTTPServer):
    """Answers with `speech`; each fault of `faults` befalls one call before that.

    A fault is a status, or ``empty`` (200 and nothing: the model failed before its first sound), ``odd`` (a last
    byte without its other half), ``dies`` (the connection is cut after the first chunk), ``stalls``, ``page``
    (HTML) or ``wav``.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.speech = np.zeros(0, np.int16)
        self.faults: list[int | str] = []
        self.requests: list[dict] = []
        self.hold_s = 0.0
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()
        self.released = threading.Event()

    def handle_error(self, *_: object) -> None:
        """A client that has given up waiting is no news."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving() -> Iterator[CosyVoiceServer]:
    server = CosyVoiceServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: CosyVoiceServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        form = self._form(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            self.server.requests.append({"path": self.path, "key": self.headers["authorization"], **form})
            fault = self.server.faults.pop(0) if self.server.faults else None
            self.server.in_flight += 1
            self.server.most_in_flight = max(self.server.most_in_flight, self.server.in_flight)
        self.server.released.wait(self.server.hold_s)
        try:
            self._answer(fault)
        finally:
            with self.server.lock:
                self.server.in_flight -= 1

    def _form(self, body: bytes) -> dict:
        kind = self.headers["content-type"]
        if kind == "application/x-www-form-urlencoded":
            return {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
        message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
        fields = {}
        for part in message.get_payload():
            content = part.get_payload(decode=True)
            fields[part.get_param("name", header="content-disposition")] = (
                (part.get_filename(), content) if part.get_filename() else content.decode()
            )
        return fields

    def _answer(self, fault: int | str | None) -> None:
        if isinstance(fault, int):
            self.send_response(fault)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        self.send_response(200)
        if fault == "page":
            self.send_header("content-type", "text/html")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        pcm = self.server.speech.astype("<i2").tobytes()
        if fault == "odd":
            pcm = pcm[:-1]
        if fault == "wav":
            pcm = b"RIFF" + pcm
        if fault == "stalls":
            self.server.released.wait(5)
        if fault in ("empty", "stalls"):
            pcm = b""
        for number, start in enumerate(range(0, len(pcm), 16_000)):
            chunk = pcm[start : start + 16_000]
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            if fault == "dies" and number == 0:
                self.close_connection = True
                return
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        pass
