"""Nothing goes to real readers before one press takes them off, on our own pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from newsletter.app import App
from newsletter.content import RenderedIssue
from newsletter.delivery import smtp_url, way_out
from newsletter.delivery.servers import Server
from newsletter.errors import UnsafeError
from newsletter.issues.approval import FrozenIssue
from newsletter.web import server
from subscribers.tokens import Claim, Purpose
from tests.builders import make_issue_content, make_sender

HERE = "http://127.0.0.1:8025"
PUBLIC = "https://nyhetsbrev.region.example-authority.eu"
RENDERED = RenderedIssue(subject="", html="", text="", web_article="", feed_entry="")


def frozen(base_url: str, from_address: str = "news@example-authority.eu") -> FrozenIssue:
    sender = replace(make_sender(), from_address=from_address)
    return FrozenIssue(make_issue_content(base_url=base_url), RENDERED, sender)


def check(app: App, issue: FrozenIssue, base_url: str, *smtp: str) -> None:
    servers = [Server(transports=(), address=smtp_url.parse(url)) for url in smtp]
    way_out.check(issue, base_url=base_url, servers=servers, keys=app.keys, now=app.clock())


def test_trying_out_on_this_machine_needs_no_pages(app: App) -> None:
    check(app, frozen(HERE), HERE, "smtp+plain://127.0.0.1:2525")


def test_one_of_several_servers_that_reaches_readers_is_enough_to_need_pages(app: App) -> None:
    with pytest.raises(UnsafeError, match="base_url"):
        check(app, frozen(HERE), HERE, "smtp+plain://127.0.0.1:2525", "smtp://smtp.example.org")


@pytest.mark.parametrize(
    ("theirs", "ours", "smtp", "said"),
    [
        (HERE, HERE, "smtp+plain://127.0.0.1:25", "base_url"),
        (HERE, HERE, "smtp+plain://localhost", "base_url"),
        (HERE, HERE, "smtp://smtp.example-authority.eu", "base_url"),
        (HERE, PUBLIC, "smtp+plain://127.0.0.1:2525", "Approve the issue again"),
        ("http://a.eu", "http://a.eu", "smtp://smtp.example-authority.eu", "https://"),
    ],
)
def test_links_that_would_lead_nowhere_stop_the_sending(
    app: App, theirs: str, ours: str, smtp: str, said: str
) -> None:
    with pytest.raises(UnsafeError, match=said):
        check(app, frozen(theirs), ours, smtp)


@pytest.mark.parametrize("address", ["nyhetsbrev@example.org", "a@list.example.com", "a@b.example"])
def test_the_sender_of_the_example_never_writes_to_real_people(app: App, address: str) -> None:
    with pytest.raises(UnsafeError, match="the example"):
        check(app, frozen(PUBLIC, address), PUBLIC, "smtp://smtp.example-authority.eu")


def test_our_own_pages_answer_the_press_of_a_test(app: App) -> None:
    token = app.keys.sign(Claim(Purpose.TEST, 0, 0, app.clock()))

    with server.running(app) as address:
        way_out.press(address, token)


class Stranger(BaseHTTPRequestHandler):
    """Answers everything as kindly as a log-in page or a parked domain."""

    status = 200

    def do_POST(self) -> None:
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b"Welcome! Please log in.")

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(params=[200, 302, 404])
def stranger(request: pytest.FixtureRequest) -> Iterator[str]:
    handler = type("Handler", (Stranger,), {"status": request.param})
    with HTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_a_page_that_is_not_ours_is_no_way_out(stranger: str) -> None:
    with pytest.raises(UnsafeError, match="not answered by our pages"):
        way_out.press(stranger, "a" * 48)


def test_keys_that_are_not_the_pages_keys_are_noticed(app: App) -> None:
    with server.running(app) as address, pytest.raises(UnsafeError):
        way_out.press(address, "a" * 48)
