"""A web server on loopback that answers as told, reached under names of the open internet."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from newsletter.fetching import Fetcher

#: A public address, which nothing in the tests ever connects to.
PUBLIC = "93.184.216.34"
ROBOT = "newsletter/1 (+https://nyhetsbrev.example.org; redaktionen@example.org)"


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html"})
    #: Called instead, with the open connection.
    act: Callable[[socket.socket], None] | None = None


class WebServer:
    """Answers by path; remembers what it was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.names: dict[str, list[str]] = {}
        self.resolved: list[str] = []
        self.connected: list[str] = []
        self.waited: list[float] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fetcher(self, **changes: Any) -> Fetcher:
        """Return a fetcher as production has it, but for where connections end."""
        world: dict[str, Any] = {
            "user_agent": ROBOT,
            "resolve": self._resolve,
            "connect": self._connect,
            "wait": self.waited.append,
        }
        return Fetcher(**(world | changes))

    def _resolve(self, host: str, port: int) -> list[str]:
        self.resolved.append(host)
        return self.names.get(host, [PUBLIC])

    def _connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append(address)
        return socket.create_connection(("127.0.0.1", self._server.server_port), seconds)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.headers["Host"], self.path))
                outer.headers.append(dict(self.headers.items()))
                answer = outer.answers.get(self.path, Answer(status=404))
                if answer.act is not None:
                    answer.act(self.connection)
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *args: object) -> None:
                pass

        return Handler


@contextmanager
def web_server(tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    server = WebServer(tls)
    try:
        yield server
    finally:
        server.close()
