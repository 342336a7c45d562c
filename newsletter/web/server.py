"""Answer with the site: take the port first, then serve until told to stop."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import anyio.to_thread
import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.app import App
from newsletter.errors import ListeningError
from newsletter.web.limits import LARGEST_HEADERS, LONGEST_CONNECTION, MOST_CONNECTIONS
from newsletter.web.site import create

#: Seconds that answers under way get when the server is told to stop.
_LAST_ANSWERS = 10
#: Requests that are worked on at a time: as many as the database has connections for.
_THREADS = 12


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections; port 0 takes any free port.

    Raises UsageError: the port is taken, or the host is not an address of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ListeningError(
            "Cannot listen on {host}, port {port} ({cause}). No page is served. "
            "Stop the program that holds the port, or choose another: "
            "newsletter serve --port NUMBER",
            host=host,
            port=port,
            cause=error.strerror or str(error),
        ) from error
    return listener


def serve(
    app: App,
    listener: socket.socket,
    *,
    when_ready: Callable[[], None],
    in_maintenance: bool = False,
) -> None:
    """Serve the site on a socket from `listen` until SIGTERM or Ctrl-C; answers under way finish.

    `when_ready` is called once it answers; `in_maintenance` as in `site.create`. The program's own
    clean-up runs afterwards: the signal does not end it.
    """
    _server(app, listener, when_ready, in_maintenance=in_maintenance).run(sockets=[listener])


@contextmanager
def running(app: App, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve the site from a thread meanwhile; gives its address, once it answers.

    Raises ListeningError: as `listen`.
    """
    listener = listen(host, port)
    ready = threading.Event()
    server = _server(app, listener, ready.set)

    def run() -> None:
        try:
            server.run(sockets=[listener])
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="web server", daemon=True)
    thread.start()
    try:
        ready.wait()
        yield address_of(listener)
    finally:
        server.should_exit = True
        thread.join()


def address_of(listener: socket.socket) -> str:
    """Return where a browser on this machine finds the site, as "http://127.0.0.1:8025"."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(
    app: App,
    listener: socket.socket,
    when_ready: Callable[[], None],
    *,
    in_maintenance: bool = False,
) -> _Server:
    config = uvicorn.Config(
        create(app, listening=listener.getsockname()[0], in_maintenance=in_maintenance),
        http=_Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        # Its lines would hold tokens; `request_log` writes ours.
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=LARGEST_HEADERS,
        timeout_graceful_shutdown=_LAST_ANSWERS,
    )
    return _Server(config, when_ready)


class _Server(uvicorn.Server):
    """Tells when it answers, and ends without raising the signal that ended it."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        await super().startup(sockets)
        self._when_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn would note the signal here and raise it again at the end: exit code 143, not 0.
        self.force_exit = self.should_exit
        self.should_exit = True


class _Connection(H11Protocol):
    """Does not wait for ever for somebody who sends a header a byte at a time."""

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # `shutdown` lets an answer under way finish, and takes no further request.
        self._end = self.loop.call_later(LONGEST_CONNECTION, self._end_it)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def _end_it(self) -> None:
        try:
            self.shutdown()
        except h11.LocalProtocolError:
            # In the middle of something that is no HTTP.
            self.transport.close()
