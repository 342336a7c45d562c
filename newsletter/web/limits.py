"""Refuse what no reader sends: other hosts' names, large bodies, bodies that never end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.app import App
from newsletter.web.desk.addresses import DESK

#: Bytes of a request body; a one-click POST has 26.
LARGEST_BODY = 64 * 1024
#: Bytes of what an editor sends: a picture of ten megabytes, or a page as it was saved.
LARGEST_AT_THE_DESK = 12 * 1024 * 1024
#: Seconds a request may take to send its body.
SLOWEST_BODY = 10.0
SLOWEST_AT_THE_DESK = 50.0
#: Bytes of a request before its body: line and headers.
LARGEST_HEADERS = 16 * 1024
#: Seconds a connection lives, however it dawdles; readers' browsers simply open another.
LONGEST_CONNECTION = 60.0
#: Connections at a time; beyond them the server answers 503 at once.
MOST_CONNECTIONS = 500
_LOOPBACK = ("127.0.0.1", "[::1]", "localhost")


def hosts_of(app: App, *, listening: str | None = None) -> frozenset[str]:
    """Return the names the site answers to: its public one, the one it listens on, this machine."""
    settings = app.settings
    address = listening or settings.listen_host
    own = f"[{address}]" if ":" in address else address
    public = settings.base_url.partition("://")[2].partition("/")[0]
    return frozenset({_name_in(public), own.lower(), *_LOOPBACK})


class Limits:
    """Lets through only requests for our own hosts, with bodies of sensible size and speed."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str],
        refuse: Callable[[Request, int], Response],
    ) -> None:
        """Take the hosts without ports, and what makes a page out of a status."""
        self._app = app
        self._hosts = hosts
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        at_the_desk = scope["path"].startswith(DESK + "/")
        largest = LARGEST_AT_THE_DESK if at_the_desk else LARGEST_BODY
        slowest = SLOWEST_AT_THE_DESK if at_the_desk else SLOWEST_BODY
        refusal = self._refusal(Headers(scope=scope), largest)
        if refusal is not None:
            await self._refuse(Request(scope), refusal)(scope, receive, send)
            return
        deadline = asyncio.get_running_loop().time() + slowest
        seen = 0

        async def receive_limited() -> Message:
            nonlocal seen
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            seen += len(message.get("body", b""))
            if seen > largest:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_limited, send)

    def _refusal(self, headers: Headers, largest: int) -> int | None:
        if _name_in(headers.get("host", "")) not in self._hosts:
            return 400
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return 400
        # Before anything is read: nobody needs to send what will be refused.
        return 413 if len(length) > 9 or int(length) > largest else None


def _name_in(host: str) -> str:
    """Return the host without its port, lower case.

    >>> _name_in("Nyhetsbrev.Example.org:443"), _name_in("[::1]:8025"), _name_in("example.org.")
    ('nyhetsbrev.example.org', '[::1]', 'example.org')
    """
    name, colon, port = host.rpartition(":")
    if not colon or (host.startswith("[") and host.endswith("]")) or not port.isdigit():
        name = host
    return name.lower().removesuffix(".")
