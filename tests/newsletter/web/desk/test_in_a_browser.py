"""The desk as an editor meets it in Chromium: from an invitation to a sent letter.

Where there is no Chromium these tests do not run, and the summary says so; in CI that is a failure.
"""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import (
    APIResponse,
    Browser,
    BrowserContext,
    Locator,
    Page,
    Response,
    Route,
    expect,
)
from pydantic import SecretStr

from newsletter.app import App
from newsletter.models import Role
from newsletter.users import accounts, one_time_codes
from newsletter.web.desk.addresses import SIGN_IN, welcome_path
from newsletter.worker.loop import working
from tests.browser import too_small
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.web.conftest import add_reader, on_loopback
from tests.newsletter.web.desk.conftest import PASSWORD, SECRET, Editor, Hire
from tests.newsletter.web.desk.prepared import accept_all, write_to_an_end
from tests.newsletter.web.desk.test_kept_forms import end_every_sign_in
from tests.newsletter.web.desk.test_rooms import ISSUE, titles
from tests.newsletter.web.desk.test_start import store_items

# How the rooms look and work does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# Machines are shared; nothing here says how fast something is.
expect.set_options(timeout=20_000)
READERS = [f"reader{number}@example.org" for number in range(3)]
#: What a first day may ask for at most, with three stories: presses, ticks and fields.
MOST_STEPS = 45
#: More than any room has to tab through.
_MOST_TABS = 150


@pytest.fixture
def app(app: App, mail_server: MailServer) -> App:
    return on_loopback(app, smtp_url=SecretStr(mail_server.url))


@dataclass(frozen=True)
class Hands:
    """Somebody with a mouse."""

    page: Page
    #: What was done, one by one.
    steps: list[str] = field(default_factory=list)

    def press(self, name: str) -> None:
        """Press a button, or follow a link, of that name."""
        self.steps.append(name)
        self.act_on(self._pressable(name))

    def fill(self, label: str, text: str) -> None:
        self.steps.append(label)
        self.page.get_by_label(label, exact=True).fill(text)

    def untick(self, label: str) -> None:
        self.steps.append(label)
        self.act_on(self.page.get_by_role("checkbox", name=label))

    def act_on(self, target: Locator) -> None:
        target.click()

    def _pressable(self, name: str) -> Locator:
        main = self.page.get_by_role("main")
        button = main.get_by_role("button", name=name)
        return button.or_(main.get_by_role("link", name=name)).first


