"""A review in Chromium, from the mail to the answer."""

from __future__ import annotations

import asyncio
import email.policy
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from newsletter.app import App
from newsletter.models import IssueState, Role
from newsletter.settings import DeskSettings, OidcSettings
from newsletter.users import one_time_codes
from newsletter.web.desk.addresses import DESK
from newsletter.worker import post
from tests.browser import apart
from tests.mail_server import MailServer, Received
from tests.newsletter.web.desk.conftest import PASSWORD, SECRET, Editor, Hire
from tests.newsletter.web.desk.prepared import accept_all, write_to_an_end
from tests.newsletter.web.desk.test_in_a_browser import app, signed_in
from tests.newsletter.web.desk.test_rooms import ISSUE, state
from tests.newsletter.web.desk.test_start import store_items

__all__ = ["app"]

# How the pages look and work does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def admin(hire: Hire, app: App) -> Editor:
    """Somebody who may all there is, where four eyes are asked for and there is a provider."""
    app.settings.desk = DeskSettings(
        four_eyes=True, oidc=OidcSettings(issuer="https://login.example.org", client_id="x")
    )
    return hire("robin.exempel@example.org", name="Robin Exempel", role=Role.ADMIN)


@pytest.fixture
def as_editor(
    browser: Browser, app: App, editor: Editor, admin: Editor
) -> Iterator[BrowserContext]:
    """The browser of an editor whose issue is ready to be read by the admin."""
    assert admin.address != editor.address
    store_items(app, "Första nyheten", "Andra nyheten", "Tredje nyheten")
    editor.post("/redaktion")
    write_to_an_end(app)
    accept_all(app)
    with signed_in(browser, editor) as context:
        yield context


def test_an_approver_comes_from_the_mail_to_the_letter_and_answers_it(
    as_editor: BrowserContext, browser: Browser, app: App, address: str, mail_server: MailServer
) -> None:
    page = as_editor.new_page()
    ask_robin(page, address, "Stämmer siffran?")
    (mail,) = delivered(app, mail_server)
    assert mail.rcpt_to == ["robin.exempel@example.org"]
    link = re.search(rf"{re.escape(address)}/redaktion/\S+/granska", text_of(mail.content))
    assert link is not None

    with browser.new_context(locale="sv-SE") as context:
        theirs = context.new_page()
        theirs.goto(link[0])
        theirs.get_by_label("E-postadress").fill("robin.exempel@example.org")
        theirs.get_by_label("Lösenord").fill(PASSWORD)
        theirs.get_by_label("Kod").fill(one_time_codes.code(SECRET, app.clock()))
        theirs.keyboard.press("Enter")
        expect(theirs.get_by_role("heading", level=1)).to_have_text(
            "Kim Exempel ber dig granska nummer 1"
        )
        letter = theirs.frame_locator("iframe").get_by_role("heading", name="Första nyheten")
        expect(letter).to_be_visible()
        theirs.get_by_label("Eller skriv vad som ska ändras").fill("Siffran är från i fjol.")
        theirs.get_by_role("button", name="Skicka tillbaka till Kim Exempel").click()
        expect(theirs.get_by_role("heading", level=1)).to_have_text("Numret har skickats tillbaka")

        (answer,) = delivered(app, mail_server)
        assert answer.rcpt_to == ["kim.exempel@example.org"]
        assert "Siffran är från i fjol." in text_of(answer.content)
        page.goto(f"{address}{DESK}")
        told = page.get_by_text("Robin Exempel vill ha ändringar i nummer 1")
        told.locator("xpath=..").get_by_role("link", name="Se svaret").click()
        expect(page.get_by_text("Siffran är från i fjol.")).to_be_visible()
        ask_robin(page, address, "Och nu?")

        theirs.goto(f"{address}{DESK}")
        theirs.get_by_role("link", name="Granska och svara").click()
        theirs.get_by_role("button", name="Godkänn numret").click()
        expect(theirs.get_by_role("heading", level=1)).to_have_text("Numret är godkänt")

    assert state(app) is IssueState.APPROVED
    page.goto(f"{address}{DESK}")
    expect(page.get_by_text("Robin Exempel har godkänt nummer 1")).to_be_visible()


def ask_robin(page: Page, address: str, question: str) -> None:
    page.goto(f"{address}{ISSUE}/kontrollera")
    if not page.get_by_label("Vem ska granska?").is_visible():
        page.locator("summary", has_text="Be om granskning").click()
    page.get_by_label("Vem ska granska?").select_option("Robin Exempel")
    page.get_by_label("Vad ska granskaren titta på?").fill(question)
    page.get_by_role("button", name="Be om granskning").click()
    expect(page.get_by_role("status").first).to_contain_text("Robin Exempel fick numret")


def delivered(app: App, mail_server: MailServer) -> list[Received]:
    """Send what waits in the outbox, and return it as it came."""
    mail_server.received.clear()
    apart(lambda: asyncio.run(post.empty(app)))
    return list(mail_server.received)


def text_of(content: bytes) -> str:
    message = email.message_from_bytes(content, policy=email.policy.default)
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
