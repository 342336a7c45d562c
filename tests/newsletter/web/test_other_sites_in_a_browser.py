"""What pages of other sites may do with ours, and what they may not, as a browser sees to it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page

from newsletter.app import App
from newsletter.models import ServiceMail
from subscribers.models import SubscriptionState
from subscribers.tokens import Purpose
from tests.newsletter.web.conftest import Reader, on_loopback

# What browsers let through does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SERVING = Path(__file__).parents[3] / "docs" / "serving.md"
KIM = "kim.exempel@example.org"
#: What a script of another site is told: the status, or that the browser kept the answer from it.
_FETCH = """([url, options]) => fetch(url, options).then(
  answer => answer.status, () => 'kept from it')"""


@contextmanager
def site_of_others(page: str) -> Iterator[str]:
    """Serve one page at another origin; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as others:
        threading.Thread(target=others.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{others.server_port}"
        others.shutdown()


@pytest.fixture
def friends() -> Iterator[str]:
    """The site that the settings name."""
    with site_of_others("<!doctype html><title>Friends</title>") as address:
        yield address


@pytest.fixture
def strangers() -> Iterator[str]:
    with site_of_others("<!doctype html><title>Strangers</title>") as address:
        yield address


@pytest.fixture
def app(app: App, friends: str) -> App:
    return on_loopback(app, api_origins=[friends])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


def mails(app: App) -> list[str | None]:
    with app.database.reading() as session:
        return list(session.scalars(sa.select(ServiceMail.address)))


def wish_from(page: Page, address: str, **options: object) -> object:
    """Send a wish by script, with the mark of the words that were shown."""
    mark = page.evaluate(
        "url => fetch(url).then(answer => answer.json()).then(said => said.mark)",
        f"{address}/api/consent?lang=sv",
    )
    body = f'{{"email": "{KIM}", "language": "sv", "mark": "{mark}"}}'
    sent = {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": body}
    return page.evaluate(_FETCH, [f"{address}/api/subscriptions", sent | options])


def test_the_form_of_the_docs_leads_from_another_site_to_a_confirmation(
    app: App, address: str, page: Page
) -> None:
    form = re.search(r"```html\n(.*?)```", SERVING.read_text("utf-8"), re.DOTALL)
    assert form
    snippet = form[1].replace("https://nyhetsbrev.example.org", address)
    with site_of_others(f"<!doctype html><html lang=sv>{snippet}") as others:
        page.goto(others)

        page.get_by_label("E-postadress").fill(KIM)
        page.get_by_role("button", name="Prenumerera på nyhetsbrevet").click()
        page.get_by_role("heading", name="Prenumerera på nyhetsbrevet", level=1).wait_for()
        before = mails(app)
        page.get_by_role("button", name="Anmäl mig").click()
        page.get_by_role("heading", name="Tack! Nu återstår ett steg").wait_for()

    assert before == []
    assert mails(app) == [KIM]


def test_a_script_of_a_site_that_is_named_may_pass_on_a_wish(
    app: App, address: str, page: Page, friends: str
) -> None:
    page.goto(friends)

    assert wish_from(page, address) == 202
    assert mails(app) == [KIM]


def test_a_script_of_any_other_site_may_read_and_nothing_else(
    app: App, address: str, page: Page, strangers: str
) -> None:
    page.goto(strangers)

    assert page.evaluate(_FETCH, [f"{address}/api/issues", {}]) == 200
    assert wish_from(page, address) == "kept from it"
    # As a form would send it, which no browser asks about beforehand.
    plain = {"headers": {"Content-Type": "text/plain"}, "mode": "no-cors"}
    assert wish_from(page, address, **plain) == "kept from it"
    assert mails(app) == []


def test_no_site_reads_or_frames_the_pages_of_a_reader(
    address: str, page: Page, reader: Reader, friends: str
) -> None:
    page.goto(friends)
    settings = f"{address}/nyhetsbrev/installningar/{reader.token(Purpose.SETTINGS)}"

    assert page.evaluate(_FETCH, [settings, {}]) == "kept from it"
    assert page.evaluate(_FETCH, [settings, {"mode": "no-cors"}]) == "kept from it"
    page.evaluate(
        "url => new Promise(done => {"
        "  const frame = document.createElement('iframe');"
        "  frame.onload = done; frame.src = url; document.body.append(frame); })",
        settings,
    )
    assert page.frames[1].url.startswith("chrome-error:")
    assert reader.state is SubscriptionState.ACTIVE
