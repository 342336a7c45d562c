"""Log what was asked for and how it went: no tokens, no addresses, nothing about who asked."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("newsletter.web")


class RequestLog:
    """Writes one line for each request."""

    def __init__(self, app: ASGIApp, *, first_parts: Collection[str]) -> None:
        """Take the first parts of the paths we have; anything else is logged as unknown."""
        self._app = app
        self._first_parts = first_parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0
        began = time.monotonic()

        async def send_noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            milliseconds = (time.monotonic() - began) * 1000
            method = scope["method"] if scope["method"] in _METHODS else "?"
            log.info("%s %s %d %.0f ms", method, self._place(scope["path"]), status, milliseconds)

    def _place(self, path: str) -> str:
        first, slash, rest = path.removeprefix("/").partition("/")
        if first not in self._first_parts:
            return "(unknown)"
        return f"/{first}/…" if slash and rest else f"/{first}"


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