class Keys(Hands):
    """Somebody with a keyboard and nothing else."""

    def fill(self, label: str, text: str) -> None:
        self._reach(self.page.get_by_label(label, exact=True))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def act_on(self, target: Locator) -> None:
        self._reach(target)
        is_box = target.get_attribute("type") == "checkbox"
        self.page.keyboard.press("Space" if is_box else "Enter")

    def _reach(self, target: Locator) -> None:
        target.wait_for()
        for _ in range(_MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached with the keyboard")


def test_a_first_day_editor_comes_from_an_invitation_to_a_sent_letter(
    browser: Browser,
    app: App,
    address: str,
    mail_server: MailServer,
    clock: Clock,
) -> None:
    add_readers(app)
    began = time.monotonic()
    with browser.new_context(locale="sv-SE") as context:
        hands = Hands(context.new_page())

        come_in(hands, app, address)
        fetch_the_sample(hands, app)
        choose_three(hands)
        write(hands)
        hands.act_on(hands.page.get_by_role("link", name="Kontrollera"))
        approve_and_send(hands, mail_server)
        with working(app):
            clock.forward(minutes=10)
            hands.page.reload()
            expect_heading(hands.page, "Alla 3 är mottagna")

    # For docs/performance.md (`pytest -rP`); no promise about how fast a machine is.
    print(f"{len(hands.steps)} steps in {time.monotonic() - began:.0f} s")
    assert len(hands.steps) <= MOST_STEPS, hands.steps
    assert sorted(letter.rcpt_to[0] for letter in mail_server.received[1:]) == READERS


@pytest.mark.parametrize(
    ("hands_of", "scripts"), [(Hands, False), (Keys, True)], ids=["without scripts", "keyboard"]
)
def test_a_written_issue_is_changed_approved_and_sent(
    browser: Browser,
    app: App,
    address: str,
    mail_server: MailServer,
    editor: Editor,
    hands_of: type[Hands],
    scripts: bool,
) -> None:
    add_readers(app)
    store_items(app, "Första nyheten", "Andra nyheten", "Tredje nyheten")
    editor.post("/redaktion")
    write_to_an_end(app)
    accept_all(app)
    with signed_in(browser, editor, java_script_enabled=scripts) as context:
        hands = hands_of(context.new_page())
        hands.page.goto(f"{address}{ISSUE}/valj")

        hands.untick("Tredje nyheten")
        hands.press("Fortsätt med")
        hands.fill("Rubrik", "En bättre rubrik")
        hands.press("Nästa nyhet")
        expect(hands.page.get_by_text("Nyhet 2 av 2")).to_be_visible()
        hands.press("Kontrollera numret")
        expect_heading(hands.page, "Numret är klart att godkänna")
        approve_and_send(hands, mail_server)

    assert "En bättre rubrik" in titles(app)


@pytest.fixture
def page(browser: Browser, app: App, editor: Editor) -> Iterator[Page]:
    """A browser that is signed in, with an issue of three stories."""
    store_items(app, "Första nyheten", "Andra nyheten", "Tredje nyheten")
    editor.post("/redaktion")
    with signed_in(browser, editor) as context:
        yield context.new_page()


def test_what_is_typed_is_kept_and_seen_without_a_press(page: Page, address: str) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")

    with page.expect_response(is_kept):
        page.get_by_label("Rubrik").fill("En ny rubrik")

    shown = page.frame_locator("iframe").get_by_role("heading", name="En ny rubrik")
    expect(shown).to_be_visible()
    page.reload()
    expect(page.get_by_label("Rubrik")).to_have_value("En ny rubrik")


def test_what_is_typed_before_the_script_has_come_is_kept(page: Page, address: str) -> None:
    held: list[Route] = []
    page.route("**/desk.js*", lambda route: held.append(route))
    with page.expect_request("**/desk.js*"):
        page.goto(f"{address}{ISSUE}/skriv?nyhet=1", wait_until="commit")
    page.get_by_label("Rubrik").fill("En tidig rubrik")

    with page.expect_response(is_kept):
        held[0].continue_()

    page.unroute("**/desk.js*")
    page.reload()
    expect(page.get_by_label("Rubrik")).to_have_value("En tidig rubrik")


def test_a_hint_of_the_check_leads_into_its_field(page: Page, address: str) -> None:
    page.goto(f"{address}{ISSUE}/kontrollera")

    page.get_by_role("link", name="Rätta nästa").click()

    expect(page.get_by_label("Ämnesrad")).to_be_focused()


def test_a_lost_connection_loses_nothing_and_is_caught_up_with(page: Page, address: str) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")
    page.context.set_offline(True)

    page.get_by_label("Rubrik").fill("Skrivet på tåget")
    lost = page.get_by_text("Kunde inte spara.")
    expect(lost).to_be_visible()
    expect(page.get_by_label("Rubrik")).to_have_value("Skrivet på tåget")
    page.context.set_offline(False)
    expect(lost).to_be_hidden()

    page.reload()
    expect(page.get_by_label("Rubrik")).to_have_value("Skrivet på tåget")


def test_who_is_signed_out_mid_word_signs_in_again_and_goes_on(
    page: Page, address: str, app: App, editor: Editor, clock: Clock
) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")
    end_every_sign_in(app)
    clock.forward(minutes=1)

    page.get_by_label("Rubrik").fill("Skrivet i grevens tid")
    dialog = page.get_by_role("dialog", name="Du har loggats ut")
    expect(dialog).to_contain_text("Din text är kvar.")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Kunde inte spara.")).to_be_visible()
    page.get_by_label("Rubrik").press_sequentially("!")
    dialog.get_by_label("E-postadress").fill(editor.address)
    dialog.get_by_label("Lösenord").fill("fel")
    dialog.get_by_role("button", name="Visa").click()
    expect(dialog.get_by_label("Lösenord")).to_have_attribute("type", "text")
    dialog.get_by_label("Kod").fill("1")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("hör inte ihop")
    dialog.get_by_label("Lösenord").fill(PASSWORD)
    dialog.get_by_label("Kod").fill(one_time_codes.code(SECRET, app.clock()))
    with page.expect_response(lambda answer: is_kept(answer) and answer.status == 303):
        page.keyboard.press("Enter")

    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Kunde inte spara.")).to_be_hidden()
    page.reload()
    expect(page.get_by_label("Rubrik")).to_have_value("Skrivet i grevens tid!")


def test_a_password_is_shown_by_keys_and_hidden_before_it_is_sent(
    page: Page, address: str, browser: Browser
) -> None:
    page.context.clear_cookies()
    page.goto(address + SIGN_IN)
    password = page.get_by_label("Lösenord")
    password.fill("Hemligt")
    show = page.get_by_role("button", name="Visa")

    page.keyboard.press("Tab")
    expect(show).to_be_focused()
    page.keyboard.press("Space")

    expect(password).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    page.get_by_label("E-postadress").fill("kim@example.org")
    page.get_by_label("Kod").fill("1")
    with page.expect_navigation():
        page.evaluate(
            "addEventListener('submit', () => console.log(document.forms[0].losenord.type))"
        )
        with page.expect_console_message() as told:
            page.get_by_role("button", name="Logga in", exact=True).click()
    assert told.value.text == "password"
    with browser.new_context(locale="sv-SE", java_script_enabled=False) as context:
        without_scripts = context.new_page()
        without_scripts.goto(address + SIGN_IN)
        expect(without_scripts.get_by_role("button", name="Visa")).to_have_count(0)


def test_two_editors_never_overwrite_each_other(
    page: Page, browser: Browser, address: str, hire: Hire
) -> None:
    other = hire("robin.exempel@example.org", name="Robin Exempel")
    other.come_in()
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")
    with signed_in(browser, other) as context:
        theirs = context.new_page()
        theirs.goto(f"{address}{ISSUE}/skriv?nyhet=1")
        with theirs.expect_response(is_kept):
            theirs.get_by_label("Rubrik").fill("Robins rubrik")

    page.get_by_label("Rubrik").fill("Min rubrik")

    expect(page.get_by_role("alert").filter(has_text="Någon annan")).to_be_visible()
    expect(page.get_by_label("Rubrik")).to_have_value("Min rubrik")
    expect(page.get_by_text("Robins rubrik").first).to_be_visible()


def test_who_goes_on_before_the_answer_is_there_is_not_taken_for_another(
    page: Page, address: str, app: App
) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")
    held: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if held or route.request.method != "POST":
            route.fallback()
        else:
            held.append((route, route.fetch()))

    page.route("**/skriv*", hold_the_first)
    title = page.get_by_label("Rubrik")
    with page.expect_request(lambda request: request.method == "POST"):
        title.fill("En ny")
    title.fill("En ny rubrik")
    page.get_by_role("button", name="Nästa nyhet").click(no_wait_after=True)
    page.wait_for_function("document.activeElement.name === 'nasta'")
    while not held:
        page.wait_for_load_state()

    held[0][0].fulfill(response=held[0][1])

    expect(page.get_by_text("Nyhet 2 av 3")).to_be_visible()
    assert "En ny rubrik" in titles(app)


def test_a_story_is_moved_by_keys_and_by_dragging(page: Page, address: str, app: App) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")
    title = page.get_by_label("Rubrik")
    before = titles(app)
    moved = before.index(title.input_value())
    title.focus()

    with page.expect_response(is_kept):
        page.keyboard.press("Alt+ArrowUp" if moved else "Alt+ArrowDown")
    expect(page.locator("#said")).to_contain_text(title.input_value())

    expect(title).to_be_focused()
    by_keys = titles(app)
    assert by_keys != before
    rows = page.locator(".outline li[data-item]")
    with page.expect_response(is_kept):
        rows.nth(2).locator("span.grip").drag_to(rows.nth(0), target_position={"x": 5, "y": 2})
    assert titles(app) != by_keys
    assert sorted(titles(app)) == sorted(before)


def test_undoing_by_keys_brings_the_order_back_and_keeps_the_focus(
    page: Page, address: str, app: App
) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=2")
    title = page.get_by_label("Rubrik")
    before = titles(app)
    title.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#said")).to_contain_text("Andra nyheten, plats 1 av 3 i")
    moved = titles(app)

    page.keyboard.press("Control+z")

    expect(page.locator("#said")).to_have_text("Ångrat")
    expect(title).to_be_focused()
    assert titles(app) == before
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator("#said")).to_have_text("Gjort igen")
    assert titles(app) == moved != before


