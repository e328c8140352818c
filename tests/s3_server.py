"""Object storage as a driver meets it: moto speaks S3 over a real socket, and may turn everyone away or be gone."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

BUCKET = "bucket"
EXPIRED = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"


@dataclass
class S3Server:
    """A server with an empty bucket.

    Attributes:
        files: the driver, for a test's own objects.
        vanish: makes the server refuse connections from then on.
        token_expired: it turns every request away from then on.
        sent_bytes: of objects and listings, that it has answered with.
    """

    files: Any
    vanish: Callable[[], None]
    token_expired: bool = False
    sent_bytes: int = 0


@contextmanager
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """Serve S3 to whatever asks fsspec for ``s3://`` while this lasts; the driver tries every call once."""
    import s3fs
    from moto.backends import get_backend
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Silent(WSGIRequestHandler):
        def log(self, *_: object) -> None:
            pass

    moto = DomainDispatcherApplication(create_backend_app)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def counting(status: str, headers: list[tuple[str, str]], *rest: object) -> Any:
            if environ["REQUEST_METHOD"] == "GET":
                server.sent_bytes += int(dict(headers).get("Content-Length", 0))
            return start_response(status, headers, *rest)

        if not server.token_expired:
            return moto(environ, counting)
        start_response("400 Bad Request", [("Content-Type", "application/xml")])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [EXPIRED]

    def vanish() -> None:
        listening.shutdown()
        thread.join()
        listening.server_close()

    get_backend("s3").reset()
    listening = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{listening.server_port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    server = S3Server(s3fs.S3FileSystem(), vanish)
    server.files.call_s3("create_bucket", Bucket=BUCKET)
    try:
        yield server
    finally:
        vanish()
        s3fs.S3FileSystem.clear_instance_cache()
