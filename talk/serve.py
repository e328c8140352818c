"""`build-corpus talk --serve`: a web page where people talk to a checkpoint; its address, and who may reach it."""

import asyncio
import errno
import ipaddress
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from manifests.errors import BuildError
from talk.server import TalkServer
from talk.talker import TalkOptions, open_talker

SHORTEST_TOKEN: Final = 16


@dataclass(frozen=True)
class ServeOptions:
    """Where the page is served, and to whom.

    Attributes:
        host: name or address; any but a loopback one needs a token.
        port: 0: any that is free.
        token: what a visitor has to know; empty: nothing.
        places: conversations at once; each has the machine's cores to share with the others.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""
    places: int = 1


def serve_page(console: Console, checkpoint: Path, options: TalkOptions, seed: int, serve: ServeOptions) -> None:
    """Serve the page until Ctrl-C; every conversation draws from the same seed.

    Raises:
        BuildError: the checkpoint can't talk, the port is not available, or the host needs a token.
    """
    with listen(serve) as listening:
        talker = open_talker(checkpoint, options)
        name = "/".join(checkpoint.resolve().parts[-2:])
        server = TalkServer(lambda: talker.session(seed), name, serve.token, serve.places)
        host, port = listening.getsockname()[:2]
        lines = [*talker.remarks, f"talk at {addresses(host, port)} ; Ctrl-C ends it"]
        if serve.token:
            lines.append(
                "the page asks for the token. Browsers allow the microphone only on https and localhost: from another "
                f"machine, use a tunnel, `ssh -L {port}:localhost:{port} HOST`, or a TLS proxy"
            )
        for line in lines:
            console.print(line, highlight=False, soft_wrap=True, markup=False)
        with suppress(KeyboardInterrupt):
            asyncio.run(server.run(listening))


def addresses(host: str, port: int) -> str:
    """Return the page's address; for a server on all addresses, localhost and this machine's name."""
    if ipaddress.ip_address(host).is_unspecified:
        return f"http://localhost:{port}/ or, from other machines, http://{socket.gethostname()}:{port}/"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def listen(serve: ServeOptions) -> socket.socket:
    """Return a socket that listens where the options say.

    Raises:
        BuildError: the port is taken or not allowed, the host doesn't exist, or others can reach it and there is no
            good token.
    """
    try:
        family, *_, address = socket.getaddrinfo(serve.host, serve.port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise BuildError(
            f"--host {serve.host} is not an address of this machine ({error}); 127.0.0.1 always is"
        ) from error
    if not ipaddress.ip_address(address[0]).is_loopback and not serve.token:
        raise BuildError(f"--host {serve.host} lets others use this machine: give --token too, or omit --host")
    if serve.token and len(serve.token) < SHORTEST_TOKEN:
        raise BuildError(
            f"--token has {len(serve.token)} characters, but needs at least {SHORTEST_TOKEN} to be hard to guess: "
            'python -c "import secrets; print(secrets.token_urlsafe())" makes one'
        )
    try:
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        way_out = "give another --host or --port"
        if error.errno == errno.EADDRINUSE:
            way_out = (
                "another build-corpus talk --serve may be using it: stop that one, or give another --port (0: any free "
                "one)"
            )
        reason = os.strerror(error.errno or 0)
        raise BuildError(f"port {serve.port} of {serve.host} is not available ({reason}); {way_out}") from error
