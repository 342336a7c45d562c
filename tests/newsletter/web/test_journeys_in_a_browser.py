"""Every way a reader can go, by keyboard alone: in both languages, with scripts and without.

At each page on the way it is looked whether all of it fits the screen and can be pressed.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page

from newsletter.app import App
from newsletter.language import Language
from newsletter.settings import FurtherNewsletterSettings, Settings
from subscribers.models import AddressChange, Subscriber, Subscription, SubscriptionState
from subscribers.tokens import Claim, Purpose
from tests.newsletter.web.conftest import Reader, on_loopback, publish_issue

# The ways do not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

#: Pixels; the narrowest is what WCAG asks for (1.4.10).
NARROWEST, PHONE, COMPUTER = 320, 375, 1280
#: A newsletter beside the first.
OTHER = "Forskningsnytt"
#: More than any page has to tab through.
_MOST_TABS = 40
#: What of a page cannot be seen or pressed: it stands outside of the screen, is cut, or is smaller
#: than 24 pixels (WCAG 2.5.8, which leaves out links in running text).
_CRAMPED = """() => {
  const name = one => `${one.tagName} ${one.id || one.className || one.innerText}`;
  const wide = document.documentElement.clientWidth;
  const shown = [...document.body.querySelectorAll('*')].filter(one =>
    one.checkVisibility() && one.getClientRects().length && !one.closest('.skip, .trap, svg'));
  const box = one => one.getBoundingClientRect();
  const outside = shown.filter(one => box(one).left < -0.5 || box(one).right > wide + 0.5);
  const cut = shown.filter(one => getComputedStyle(one).overflowX !== 'visible'
    && one.scrollWidth > one.clientWidth + 1 && !one.matches('input, select'));
  const small = shown.filter(one => one.matches('a, button, input, select, summary')
    && getComputedStyle(one).display !== 'inline'
    && (box(one).width < 24 || box(one).height < 24));
  return [
    ...outside.map(one => `outside: ${name(one)}`),
    ...cut.map(one => `cut: ${name(one)}`),
    ...small.map(one => `small: ${name(one)}`),
    ...(document.documentElement.scrollWidth > innerWidth ? ['scrolls sideways'] : []),
  ];
}"""
#: What has the focus: a field by its name, all else by its words.
_FOCUSED = "(one => one.name || one.innerText || '')(document.activeElement)"


@dataclass(frozen=True)
class Walk:
    """Somebody with a keyboard and nothing else, on their way through pages in their language."""

    page: Page
    words: Language
    site: str

    def open(self, path: str, heading: str) -> None:
        self.page.goto(f"{self.site}{path}")
        self.arrive(heading)

    def press(self, name: str, *, key: str = "Enter") -> None:
        self.reach(self.words.gettext(name))
        self.page.keyboard.press(key)

    def reach(self, name: str) -> None:
        """Go to what is so called: by its words, or a field by its name."""
        for _ in range(_MOST_TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(_FOCUSED) == name:
                return
        raise AssertionError(f"{name!r} cannot be reached with the keyboard")

    def type(self, field: str, text: str) -> None:
        self.reach(field)
        self.page.keyboard.insert_text(text)

    def arrive(self, heading: str) -> None:
        said = self.words.gettext(heading)
        self.page.get_by_role("heading", name=said, level=1, exact=True).wait_for()
        assert self.page.evaluate(_CRAMPED) == [], said


@pytest.fixture
def settings(settings: Settings) -> Settings:
    further = FurtherNewsletterSettings(slug="forskning", name=OTHER)
    values = {name: getattr(settings, name) for name in settings.model_fields_set}
    return Settings(**values | {"newsletters": [further]})


@pytest.fixture
def app(app: App) -> App:
    return on_loopback(app)


# Pages hold no script, so each width and each language goes once with them and once without.
@pytest.mark.parametrize(
    ("language", "width", "scripts"),
    [
        ("sv", NARROWEST, False), ("sv", PHONE, True), ("sv", COMPUTER, False),
        ("en", NARROWEST, True), ("en", PHONE, False), ("en", COMPUTER, True),
    ],
)  # fmt: skip
def test_a_reader_goes_every_way_by_keyboard(
    browser: Browser, app: App, address: str, language: str, width: int, scripts: bool
) -> None:
    with browser.new_context(
        java_script_enabled=scripts, viewport={"width": width, "height": 640}
    ) as context:
        walk = Walk(context.new_page(), app.templates.language(language), address)
        reader = joins(walk, app, language)
        assert reader.state is SubscriptionState.ACTIVE
        settings = settings_of(reader)

        pauses(walk, settings)
        assert paused(app)
        leaves_and_comes_back(walk, reader)
        assert reader.state is SubscriptionState.ACTIVE
        changes_address_and_takes_it_back(walk, app, settings)
        assert address_of(app) == "kim.exempel@example.org"
        fetches_the_data(walk, reader, settings)
        is_erased(walk, settings)

    assert reader.state is None


def test_a_second_newsletter_is_found_joined_and_left_by_itself(
    browser: Browser, app: App, address: str, reader: Reader
) -> None:
    other = app.of("forskning")
    publish_issue(other, subject="Den andra", path="/nyhetsbrev/forskning")
    with browser.new_context(viewport={"width": PHONE, "height": 640}) as context:
        walk = Walk(context.new_page(), app.templates.language("sv"), address)

        walk.open("/nyhetsbrev/forskning", "Earlier issues")
        walk.press("Den andra")
        walk.arrive("Den andra")
        walk.press("Subscribe")
        walk.arrive("Subscribe to the newsletter")
        walk.type("email", "kim.exempel@example.org")
        walk.press("Sign me up")
        walk.arrive("Thank you! One step is left")
        theirs = Reader(other, reader.id)
        walk.open(f"/bekrafta/{theirs.token(Purpose.CONFIRM)}", "Do you want to subscribe?")
        walk.press("Yes, I want to subscribe")
        walk.arrive("Welcome!")
        names = [walk.page.locator(".wordmark strong").inner_text()]
        walk.open(settings_of(theirs), "Your subscription")
        walk.press(app.settings.newsletter.name)
        walk.arrive("Your subscription")
        names.append(walk.page.locator(".wordmark strong").inner_text())
        walk.press("End the subscription")
        walk.arrive("Do you want to unsubscribe?")
        walk.press("Yes, unsubscribe me")
        walk.arrive("You will get no more newsletters")

    assert names == [OTHER, app.settings.newsletter.name]
    assert reader.state is SubscriptionState.UNSUBSCRIBED
    assert theirs.state is SubscriptionState.ACTIVE


def settings_of(reader: Reader) -> str:
    return f"/nyhetsbrev/installningar/{reader.token(Purpose.SETTINGS)}"


def joins(walk: Walk, app: App, language: str) -> Reader:
    walk.open(f"/nyhetsbrev/prenumerera?lang={language}", "Subscribe to the newsletter")
    walk.press("Sign me up")
    walk.page.get_by_role("alert").wait_for()
    walk.arrive("Subscribe to the newsletter")
    walk.type("email", "kim.exempel@example.org")
    walk.press("Sign me up")
    walk.arrive("Thank you! One step is left")
    with app.database.reading() as session:
        reader = Reader(app, session.scalars(sa.select(Subscriber.id)).one())
    assert reader.state is SubscriptionState.PENDING
    walk.open(f"/bekrafta/{reader.token(Purpose.CONFIRM)}", "Do you want to subscribe?")
    walk.press("Yes, I want to subscribe", key="Space")
    walk.arrive("Welcome!")
    assert walk.page.locator("html").get_attribute("lang") == language
    return reader


def pauses(walk: Walk, settings: str) -> None:
    walk.open(settings, "Your subscription")
    walk.reach("pause")
    walk.page.keyboard.press("ArrowDown")
    walk.press("Save")
    walk.page.get_by_role("status").wait_for()
    walk.arrive("Your subscription")


def leaves_and_comes_back(walk: Walk, reader: Reader) -> None:
    walk.press("End the subscription")
    walk.arrive("Do you want to unsubscribe?")
    walk.press("Yes, unsubscribe me")
    walk.arrive("You will get no more newsletters")
    assert reader.state is SubscriptionState.UNSUBSCRIBED
    walk.press("Undo", key="Space")
    walk.arrive("You subscribe again")


def changes_address_and_takes_it_back(walk: Walk, app: App, settings: str) -> None:
    walk.open(settings, "Your subscription")
    walk.press("Change e-mail address")
    walk.arrive("Change e-mail address")
    walk.type("email", "kim@exempel.example.net")
    walk.press("Change address")
    walk.arrive("Confirm from the new inbox")
    assert address_of(app) == "kim.exempel@example.org"
    with app.database.reading() as session:
        change = session.scalars(sa.select(AddressChange.id)).one()

    def link(page: str, purpose: Purpose) -> str:
        token = app.keys.sign(Claim(purpose, change, app.newsletter_id, app.clock()))
        return f"/{page}/{token}"

    walk.open(link("ny-adress", Purpose.NEW_ADDRESS), "Use this address?")
    walk.press("Yes, use this address")
    walk.arrive("The new address is in use")
    assert address_of(app) == "kim@exempel.example.net"
    walk.open(link("gammal-adress", Purpose.OLD_ADDRESS), "Take back the old address?")
    walk.press("Yes, take it back")
    walk.arrive("The old address is back")


def fetches_the_data(walk: Walk, reader: Reader, settings: str) -> None:
    walk.open(settings, "Your subscription")
    walk.press("Fetch my data")
    walk.arrive("Fetch my data")
    walk.press("Mail me the link")
    walk.arrive("Look in your inbox")
    walk.open(f"/mina-uppgifter/{reader.token(Purpose.DATA)}", "Your data")
    with walk.page.expect_download() as download:
        walk.press("Download as files (a page, and JSON for programs)")
    assert download.value.suggested_filename.endswith(".zip")


def is_erased(walk: Walk, settings: str) -> None:
    walk.open(settings, "Your subscription")
    walk.press("Erase my data")
    walk.arrive("Erase my data?")
    walk.reach("forget")
    walk.page.keyboard.press("Space")
    walk.press("Yes, erase everything")
    walk.arrive("Your data are erased")


def paused(app: App) -> bool:
    with app.database.reading() as session:
        return session.scalars(sa.select(Subscription.paused_until)).one() is not None


def address_of(app: App) -> str:
    with app.database.reading() as session:
        return session.scalars(sa.select(Subscriber.address)).one()