def test_a_removed_story_is_told_of_and_brought_back_by_the_same_undo(
    page: Page, address: str, app: App
) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=2")
    before = titles(app)
    page.get_by_role("button", name="Ta bort").click()
    toast = page.locator(".toast")
    expect(toast).to_contain_text("”Andra nyheten” togs bort ur numret.")
    expect(page.locator("#said")).to_contain_text("Andra nyheten")
    assert "Andra nyheten" not in titles(app)

    toast.get_by_role("button", name="Ångra").press("Enter")

    expect(toast).to_have_count(0)
    expect(page.locator("#said")).to_have_text("Ångrat")
    expect(page.locator(".outline").get_by_role("link", name="Andra nyheten")).to_be_focused()
    assert titles(app) == before


def test_each_tab_shows_a_view_of_the_letter(page: Page, address: str) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")
    frame = page.locator("iframe[data-proof]")
    # The first is there already.
    for tab in reversed(page.get_by_role("tab").all()):
        view = tab.get_attribute("data-view")
        with page.expect_response(re.compile(f"/prov/{view}")) as answered:
            tab.click()

        assert answered.value.ok
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(frame).to_have_attribute("src", re.compile(f"/prov/{view}"))


def test_a_story_in_the_letter_leads_to_its_form(page: Page, address: str) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")

    # By its key: the letter is shown smaller, and a mouse would be sent to where it is not.
    letter = page.locator("iframe[data-proof]").content_frame
    letter.get_by_role("link", name="Andra nyheten").last.press("Enter")

    expect(page).to_have_url(re.compile("nyhet=2$"))
    expect(page.get_by_label("Rubrik")).to_have_value("Andra nyheten")


