"""Put the security headers on every answer, whichever part of the site gave it."""

from __future__ import annotations

import base64
import hashlib

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PERMISSIONS = ("camera", "geolocation", "microphone", "payment", "usb")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Addresses hold tokens; no other site may learn them.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _PERMISSIONS),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: RFC 6797; one year.
_STRICT_TRANSPORT = "max-age=31536000"


class SecurityHeaders:
    """Adds the headers to what the rest of the site answers, where it has none of its own."""

    def __init__(self, app: ASGIApp, *, https: bool, style: str) -> None:
        """Take the one style that pages may have in them, and whether readers come over https.

        Only then may a browser be told to insist on it.
        """
        self._app = app
        self._headers = {"Content-Security-Policy": content_security_policy(style), **_ALWAYS}
        if https:
            self._headers["Strict-Transport-Security"] = _STRICT_TRANSPORT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers added."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def content_security_policy(style: str) -> str:
    """Return the policy: nothing runs, or comes from elsewhere; nobody frames a page.

    Forms post to us alone, and only this very style, and no other, has any effect.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
