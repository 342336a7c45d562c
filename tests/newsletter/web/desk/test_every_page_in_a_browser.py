"""Every page of the desk, in every state an issue passes through: nobody is shut out of any.

The state is made by the program, or by one press; the pages are looked at in Chromium, wide and
narrow, by day and by night.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.routing import Match, Route

from newsletter.app import App
from newsletter.issues import composing, editing
from newsletter.models import IssueState, Role
from newsletter.settings import DeskSettings, OidcSettings
from newsletter.users import accounts, one_time_codes
from newsletter.web.desk.addresses import DESK, SIGN_IN, SIGN_INS, welcome_path
from newsletter.web.site import create
from newsletter.worker import starting, steering
from tests.browser import apart, broken_rules, too_small
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.web.desk.conftest import PASSWORD, SECRET, Editor, Hire
from tests.newsletter.web.desk.prepared import accept_all, write_to_an_end
from tests.newsletter.web.desk.test_after_sending import send_out
from tests.newsletter.web.desk.test_fetching import PAGE
from tests.newsletter.web.desk.test_in_a_browser import add_readers, app, signed_in
from tests.newsletter.web.desk.test_kept_forms import end_every_sign_in
from tests.newsletter.web.desk.test_reviewing import ask, change_a_title
from tests.newsletter.web.desk.test_rooms import ISSUE
from tests.newsletter.web.desk.test_sending import confirm, issue_of
from tests.newsletter.web.desk.test_start import store_items

__all__ = ["app"]

# How the pages look and work does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WIDTHS = (375, 820, 1440)
#: The narrowest that has to do without scrolling sideways (WCAG 2.2, 1.4.10).
NARROWEST = 320
#: Answers that are no page: the way to the provider and back, the letter itself, and posts.
NO_PAGES = {
    "/redaktion/logga-in/organisationen",
    "/redaktion/logga-in/organisationen/svar",
    "/redaktion/logga-ut",
    "/redaktion/logga-ut/organisationen",
    "/redaktion/{issue}/prov/{view}",
}
#: Looked at by the other test.
BEFORE_THE_SIGN_IN = {SIGN_IN, welcome_path("{token}")}
#: Where there are fingers (WCAG 2.2, 2.5.5); links in sentences are exempt.
FOR_A_FINGER = 44


class Eyes:
    """Looks at pages, and remembers which."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.seen: set[str] = set()
        # A page that shows something going on would be read anew in the middle of a look.
        page.route("**/utskick*", self._without_refresh)

    def _without_refresh(self, route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]
        kept = {name: value for name, value in answer.headers.items() if name != "refresh"}
        route.fulfill(response=answer, headers=kept)  # type: ignore[attr-defined]

    def look_at(self, *paths: str) -> None:
        for path in paths:
            self.page.goto(self.address + path)
            self.look()

    def look(self, heading: str = "") -> None:
        """See that nothing is wrong with the page that is open."""
        page = self.page
        if heading:
            expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        where = f"{page.url}, {page.get_by_role('heading', level=1).first.inner_text()}"
        self.seen.add(page.url.removeprefix(self.address).partition("?")[0].partition("#")[0])
        page.emulate_media(color_scheme="light")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert broken_rules(page) == [], (where, width)
        page.emulate_media(color_scheme="dark")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            # Nothing else hangs on the colours.
            assert broken_rules(page, "color-contrast", "link-in-text-block") == [], (where, width)
        page.set_viewport_size({"width": NARROWEST, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST, where
        assert too_small(page, FOR_A_FINGER) == [], where


@pytest.fixture
def robin(hire: Hire, app: App) -> Editor:
    """Somebody who may all there is, where four eyes are asked for and there is a provider."""
    app.settings.desk = DeskSettings(
        four_eyes=True, oidc=OidcSettings(issuer="https://login.example.org", client_id="x")
    )
    robin = hire("robin.exempel@example.org", name="Robin Exempel", role=Role.ADMIN)
    robin.come_in()
    return robin


@pytest.fixture
def eyes(browser: Browser, robin: Editor, address: str) -> Iterator[Eyes]:
    with signed_in(browser, robin) as context:
        yield Eyes(context.new_page(), address)


def test_no_page_breaks_an_accessibility_rule_or_scrolls_sideways(
    eyes: Eyes, editor: Editor, app: App, clock: Clock, mail_server: MailServer
) -> None:
    before_anything_is_there(eyes)
    store_items(app, "Första nyheten", "Andra nyheten", "Tredje nyheten")
    eyes.look_at(DESK)
    editor.post(DESK)
    while_it_is_written(eyes, app)
    while_it_is_reviewed(eyes, editor, app)
    while_it_is_sent(eyes, editor, app, clock, mail_server)

    routes = [route for route in create(app).routes if isinstance(route, Route)]
    shown = {first_match(routes, path) for path in eyes.seen}
    desk = {route.path for route in routes if route.path.startswith(DESK)}
    assert desk - shown == NO_PAGES | BEFORE_THE_SIGN_IN


def before_anything_is_there(eyes: Eyes) -> None:
    eyes.look_at(DESK, f"{DESK}/hamta", f"{DESK}/statistik", f"{DESK}/lista", SIGN_INS)
    eyes.page.goto(f"{eyes.address}{DESK}/hamta")
    eyes.page.get_by_label("Eller inklistrad text").fill(PAGE)
    eyes.page.get_by_role("button", name="Visa vad som finns").click()
    eyes.look("2 nya nyheter")
    eyes.page.goto(f"{eyes.address}{DESK}/2026-77/skriv")
    eyes.look("Det gick inte")


def while_it_is_written(eyes: Eyes, app: App) -> None:
    parts = ("skriv", "skriv?del=amne", "skriv?del=inledning", "skriv?del=kontakt")
    eyes.look_at(*(f"{ISSUE}/{room}" for room in ("valj", *parts, "kontrollera", "skicka")))
    page = eyes.page
    page.goto(f"{eyes.address}{ISSUE}/skriv?nyhet=1")
    page.get_by_label("Länk", exact=True).fill("exempel")
    expect(page.get_by_role("alert").filter(has_text="Inte sparat än.")).to_be_visible()
    eyes.look()
    page.goto(f"{eyes.address}{ISSUE}/skriv?nyhet=1")
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, "2026-01")
        editing.edit_story(issue, 1, {"title": "Kims rubrik"})
    page.get_by_label("Rubrik").fill("Min rubrik")
    expect(page.get_by_role("alert").filter(has_text="Någon annan")).to_be_visible()
    eyes.look()
    eyes.look_at(f"{ISSUE}/versioner")


def while_it_is_reviewed(eyes: Eyes, editor: Editor, app: App) -> None:
    write_to_an_end(app)
    # Robin has looked at every form, and may not review what is Robin's.
    change_a_title(editor)
    accept_all(app)
    eyes.look_at(f"{ISSUE}/granska")
    ask(editor)
    eyes.look_at(DESK, f"{ISSUE}/kontrollera", f"{ISSUE}/granska")
    eyes.page.get_by_label("Eller skriv vad som ska ändras").fill("Siffran är från i fjol.")
    eyes.page.get_by_role("button", name="Skicka tillbaka").click()
    eyes.look("Numret har skickats tillbaka")
    ask(editor)
    eyes.page.goto(f"{eyes.address}{ISSUE}/granska")
    eyes.page.get_by_role("button", name="Godkänn numret").click()
    eyes.look("Numret är godkänt")


def while_it_is_sent(
    eyes: Eyes, editor: Editor, app: App, clock: Clock, mail_server: MailServer
) -> None:
    page, underway = eyes.page, f"{ISSUE}/utskick"
    add_readers(app)
    eyes.look_at(f"{ISSUE}/skicka")
    page.get_by_role("button", name="Skicka till 3 prenumeranter").click()
    eyes.look("Skicka nummer 1 till 3 prenumeranter?")
    confirm(editor, nar="nu")
    eyes.look_at(underway)
    clock.forward(minutes=10)
    apart(lambda: starting.start_scheduled(app))
    assert issue_of(app).state is IssueState.SENDING
    eyes.look_at(underway, DESK)
    steering.pause(app, issue_of(app).id, actor="tester")
    eyes.look_at(underway)
    apart(lambda: steering.resume(app, issue_of(app).id, actor="tester"))
    mail_server.reply_to_rcpt = lambda address: (
        "452 4.2.2 mailbox full" if address == "reader0@example.org" else None
    )
    apart(lambda: send_out(app))
    eyes.look_at(underway, DESK, f"{DESK}/statistik")


def first_match(routes: list[Route], path: str) -> str:
    scope = {"type": "http", "path": path, "method": "GET"}
    return next(route.path for route in routes if route.matches(scope)[0] is Match.FULL)


def test_no_page_before_the_sign_in_or_after_its_end_breaks_a_rule(
    eyes: Eyes, robin: Editor, app: App, clock: Clock
) -> None:
    page = eyes.page
    store_items(app, "Första nyheten")
    robin.post(DESK)
    page.goto(f"{eyes.address}{ISSUE}/skriv?nyhet=1")
    end_every_sign_in(app)
    page.get_by_label("Rubrik").fill("En rubrik som tog tid")
    expect(page.get_by_role("dialog", name="Du har loggats ut")).to_be_visible()
    eyes.look("Du har loggats ut")

    # As without scripts: the form itself is sent, and carried through the sign-in.
    page.evaluate("document.querySelector('form[data-autosave]').submit()")
    expect(page).to_have_title("Du har loggats ut – " + app.settings.newsletter.name)
    eyes.look("Du har loggats ut")
    sign_in(page, robin.address, "fel")
    eyes.look("Du har loggats ut")
    sign_in(page, robin.address, PASSWORD, one_time_codes.code(SECRET, clock()))
    eyes.look("Din text är kvar")

    eyes.page.context.clear_cookies()
    with app.database.writing() as session:
        _, token = accounts.invite(
            session, "kaj@example.org", name="Kaj Exempel", role=Role.EDITOR, at=clock(),
            actor="tester",
        )  # fmt: skip
    eyes.look_at(SIGN_IN, f"{SIGN_IN}?utloggad=ja", welcome_path(token), welcome_path("x"))


def sign_in(page: Page, address: str, password: str, code: str = "1") -> None:
    page.get_by_label("E-postadress").fill(address)
    page.get_by_label("Lösenord").fill(password)
    page.get_by_label("Kod").fill(code)
    page.keyboard.press("Enter")
