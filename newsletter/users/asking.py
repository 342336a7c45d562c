"""Ask the organisation's sign-in something: every request is short, its answer small.

The address stands in the settings, so it may be one in our own network; no redirect is followed.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import httpx2
from authlib.integrations.base_client.errors import OAuthError

from newsletter.users.errand import ProviderError, UnprovenError

#: Seconds and bytes of one request; the metadata of providers have some 5 KB, their keys too.
SECONDS: Final = 5.0
LARGEST_ANSWER: Final = 256 * 1024


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates this machine trusts: an authority may have its own."""
    return ssl.create_default_context()


class ShortAndSmall(httpx2.BaseTransport):
    """Gives every request a deadline and its answer a largest size."""

    def __init__(self) -> None:
        self._inner = httpx2.HTTPTransport(verify=_trusted())

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the whole answer. Raises httpx2.HTTPError: there is none, or too much of it."""
        deadline = time.monotonic() + SECONDS
        request.headers["Accept-Encoding"] = "identity"
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
        answer = self._inner.handle_request(request)
        body = b""
        try:
            for part in answer.iter_raw():
                body += part
                if len(body) > LARGEST_ANSWER or time.monotonic() > deadline:
                    raise httpx2.ReadError(message="too large or too slow", request=request)
        finally:
            answer.close()
        return httpx2.Response(answer.status_code, headers=answer.headers, content=body)

    def close(self) -> None:
        """Let go of the connection."""
        self._inner.close()


def told(ask: Callable[..., httpx2.Response], url: str, **values: Any) -> dict[str, Any]:
    """Return the object that is answered with. Raises ProviderError."""
    answer = asked(ask, url, **values)
    try:
        answer.raise_for_status()
        found = answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise ProviderError(why=f"{url} answered {answer.status_code}") from error
    if not isinstance(found, dict):
        raise ProviderError(why=f"{url} answered with something else than an object")
    return found


def asked(ask: Callable[..., Any], url: str, **values: Any) -> Any:
    """Return what is answered. Raises ProviderError: nothing; UnprovenError: a refusal."""
    try:
        return ask(url, **values)
    except httpx2.HTTPError as error:
        raise ProviderError(why=f"{url}: {type(error).__name__} {error}") from error
    except (OAuthError, ValueError) as error:
        raise UnprovenError(why=f"{url}: {error}") from error
