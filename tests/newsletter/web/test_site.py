"""What holds for every answer of the site, whichever part gives it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from newsletter import sqlite
from newsletter.app import App
from newsletter.database import Database
from newsletter.templates_folder import TemplatesFolder
from newsletter.web import limits
from newsletter.web.limits import LARGEST_BODY
from newsletter.web.site import create
from subscribers.models import SubscriptionState
from subscribers.tokens import Purpose
from tests.newsletter.web.conftest import (
    Publish,
    Reader,
    client_of,
    everything_in,
    with_settings,
)

#: But for the style, which the pages have in them.
POLICY = (
    r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; img-src 'self'; form-action 'self'; "
    r"base-uri 'none'; frame-ancestors 'none'"
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE")
PATHS = (
    "/",
    "/nyhetsbrev",
    "/nyhetsbrev/2017-02",
    "/nyhetsbrev/2017-09",
    "/personuppgifter",
    "/tillganglighet",
    "/bilder/x.png",
    "/avsluta/x",
    "/angra/x",
    "/bekrafta/x",
    "/ny-adress/x",
    "/gammal-adress/x",
    "/mina-uppgifter/x",
    "/nyhetsbrev/feed.xml",
    "/nyhetsbrev/prenumerera",
    "/nyhetsbrev/ny-lank/x",
    "/nyhetsbrev/installningar/x",
    "/nyhetsbrev/installningar/x/adress",
    "/nyhetsbrev/installningar/x/uppgifter",
    "/nyhetsbrev/installningar/x/radera",
    "/kontakt",
    "/avsluta/",
    "/nyhetsbrev/",
    "/health",
    "/style.css",
    "/robots.txt",
    "/favicon.ico",
    "/api/openapi.json",
    "/api/issues",
    "/api/subscriptions",
    "/api/no-such-thing",
    "/no/such/page",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_guarded_and_leads_nowhere(
    app: App, client: TestClient, publish: Publish, path: str
) -> None:
    publish()
    before = everything_in(app.database)

    answers = [client.request(method, path) for method in METHODS]

    for answer in answers:
        assert re.fullmatch(POLICY, answer.headers["content-security-policy"])
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert "permissions-policy" in answer.headers
        assert "cross-origin-opener-policy" in answer.headers
        assert "cross-origin-resource-policy" in answer.headers
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
        assert answer.status_code in {200, 204, 400, 404, 405, 415, 422}
    assert everything_in(app.database) == before


def test_browsers_are_held_to_https_only_where_there_is_https(app: App) -> None:
    with client_of(with_settings(app, base_url="http://127.0.0.1:8025")) as client:
        assert "strict-transport-security" not in client.get("/health").headers


def test_pages_behind_a_readers_link_are_kept_by_nobody(client: TestClient, reader: Reader) -> None:
    for path in (reader.link, f"/angra/{reader.token(Purpose.UNDO)}", "/avsluta/x"):
        for answer in (client.get(path), client.post(path, data={"answer": "ja"})):
            assert answer.headers["cache-control"] == "no-store"
            assert "noindex" in answer.headers["x-robots-tag"]


@pytest.mark.parametrize(
    "host",
    ["nyhetsbrev.example.org", "NYHETSBREV.example.org:443", "127.0.0.1:8025", "[::1]:8025",
     "localhost"],
)  # fmt: skip
def test_our_own_names_are_answered_to(client: TestClient, host: str) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["example.com", "nyhetsbrev.example.org.example.com", "", "a:b:c"])
def test_other_names_are_refused_without_being_repeated(client: TestClient, host: str) -> None:
    answer = client.get("/nyhetsbrev", headers={"Host": host})

    assert answer.status_code == 400
    assert "example.com" not in answer.text


def test_a_large_body_is_refused(client: TestClient, reader: Reader) -> None:
    body = b"answer=ja&x=" + b"x" * LARGEST_BODY

    def in_pieces() -> Any:
        yield body[:1000]
        yield body[1000:]

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    declared = client.post(reader.link, content=body, headers=headers)
    undeclared = client.post(reader.link, content=in_pieces(), headers=headers)

    for answer in (declared, undeclared):
        assert answer.status_code == 413
        assert "Det var för mycket att ta emot" in answer.text
        assert "content-security-policy" in answer.headers
    assert "Vill du avsluta?" in client.get(reader.link).text


async def test_a_body_that_never_ends_is_given_up(
    app: App, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SLOWEST_BODY", 0.01)
    headers = [(b"host", b"localhost"), (b"content-type", b"application/x-www-form-urlencoded")]

    status, page = await ask(app, reader.link, method="POST", headers=headers, body=None)

    assert status == 408
    assert "Vi förstod inte det som skickades" in page.decode()
    assert reader.state is SubscriptionState.ACTIVE


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "9" * 400])
async def test_a_length_that_is_none_is_refused(app: App, length: str) -> None:
    headers = [(b"host", b"localhost"), (b"content-length", length.encode("latin-1", "replace"))]

    status, _ = await ask(app, "/health", headers=headers)

    assert status in {400, 413}


def test_a_method_that_is_not_offered_says_which_are(client: TestClient, reader: Reader) -> None:
    answer = client.put(reader.link)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert "Det går inte att göra här" in answer.text


def test_pages_that_say_no_speak_the_language_that_was_asked_for(client: TestClient) -> None:
    page = client.get("/no/such/page?lang=en")

    assert page.status_code == 404
    assert '<html lang="en"' in page.text
    assert "<h1>The page does not exist</h1>" in page.text
    assert 'href="/nyhetsbrev?lang=en"' in page.text


def test_a_mistake_of_ours_is_a_calm_page_with_a_number_that_is_in_the_log(
    app: App, reader: Reader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "unsubscribe.html").write_text("{{ {}[masked_address] }}")

    with (
        caplog.at_level(logging.INFO, logger="newsletter"),
        client_of(replace(app, templates=TemplatesFolder(tmp_path))) as client,
    ):
        answer = client.get(reader.link)

    assert answer.status_code == 500
    assert "<h1>Något gick fel hos oss</h1>" in answer.text
    assert "Din prenumeration är inte ändrad" in answer.text
    assert "Traceback" not in answer.text
    assert "dict object" not in answer.text
    reference = re.search(r"fel (2026-1120-[0-9a-f]{4})", answer.text)
    assert reference
    assert reference[1] in caplog.text
    assert "UndefinedError at " in caplog.text
    # What was at hand may be personal; only kind and place of the mistake are logged.
    assert "example.org" not in caplog.text


def test_even_a_broken_error_page_is_answered_in_words(app: App, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "layout.html").write_text("{% broken %}")

    with client_of(replace(app, templates=TemplatesFolder(tmp_path))) as client:
        answer = client.get("/nyhetsbrev")

    assert answer.status_code == 500
    assert "Fel hos oss." in answer.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("path", ["/nyhetsbrev", "/angra/{token}", "/nyhetsbrev/2017-02"])
def test_a_database_that_is_gone_changes_nothing_and_says_so(
    app: App, reader: Reader, path: str
) -> None:
    gone = Database("postgresql://127.0.0.1:1/gone?connect_timeout=2")

    with client_of(replace(app, database=gone)) as client:
        target = path.format(token=reader.token(Purpose.UNDO))
        answers = [client.get(target)]
        if "angra" in path:
            answers.append(client.post(target, data={"answer": "ja"}))
        health = client.get("/health")
    gone.close()

    for answer in answers:
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"
        assert "<h1>Något gick fel hos oss</h1>" in answer.text
        assert "Din prenumeration är inte ändrad" in answer.text
        assert "127.0.0.1" not in answer.text
    assert health.status_code == 503
    assert health.json()["database"] == "unreachable"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_busy_changes_nothing_and_says_so(
    app: App, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOCK_TIMEOUT", 0)
    impatient = Database(app.settings.database_url)

    with (
        app.database.writing() as somebody_else,
        client_of(replace(app, database=impatient)) as client,
    ):
        somebody_else.connection()
        answer = client.post(f"/bekrafta/{reader.token(Purpose.CONFIRM)}", data={"answer": "ja"})
        still_shown = client.get(reader.link)
    impatient.close()

    assert answer.status_code == 503
    assert "Din prenumeration är inte ändrad" in answer.text
    # Leaving never waits: see test_leaving_without_a_database.
    assert "Vill du avsluta?" in still_shown.text


def test_health_is_well_when_the_database_is_as_this_version_wants_it(
    client: TestClient,
) -> None:
    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "reachable", "migration": "current"}


def test_health_notices_tables_of_another_version(app: App) -> None:
    with app.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")

    with client_of(app) as client:
        answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json()["migration"] == "outdated"


def test_the_log_holds_neither_tokens_nor_addresses(
    client: TestClient, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="newsletter"):
        client.post(reader.link, data={"answer": "ja"})
        client.get(f"{reader.link}?address=kim.exempel@example.org")
        client.get("/kim.exempel@example.org")
        client.get("/avsluta/kim.exempel@example.org/x")

    assert "POST /avsluta/… 200" in caplog.text
    assert reader.token() not in caplog.text
    assert "kim" not in caplog.text


def test_a_page_is_one_request_and_its_style_is_the_one_allowed(client: TestClient) -> None:
    page = client.get("/nyhetsbrev")
    [style] = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)

    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in page.headers["Content-Security-Policy"]
    assert not re.search(r'<link rel="stylesheet"|<script|\ssrc=|\sstyle=', page.text)


def test_the_stylesheet_is_kept_for_good_under_its_own_hash(client: TestClient) -> None:
    page = client.get("/redaktion/logga-in").text
    address = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)[0]

    style, other = client.get(address), client.get("/style.css?v=older")

    assert style.headers["content-type"].startswith("text/css")
    assert "immutable" in style.headers["cache-control"]
    assert other.headers["cache-control"] == "no-cache"


def test_a_site_below_a_path_links_within_it(app: App, reader: Reader) -> None:
    below = with_settings(app, base_url="https://www.example.org/brev")

    with client_of(below) as client:
        page = client.post(reader.link, data={"answer": "ja"}).text

    internal = [
        link for link in re.findall(r'(?:href|action)="([^"#?]+)', page) if link.startswith("/")
    ]
    assert internal
    assert all(link.startswith("/brev/") for link in internal)


def test_nothing_in_a_page_comes_from_elsewhere_or_runs(
    client: TestClient, publish: Publish, reader: Reader
) -> None:
    publish()

    for path in (*PATHS[:8], reader.link):
        page = client.get(path).text
        loaded = re.findall(r'<(?:link rel="stylesheet"|img|script|iframe)[^>]*>', page)
        hosts = {
            urlsplit(found).hostname
            for tag in loaded
            for found in re.findall(r'="(http[^"]*)"', tag)
        }
        assert hosts <= {"nyhetsbrev.example.org"}
        assert "<script" not in page
        assert not re.search(r'\s(?:style|on\w+)="', page)


async def ask(
    app: App,
    path: str,
    *,
    method: str = "GET",
    query: bytes = b"",
    headers: list[tuple[bytes, bytes]] | None = None,
    body: bytes | None = b"",
) -> tuple[int, bytes]:
    """Ask the site without a client in between that would tidy the request.

    A body that is None never comes.
    """
    started: list[int] = []
    received = bytearray()
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query,
        "headers": headers or [(b"host", b"localhost")],
    }

    async def receive() -> Message:
        if body is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message["status"])
        received.extend(message.get("body", b""))

    await create(app)(scope, receive, send)
    [status] = started
    return status, bytes(received)


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    prefix=st.sampled_from(
        [
            "/",
            "/avsluta/",
            "/angra/",
            "/nyhetsbrev/",
            "/bilder/",
            "/redaktion/",
            "/../",
            "//",
            "/style.css/",
        ]
    ),
    rest=st.text(max_size=80),
    query=st.binary(max_size=40),
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    body=st.binary(max_size=80),
    media_type=st.sampled_from([b"application/x-www-form-urlencoded", b"multipart/form-data", b""]),
)
async def test_no_path_however_hostile_breaks_the_site(
    app: App,
    prefix: str,
    rest: str,
    query: bytes,
    method: str,
    body: bytes,
    media_type: bytes,
) -> None:
    headers = [(b"host", b"localhost"), (b"content-type", media_type)]

    status, page = await ask(
        app, prefix + rest, method=method, query=query, headers=headers, body=body
    )

    assert status in {200, 400, 404, 405}
    if len(rest) > 5 and "<" in rest:
        assert rest.encode() not in page


@pytest.mark.parametrize("path", ["/redaktion", "/redaktion/hamta", "/redaktion/nyhetsbrev/x"])
async def test_a_query_that_is_no_text_leads_to_the_sign_in_as_well(app: App, path: str) -> None:
    status, _ = await ask(app, path, query=b"q=\x80")

    assert status in {303, 404}