def test_typing_is_undone_by_the_browser_and_the_order_is_left(page: Page, address: str) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=2")
    title = page.get_by_label("Rubrik")
    title.focus()
    with page.expect_response(is_kept):
        page.keyboard.press("End")
        page.keyboard.type("!")

    with page.expect_response(is_kept):
        page.keyboard.press("Control+z")

    expect(title).to_have_value("Andra nyheten")


def test_the_list_of_keys_opens_by_its_key_and_the_key_can_be_switched_off(
    page: Page, address: str
) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")
    keys = page.locator("#keys")
    page.get_by_label("Rubrik").focus()
    page.keyboard.press("?")
    expect(keys).not_to_have_attribute("open", "")
    page.keyboard.press("Control+z")
    page.keyboard.press("Escape")
    expect(page.locator(".outline a[aria-current]")).to_be_focused()

    page.keyboard.press("?")

    expect(keys).to_have_attribute("open", "")
    page.get_by_label("Använd / och ?").uncheck()
    page.reload()
    page.keyboard.press("?")
    expect(keys).not_to_have_attribute("open", "")


def test_a_dropped_picture_is_kept_and_asks_what_it_shows(page: Page, address: str) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")

    page.evaluate(
        """(picture) => {
          const bytes = Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], "bild.png", { type: "image/png" }));
          const drop = { bubbles: true, cancelable: true, dataTransfer: data };
          document.querySelector("#form-pane").dispatchEvent(new DragEvent("drop", drop));
        }""",
        a_picture(),
    )

    what = page.get_by_label("Vad bilden visar")
    expect(what).to_be_focused()
    expect(page.locator("#picture img")).to_be_visible()
    with page.expect_response(is_kept):
        what.fill("En röd fyrkant.")
    page.get_by_label("Fotograf").fill("Robin Exempel")
    expect(page.frame_locator("iframe").get_by_alt_text("En röd fyrkant.")).to_be_visible()


def test_a_pasted_page_is_read_with_its_links(page: Page, address: str) -> None:
    page.goto(f"{address}/redaktion/hamta")

    page.get_by_label("Eller inklistrad text").evaluate(
        """(field) => {
          const data = new DataTransfer();
          data.setData("text/html", "<p>x</p>");
          const paste = { bubbles: true, cancelable: true, clipboardData: data };
          field.dispatchEvent(new ClipboardEvent("paste", paste));
        }"""
    )

    expect(page.locator("#klistrat_html")).to_have_value("<p>x</p>")
    page.get_by_label("Eller inklistrad text").fill("Något annat")
    expect(page.locator("#klistrat_html")).to_have_value("")


def test_a_link_that_is_not_finished_is_told_and_kept_once_it_is(page: Page, address: str) -> None:
    page.goto(f"{address}{ISSUE}/skriv?nyhet=1")
    link = page.get_by_label("Länk", exact=True)

    link.fill("exempel")
    told = page.get_by_role("alert").filter(has_text="Inte sparat än.")
    expect(told).to_be_visible()
    link.fill("https://www.example.org/a")

    expect(told).to_be_hidden()
    page.reload()
    expect(link).to_have_value("https://www.example.org/a")


