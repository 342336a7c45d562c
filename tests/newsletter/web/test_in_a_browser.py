"""The pages as Chromium shows them: by keyboard, without scripts, narrow, light and dark.

Where there is no Chromium these tests do not run, and the summary says so; in CI that is a failure.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page

from newsletter.app import App
from newsletter.models import Picture
from subscribers import consent
from subscribers.models import SubscriptionState
from subscribers.tokens import Purpose
from tests.browser import AXE_RULES
from tests.builders import LEAD, STORY, make_picture
from tests.newsletter.web.conftest import Publish, Reader, add_reader, on_loopback

# How the pages look does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LANGUAGES = ("sv", "en")
#: By day every rule is asked; what else can differ by night is told by these.
RULES = {
    "light": {"type": "tag", "values": AXE_RULES},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}


@pytest.fixture
def app(app: App) -> App:
    return on_loopback(app)


@pytest.fixture
def paths(app: App, reader: Reader, publish: Publish) -> dict[str, str]:
    """Every kind of page there is, by what it is called."""
    long = add_reader(app, "robin.exempel@a-name-of-a-domain-that-does-not-want-to-end.example.org")
    waiting = add_reader(app, "lo.exempel@example.org", state=SubscriptionState.PENDING)
    gone = add_reader(app, "sam.exempel@example.org")
    stream = io.BytesIO()
    Image.new("RGB", (1200, 640), "#9fb1c4").save(stream, "PNG")
    sha256 = hashlib.sha256(stream.getvalue()).hexdigest()
    with app.database.writing() as session:
        consent.unsubscribe(session, gone.id, app.newsletter_id, source="web page", at=app.clock())
        session.add(
            Picture(
                sha256=sha256, media_type="image/png", width=1200, height=640,
                content=stream.getvalue(), created_at=app.clock(),
            )
        )  # fmt: skip
    long_word = replace(
        STORY, item_id=9, title="Kollektivtrafikmyndighetsordförandekonferensanmälningsblankett"
    )
    publish(
        stories=[
            replace(LEAD, picture=make_picture(sha256=sha256)),
            *(replace(STORY, item_id=number) for number in range(2, 7)),
            long_word,
        ]
    )
    publish(name="2016-08", number=8, subject="Årets sista: konferensen och vårens program")
    settings = f"/nyhetsbrev/installningar/{reader.token(Purpose.SETTINGS)}"
    return {
        "unsubscribe": reader.link,
        "unsubscribe-long": long.link,
        "unsubscribed": gone.link,
        "undo": f"/angra/{reader.token(Purpose.UNDO)}",
        "test": f"/avsluta/{reader.token(Purpose.TEST)}",
        "link": "/avsluta/x",
        "subscribe": "/nyhetsbrev/prenumerera",
        "confirm": f"/bekrafta/{waiting.token(Purpose.CONFIRM)}",
        "welcome": f"/bekrafta/{reader.token(Purpose.CONFIRM)}",
        "settings": settings,
        "change-address": f"{settings}/adress",
        "data-offered": f"{settings}/uppgifter",
        "erase": f"{settings}/radera",
        "data": f"/mina-uppgifter/{reader.token(Purpose.DATA)}",
        "new-link": f"/nyhetsbrev/ny-lank/{reader.token()}",
        "issues": "/nyhetsbrev",
        "issues-found": "/nyhetsbrev?q=film",
        "issues-not-found": "/nyhetsbrev?q=jylland",
        "issue": "/nyhetsbrev/2017-02",
        "privacy": "/personuppgifter",
        "accessibility": "/tillganglighet",
        "contact": "/kontakt",
        "missing": "/no/such/page",
    }


def test_the_skip_link_leads_past_the_band(
    browser: Browser, address: str, paths: dict[str, str]
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address + paths["unsubscribe"])

        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")

        assert focused(page) == "Ja, avsluta"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_scrolls_sideways_on_a_small_phone_or_in_large_type(
    browser: Browser, address: str, paths: dict[str, str], language: str
) -> None:
    with browser.new_context(viewport={"width": 320, "height": 640}) as context:
        page = context.new_page()
        for path in [*paths.values(), paths["unsubscribe"]]:
            page.goto(f"{address}{path}?lang={language}")

            for size in ("100%", "200%"):
                page.evaluate("size => document.documentElement.style.fontSize = size", size)
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= 320, (path, size)


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(
    browser: Browser, address: str, paths: dict[str, str], scheme: str, width: int
) -> None:
    axe = Axe()
    options = {"runOnly": RULES[scheme]}
    with browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 800},
    ) as context:
        page = context.new_page()
        for name, path in paths.items():
            page.goto(address + path)
            found = axe.run(page, options=options)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"

        page.goto(address + paths["unsubscribe"])
        page.get_by_role("button").click()
        done = axe.run(page, options=options)
        page.goto(
            address
            + (
                page.get_by_role("region", name="Blev det fel?")
                .locator("form")
                .get_attribute("action")
                or ""
            )
        )
        asked_back = axe.run(page, options=options)
        page.get_by_role("button").click()
        back = axe.run(page, options=options)

    for found in (done, asked_back, back):
        assert found.violations_count == 0, found.generate_report()


def test_what_one_presses_is_large_enough_for_a_thumb(
    browser: Browser, address: str, paths: dict[str, str]
) -> None:
    with browser.new_context(viewport={"width": 375, "height": 800}) as context:
        page = context.new_page()
        for path in paths.values():
            page.goto(address + path)

            heights = page.evaluate(
                "[...document.querySelectorAll('.button, nav a, .contents a, .more a')]"
                ".map(each => each.getBoundingClientRect().height).filter(height => height)"
            )

            assert min(heights) >= 44, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_focus_is_seen(browser: Browser, address: str, paths: dict[str, str], scheme: str) -> None:
    with browser.new_context(color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(address + paths["unsubscribe"])

        seen = 0
        while True:
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            seen += 1
            outline = page.evaluate(
                "(style => [style.outlineStyle, style.outlineWidth])"
                "(getComputedStyle(document.activeElement))"
            )
            assert outline == ["solid", "3px"]
        assert seen >= 5


def test_a_page_is_small_one_request_and_nothing_from_elsewhere(
    browser: Browser, address: str, paths: dict[str, str]
) -> None:
    asked: set[str] = set()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # That a page is missing is what one page is about.
        if "404 (Not Found)" not in message.text:
            complaints.append(message.text)

    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", note)
        page.on("request", lambda request: asked.add(request.url))
        for path in paths.values():
            answer = page.goto(address + path)
            assert answer is not None
            assert len(answer.body()) < 50_000
        page.goto(address + paths["issue"])
        picture_width = page.locator("figure img").evaluate("image => image.naturalWidth")

    assert complaints == []
    # A page is one request, pictures apart.
    besides = {url.removeprefix(address) for url in asked} - set(paths.values())
    assert all(url.startswith(("/bilder/", "/favicon.ico")) for url in besides), besides
    assert picture_width == 1200


def test_an_issue_prints_without_what_is_only_for_the_screen(
    browser: Browser, address: str, paths: dict[str, str]
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address + paths["issue"])

        page.emulate_media(media="print")

        for hidden in (".band", "footer", ".contents", ".skip", ".after"):
            assert not page.locator(hidden).is_visible()
        assert page.locator("h1").is_visible()
        after = page.locator(".more a").first.evaluate(
            "link => getComputedStyle(link, '::after').content"
        )
        assert "https://www.example.org/" in after
        page.goto(address + paths["issues"])
        for hidden in (".search", ".box"):
            assert not page.locator(hidden).is_visible()


def focused(page: Page) -> str:
    return page.locator(":focus").inner_text()
