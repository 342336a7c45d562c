"""What a web server answers: read whole or not at all, and not a byte more than it may have."""

from __future__ import annotations

import http.client
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from newsletter.fetching.errors import (
    FetchError,
    ForbiddenAddressError,
    StatusError,
    UnreachableError,
    UnwelcomeError,
)

_BUSY = (429, 503)
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a server gave."""

    #: Where it was in the end, redirects followed.
    url: str
    content: bytes
    #: "text/html", …
    media_type: str


def whole(
    answer: http.client.HTTPResponse,
    url: str,
    *,
    kinds: frozenset[str],
    largest: int,
    deadline: float,
) -> Fetched:
    """Return a page of one of some media types; raises FetchError, StatusError, UnwelcomeError.

    `largest` is in bytes, also after decompression; `deadline` a time of time.monotonic().
    """
    _see_status(answer, url)
    media_type = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if media_type not in kinds:
        raise FetchError(
            "{url} is of the kind {kind}, which cannot be read. Nothing was fetched. Use the "
            "address of the page with the news, or of its feed.",
            url=url,
            kind=media_type or "–",
        )
    content = b"".join(_parts(answer, url, largest=largest))
    if time.monotonic() >= deadline:
        raise broken_off(urlsplit(url).hostname or "", deadline)
    return Fetched(url=url, content=content, media_type=media_type)


def _see_status(answer: http.client.HTTPResponse, url: str) -> None:
    if answer.status == http.client.OK:
        return
    if answer.status in _BUSY:
        raise UnwelcomeError(
            "{url} asks to be left alone for a while ({after}). Nothing was fetched. "
            "Try again later.",
            url=url,
            after=_after(answer.getheader("Retry-After") or ""),
        )
    raise StatusError(
        "{url} answers {status}, not with a page. Nothing was fetched. Open it in your browser: "
        "does it show the page without signing in?",
        url=url,
        status=answer.status,
    )


def _after(words: str) -> str:
    return f"{words} s" if words.isdecimal() and len(words) < 8 else words[:40] or "–"


def _parts(answer: http.client.HTTPResponse, url: str, *, largest: int) -> Iterator[bytes]:
    """Yield the body, unpacked, and not a byte more than it may have."""
    packed_as = (answer.getheader("Content-Encoding") or "identity").strip().lower()
    if packed_as not in ("identity", "gzip", "x-gzip"):
        raise FetchError(
            "{url} is packed as {kind}, which was not asked for. Nothing was fetched. Save the "
            "page in your browser and import the file.",
            url=url,
            kind=packed_as[:40],
        )
    unpack = zlib.decompressobj(wbits=31) if packed_as != "identity" else None
    size = 0
    while chunk := answer.read(_CHUNK):
        try:
            part = unpack.decompress(chunk, largest + 1 - size) if unpack else chunk
        except zlib.error as error:
            raise http.client.HTTPException("broken gzip") from error
        size += len(part)
        if size > largest:
            raise FetchError(
                "{url} is larger than {n} MB. Nothing was fetched. Use the address of the page "
                "with the news, or of its feed.",
                url=url,
                n=largest // 1024**2,
            )
        yield part
    if answer.length or (unpack and not unpack.eof):
        raise http.client.HTTPException("less than it said")


def redirected(url: str, location: str) -> str:
    """Return where a page is redirected to (RFC 9110, 10.2.2).

    Raises FetchError: to nowhere; ForbiddenAddressError: away from https.
    """
    if not location:
        raise FetchError(
            "{url} is redirected to nowhere. Nothing was fetched. Open it in your browser and use "
            "the address it ends at.",
            url=url,
        )
    try:
        onward = urljoin(url, location)
        schemes = urlsplit(url).scheme, urlsplit(onward).scheme
    except ValueError:
        onward, schemes = location, ("", "")
    if schemes == ("https", "http"):
        raise ForbiddenAddressError(
            "{url} leads on to a page that is not protected (http://). Nothing was fetched. Open "
            "it in your browser and use the address it ends at.",
            url=url,
        )
    return onward


def broken_off(host: str, deadline: float) -> UnreachableError:
    """Return what to say of a connection that ended, or of a deadline that is over."""
    if time.monotonic() >= deadline:
        return UnreachableError(
            "{host} takes too long to answer. Nothing was fetched. Try again later, or save the "
            "page in your browser and import the file.",
            host=host,
        )
    return UnreachableError(
        "The connection to {host} broke off. Nothing was fetched. Try again later, or save the "
        "page in your browser and import the file.",
        host=host,
    )
