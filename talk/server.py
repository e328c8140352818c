"""The page's server: its files, and a WebSocket through which people talk to a checkpoint, one after the other."""

import asyncio
import ipaddress
import logging
import secrets
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiohttp import WSCloseCode, WSMsgType, web

from manifests.errors import RejectedError
from talk import wire
from talk.pace import Pace
from talk.session import Session
from talk.visit import End, Visit
from talk.waiting_line import WaitingLine

logger = logging.getLogger(__name__)

PAGE: Final = Path(__file__).parent / "page"
SOCKET_PATH: Final = "/talk"
HELLO_S: Final = 10.0
HEARTBEAT_S: Final = 10.0
"""How often a page is asked whether it is still there."""
SILENT_S: Final = 20.0
"""A visitor whose turn it is and who sends nothing for so long has left. A page sends silence too."""
IDLE_S: Final = 300.0
"""Who says nothing for so long loses the place while somebody waits: a forgotten tab sends its silence for ever."""
MINDED_S: Final = 1.0
"""How often that is asked."""
_TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class TalkServer:
    """The page and its WebSocket.

    Args:
        open_session: makes a new conversation's session.
        checkpoint: what the page calls itself.
        token: what a visitor has to know; empty: nothing.
        places: conversations at once.
    """

    def __init__(self, open_session: Callable[[], Session], checkpoint: str, token: str = "", places: int = 1) -> None:
        self._open_session = open_session
        self._checkpoint = checkpoint
        self._token = token
        self._files = {
            path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in PAGE.iterdir() if path.suffix in _TYPES
        }
        self._line = WaitingLine(places)
        self._threads = ThreadPoolExecutor(places, thread_name_prefix="talk")

    async def run(self, listening: socket.socket) -> None:
        """Serve until cancelled.

        Args:
            listening: stays open.
        """
        app = web.Application()
        app.add_routes([web.get(SOCKET_PATH, self._visited), web.get("/{name:.*}", self._file)])
        app.on_response_prepare.append(_add_headers)
        # No access log: there is nothing in it that a person at the console needs.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
            self._threads.shutdown()

    async def _file(self, request: web.Request) -> web.Response:
        _check_host(request, bool(self._token))
        found = self._files.get(request.match_info["name"] or "index.html")
        if found is None:
            raise web.HTTPNotFound
        content, content_type = found
        return web.Response(body=content, content_type=content_type, charset="utf-8")

    async def _visited(self, request: web.Request) -> web.WebSocketResponse:
        _check_host(request, bool(self._token))
        page = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False, max_msg_size=2 * wire.LONGEST_BYTES)
        await page.prepare(request)
        try:
            await self._welcome(page)
            await self._attend(page)
        except ConnectionError:
            pass  # who has left needs no answer
        except RejectedError as error:
            await _refuse(request, page, error)
        except Exception:
            logger.exception("a conversation failed")
            await _refuse(request, page, RejectedError("broken", "the server failed; its console says why"))
        else:
            await page.close()
        return page

    async def _welcome(self, page: web.WebSocketResponse) -> None:
        """Read the first message.

        Raises:
            RejectedError: ``bad_message``, ``token`` or ``silent``.
        """
        try:
            async with asyncio.timeout(HELLO_S):
                hello = await _content(page)
        except TimeoutError:
            raise RejectedError("silent", f"no hello within {HELLO_S:.0f} s") from None
        match hello:
            case wire.Hello(token=token):
                if self._token and not secrets.compare_digest(token.encode(), self._token.encode()):
                    raise RejectedError("token", "the token is missing or wrong")
            case wire.Stop() | bytes():
                raise RejectedError("bad_message", "the first message must be a hello")
            case None:
                raise ConnectionResetError

    async def _attend(self, page: web.WebSocketResponse) -> None:
        """See to a visitor, from the line to the end of the conversation or to the visitor's leaving.

        Raises:
            RejectedError: what was sent can't be taken, or there is no place.
        """
        begun: asyncio.Future[Visit] = asyncio.get_running_loop().create_future()
        works = self._listen(page, begun), self._talk(page, begun), self._mind(begun)
        tasks = {asyncio.create_task(work) for work in works}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in done:
            task.result()

    async def _listen(self, page: web.WebSocketResponse, begun: asyncio.Future[Visit]) -> None:
        """Read what a visitor sends, until there is no more."""
        while True:
            match await _content(page):
                case None:
                    return
                case bytes() as sound if begun.done():
                    begun.result().hear(wire.parse_sound(sound))
                case bytes():
                    raise RejectedError("bad_message", "audio came too early: wait for ready")
                case wire.Stop() if begun.done():
                    begun.result().stop()
                case wire.Stop():
                    return
                case wire.Hello():
                    raise RejectedError("bad_message", "hello may be sent only once")

    async def _mind(self, begun: asyncio.Future[Visit]) -> None:
        """End the turn of a visitor who sends nothing, although the page answers heartbeats, or only silence."""
        visit = await asyncio.shield(begun)
        while visit.silent_s < SILENT_S:
            if self._line.waiting and visit.unspoken_s >= IDLE_S:
                raise RejectedError("idle", f"nothing was said for {IDLE_S / 60:.0f} minutes, and others are waiting")
            await asyncio.sleep(MINDED_S)
        raise RejectedError("silent", f"no audio for {SILENT_S:.0f} s")

    async def _talk(self, page: web.WebSocketResponse, begun: asyncio.Future[Visit]) -> None:
        """Wait for a place, and talk."""
        async with self._line.taken(lambda place: page.send_str(wire.queued(place))):
            session = self._open_session()
            visit = Visit(session)
            await page.send_str(wire.ready(session.sound_rate, self._checkpoint, IDLE_S))
            begun.set_result(visit)
            await self._converse(page, visit)

    async def _converse(self, page: web.WebSocketResponse, visit: Visit) -> None:
        pace = Pace()
        async with aclosing(visit.answers(self._threads)) as answers:
            async for answer in answers:
                if isinstance(answer, End):
                    await page.send_str(wire.end(answer.text, answer.events))
                    await page.send_bytes(wire.sound_bytes(answer.sound))
                else:
                    await page.send_str(wire.step_message(answer, pace.note(answer)))
                    await page.send_bytes(wire.sound_bytes(answer.played.sound))


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _check_host(request: web.Request, guarded: bool) -> None:
    """Refuse what a page of another site sends, by its origin or by a name of its own for this machine's address.

    A token lets names of a network's choice pass, as such a page can't know it.
    """
    try:
        name = urlsplit(f"//{request.host}").hostname
        origin = urlsplit(request.headers.get("Origin", f"//{request.host}")).netloc
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"no such host or origin: {error}") from error
    if origin != request.host:
        raise web.HTTPForbidden(
            text="a page from another site can't use this server; open its own. A proxy must forward the Host header"
        )
    if not guarded and not _is_loopback(name or ""):
        raise web.HTTPForbidden(
            text=f"{name} is not a name of this server; use localhost. Behind a proxy, it needs a --token"
        )


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _content(page: web.WebSocketResponse) -> wire.Hello | wire.Stop | bytes | None:
    """Return what the next message says, None where the connection is over.

    Raises:
        RejectedError: it can't be read.
    """
    message = await page.receive()
    if message.type is WSMsgType.TEXT:
        return wire.parse_text(message.data)
    if message.type is WSMsgType.BINARY:
        return bytes(message.data)
    return None


async def _refuse(request: web.Request, page: web.WebSocketResponse, error: RejectedError) -> None:
    """Say why, and close only this connection; a visitor who reads nothing is cut off without a message."""
    transport = request.transport
    if transport and transport.get_write_buffer_size() > transport.get_write_buffer_limits()[0]:
        transport.abort()
        return
    with suppress(ConnectionError):
        await page.send_str(wire.refused(error.reason, error.detail))
    await page.close(code=WSCloseCode.POLICY_VIOLATION, message=error.reason.encode())