def test_on_a_phone_the_rooms_stand_in_the_menu(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{address}{ISSUE}/kontrollera")
    rooms = page.get_by_role("navigation", name="Redaktionen")
    expect(rooms).to_have_count(0)

    page.locator(".menu summary").click()
    assert too_small(page, 44) == []
    rooms.get_by_role("link", name="Statistik").click()

    expect_heading(page, "0 prenumeranter")


@contextmanager
def signed_in(browser: Browser, editor: Editor, **options: Any) -> Iterator[BrowserContext]:
    """Open a browser with the sign-in of an editor."""
    kept = [
        {
            "name": cookie.name,
            "value": cookie.value or "",
            "domain": "127.0.0.1",
            "path": cookie.path,
        }
        for cookie in editor.client.cookies.jar
    ]
    with browser.new_context(locale="sv-SE", **options) as context:
        context.add_cookies(kept)  # type: ignore[arg-type]
        yield context


def is_kept(response: Response) -> bool:
    """Tell whether it is the answer to a form that was posted by the script."""
    return response.request.method == "POST" and "/skriv" in response.url


def a_picture() -> str:
    """Return a red square as base64."""
    file = io.BytesIO()
    Image.new("RGB", (640, 320), "red").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def come_in(hands: Hands, app: App, address: str) -> None:
    """Use an invitation, sign in, and stand in the first room."""
    with app.database.writing() as session:
        _, token = accounts.invite(
            session, "kim.exempel@example.org", name="Kim Exempel", role=Role.EDITOR,
            at=app.clock(), actor="tester",
        )  # fmt: skip
    page = hands.page
    page.goto(address + welcome_path(token))
    expect_heading(page, "Välkommen, Kim Exempel")
    secret = page.locator("code").inner_text().replace(" ", "")
    hands.fill("Nytt lösenord", PASSWORD)
    hands.fill("Kod", one_time_codes.code(secret, app.clock()))
    hands.press("Spara och logga in")
    expect_heading(page, "Logga in")
    hands.fill("E-postadress", "kim.exempel@example.org")
    hands.fill("Lösenord", PASSWORD)
    hands.fill("Kod", one_time_codes.code(secret, app.clock()))
    hands.press("Logga in")
    expect_heading(page, "Välkommen, Kim")


def fetch_the_sample(hands: Hands, app: App) -> None:
    """Paste a news page and make the issue of it."""
    hands.press("Hämta nyheter")
    expect_heading(hands.page, "Hämta nyheter")
    sample = app.templates.find("sample/nyhetssida.txt").read_text(encoding="utf-8")
    hands.fill("Eller inklistrad text", sample)
    hands.press("Visa vad som finns")
    expect_heading(hands.page, "9 nya nyheter")
    hands.press("Spara 9 nyheter")
    expect_heading(hands.page, "Dags för nummer 1, november 2026")
    hands.press("Skapa numret")
    expect_heading(hands.page, "Välj nyheter till numret")


def choose_three(hands: Hands) -> None:
    for others in ("Nu söker", "Förslag för", "“Gröna” hamnar", "Välkommen till", "Samtal om",
                   "Small islands"):  # fmt: skip
        hands.untick(others)
    hands.press("Fortsätt med")


def write(hands: Hands) -> None:
    """Mend story after story, then what the check leads to."""
    for number in range(1, 4):
        expect(hands.page.get_by_text(f"Nyhet {number} av 3")).to_be_visible()
        hands.press("Korta")
        expect(hands.page.get_by_role("button", name="Korta")).to_have_count(0)
        hands.fill("Länk", f"https://www.example.org/{number}")
        hands.press("Kontrollera numret" if number == 3 else "Nästa nyhet")
    expect_heading(hands.page, "1 sak måste rättas")
    hands.press("Rätta nästa")
    expect_heading(hands.page, "Ämnesrad och förhandstext")
    hands.fill("Ämnesrad", "Filmer från Bryssel och höstens möten om forskning")
    hands.fill(
        "Förhandstext",
        "Vi visar vardagen på Brysselkontoret, berättar om nya pengar och hälsar två nya välkomna.",
    )
    hands.press("Nästa nyhet")
    expect_heading(hands.page, "Redigera nyheten")


def approve_and_send(hands: Hands, mail_server: MailServer) -> None:
    """Approve, send a test, then confirm."""
    hands.press("Godkänn numret")
    expect_heading(hands.page, "Skicka nummer 1")
    hands.press("Skicka test 1")
    expect(hands.page.get_by_role("status").first).to_contain_text("Test 1 skickades till 1 av 1.")
    assert [letter.rcpt_to for letter in mail_server.received] == [["kim.exempel@example.org"]]
    hands.press("Skicka till 3 prenumeranter")
    expect_heading(hands.page, "Skicka nummer 1 till 3 prenumeranter?")
    hands.press("Skicka till 3 prenumeranter")
    expect_heading(hands.page, "Nummer 1 skickas snart")
    assert len(mail_server.received) == 1


def add_readers(app: App) -> None:
    for reader in READERS:
        add_reader(app, reader)


def expect_heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", name=words, level=1)).to_be_visible()
