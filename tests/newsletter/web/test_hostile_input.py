"""Every public address, asked with hostile paths, queries, headers and forms, stays calm."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Scope

from newsletter.app import App
from newsletter.templates_folder import TemplatesFolder
from newsletter.web.desk.addresses import DESK
from newsletter.web.site import create
from subscribers.tokens import Purpose
from tests.newsletter.web.conftest import Publish, Reader, with_settings

#: In whatever is sent.
MARK = "x7q"
#: A page with one of these has not escaped what was sent, or leads where that wants.
_UNESCAPED = re.compile(rf"a[<\"']{MARK}|(?:href|src|action)=.(?:javascript:|//){MARK}".encode())
_PART = re.compile("{.*?}")
HOSTILE = (
    f"a<{MARK} onload=a>",
    f'a"{MARK}=1',
    f"a'{MARK}=1",
    f"\r\n{MARK}: injected",
    f"{{{{ {MARK} }}}}{{% {MARK} %}}",
    f"' OR 1=1; -- {MARK}",
    f"../../{MARK}",
    f"//{MARK}.example.com",
    f"javascript:{MARK}",
    f"\0{MARK}",
    f"\ud800{MARK}",
    f"\u202e{MARK}\u2028é",
    f"{'9' * 400}{MARK}",
    f"{MARK}@example.org",
    f"%0d%0a{MARK}%00",
)
HEADERS = ("X-Forwarded-For", "Origin", "Referer", "User-Agent", "Cookie", "If-None-Match",
           "If-Modified-Since", "Accept-Language", "Range", "X-Forwarded-Host")  # fmt: skip
GUARDS = {"content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"}


def names_in_the_templates() -> set[str]:
    """Return the name of every field of the public forms."""
    web = TemplatesFolder().folders[-1] / "web"
    return {"lang", "v"} | {
        name
        for page in web.glob("*.html")
        for name in re.findall(r'name="(\w+)"', page.read_text(encoding="utf-8"))
    }


def requests_to(route: Route, tokens: list[str]) -> Iterator[tuple[str, str, str, bytes, str]]:
    """Yield method, path, query, body and header value: one hostile value everywhere at a time."""
    fields = sorted(names_in_the_templates())
    for value in HOSTILE:
        nonsense = dict.fromkeys(fields, value)
        plausible = nonsense | {"answer": "ja", "email": "kim@example.org", "language": "sv"}
        query, *bodies = (
            urlencode(each, errors="surrogatepass") for each in (nonsense, nonsense, plausible)
        )
        for part in [value, *tokens] if "{" in route.path else [""]:
            path = _PART.sub(lambda _, part=part: part, route.path)  # type: ignore[misc]
            yield "GET", path, query, b"", value
            for body in bodies:
                yield "POST", path, query, body.encode(), value


async def ask(
    site: ASGIApp, method: str, path: str, query: str, body: bytes, value: str
) -> tuple[int, dict[str, str], bytes]:
    sent = value.encode("utf-8", "surrogatepass")
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
        "method": method, "path": path, "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": query.encode(), "client": ("127.0.0.1", 1), "server": None,
        "headers": [
            (b"host", b"localhost"), (b"content-type", b"application/x-www-form-urlencoded"),
            *((name.lower().encode(), sent) for name in HEADERS),
        ],
    }  # fmt: skip
    status, headers, page = 0, {}, bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {name.decode(): text.decode("latin-1") for name, text in message["headers"]}
        page.extend(message.get("body", b""))

    await site(scope, receive, send)
    return status, headers, bytes(page)


async def test_nothing_hostile_breaks_a_page_comes_back_raw_or_reaches_a_log(
    app: App, reader: Reader, publish: Publish, caplog: pytest.LogCaptureFixture
) -> None:
    publish()
    caplog.set_level(logging.DEBUG, "newsletter")
    site = create(with_settings(app, signups_per_hour=100_000))
    tokens = [reader.token(purpose) for purpose in Purpose]
    asked = 0

    for route in site.routes:
        assert isinstance(route, Route)
        if route.path.startswith(DESK):
            continue
        for method, path, query, body, value in requests_to(route, tokens):
            status, headers, page = await ask(site, method, path, query, body, value)
            asked += 1
            where = (method, path, value)
            assert 200 <= status < 500, where
            assert set(headers) >= GUARDS, where
            assert "location" not in headers, where
            assert not any("\r" in each or "\n" in each for each in headers.values()), where
            assert MARK not in "".join(headers.values()), where
            if headers.get("content-type", "").startswith("text/"):
                assert not _UNESCAPED.search(page), where

    written = [record.getMessage() for record in caplog.records]
    assert asked > 1000
    assert len(written) >= asked
    assert not [line for line in written if MARK in line or "\n" in line or "example" in line]
