"""Every mail in Chromium: axe finds nothing, by day and by night, also where webmails cut."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from newsletter.rendering import load_theme, views
from newsletter.templates_folder import TemplatesFolder
from tests.browser import AXE_RULES, chromium, fetch_nothing
from tests.builders import make_issue_content
from tests.golden_mails import GoldenMail, golden_mails, issue_mail
from tests.tools import needs

pytestmark = needs("chromium")

Scheme = Literal["light", "dark"]
Opened = Callable[..., Page]
#: A letter is read from its beginning; it has no page around it to skip or to find one's way in.
NOT_FOR_LETTERS = {rule: {"enabled": False} for rule in ("region", "landmark-one-main", "bypass")}

#: Issues are laid out alike, and so are service mails.
EACH_LAYOUT = [mail for mail in golden_mails() if mail.name in ("issue", "confirmation")]

#: For each text that is seen: its colour and the one it stands on, as "r,g,b on r,g,b".
MEETINGS = """() => {
  const met = new Set(), rgb = colour => colour.match(/[\\d.]+/g);
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const element = words.currentNode.parentElement;
    if (!words.currentNode.data.trim() || !element.checkVisibility()) continue;
    let under = element;
    while (under && rgb(getComputedStyle(under).backgroundColor)[3] === "0")
      under = under.parentElement;
    const ground = under ? getComputedStyle(under).backgroundColor : "rgb(255,255,255)";
    const ink = rgb(getComputedStyle(element).color);
    met.add(ink.slice(0, 3).join() + " on " + rgb(ground).slice(0, 3).join());
  }
  return [...met];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Open a mail in a window of its own, with nothing to fetch."""
    contexts = []

    def opened(html: str, *, scheme: Scheme = "light", width: int = 700) -> Page:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.route("**/*", fetch_nothing)
        page.set_content(html)
        return page

    yield opened
    for context in contexts:
        context.close()


def complaints(page: Page) -> str:
    found = Axe().run(
        page,
        options={"runOnly": {"type": "tag", "values": AXE_RULES}, "rules": NOT_FOR_LETTERS},
    )
    return found.generate_report() if found.violations_count else ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("mail", golden_mails(), ids=str)
def test_axe_finds_nothing_in_a_mail(opened: Opened, mail: GoldenMail, scheme: Scheme) -> None:
    page = opened(mail.html, scheme=scheme)

    assert complaints(page) == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("mail", EACH_LAYOUT, ids=str)
def test_axe_finds_nothing_where_a_webmail_cut_head_and_body_away(
    opened: Opened, mail: GoldenMail, scheme: Scheme
) -> None:
    page = opened(views.in_a_web_page(mail.html), scheme=scheme)

    assert complaints(page) == ""


@pytest.mark.parametrize("mail", EACH_LAYOUT, ids=str)
def test_axe_finds_nothing_without_style_sheets_on_a_phone(
    opened: Opened, mail: GoldenMail
) -> None:
    page = opened(views.without_sheets(mail.html), width=375)

    assert complaints(page) == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["saklig", "gra"])
def test_the_theme_judges_every_pair_of_colours_that_meets(
    opened: Opened, name: str, scheme: Scheme
) -> None:
    mail = issue_mail("test", make_issue_content(test_number=2), theme=name)
    page = opened(mail.html, scheme=scheme)
    theme = load_theme(TemplatesFolder(), name)
    judged = {
        f"{rgb(pair.over_colour)} on {rgb(pair.under_colour)}"
        for pair in theme.pairs
        if pair.scheme == scheme and pair.is_text
    }

    met = set(page.evaluate(MEETINGS))

    assert len(met) > 5
    assert met <= judged


def rgb(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))


@pytest.mark.parametrize("view", [lambda html: html, views.without_sheets, views.without_pictures])
@pytest.mark.parametrize("mail", EACH_LAYOUT, ids=str)
def test_nothing_is_cut_off_on_a_small_phone_or_in_twice_as_large_letters(
    opened: Opened, mail: GoldenMail, view: type[str]
) -> None:
    page = opened(view(mail.html), width=320)
    narrow = page.evaluate("document.documentElement.scrollWidth")

    page.evaluate(TWICE_AS_LARGE)
    large = page.evaluate("document.documentElement.scrollWidth")

    assert (narrow, large) == (320, 320)
    assert page.evaluate(CUT_OFF) == []


#: As Outlook and Apple Mail do: the letters grow, the widths stay (WCAG 2.2, 1.4.4).
TWICE_AS_LARGE = """() => {
  const sizes = [...document.querySelectorAll("body *")].map(
    element => [element, parseFloat(getComputedStyle(element).fontSize)]
  );
  for (const [element, size] of sizes) {
    element.style.setProperty("font-size", 2 * size + "px", "important");
    element.style.setProperty("line-height", "1.5", "important");
  }
}"""
#: Words that reach out of the window.
CUT_OFF = """() => [...document.querySelectorAll("h1, h2, h3, p, li, a")]
  .filter(element => element.checkVisibility() && element.getBoundingClientRect().right > 321)
  .map(element => element.textContent)"""


@pytest.mark.parametrize("mail", EACH_LAYOUT, ids=str)
def test_nothing_is_cut_off_where_a_reader_spaces_the_letters(
    opened: Opened, mail: GoldenMail
) -> None:
    page = opened(mail.html, width=320)

    page.add_style_tag(content=SPACED)

    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert page.evaluate(CUT_OFF) == []


#: WCAG 2.2, 1.4.12.
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }"""


def test_what_one_presses_on_a_phone_is_large_enough_for_a_thumb(opened: Opened) -> None:
    page = opened(golden_mails()[0].html, width=375)

    heights = page.evaluate(
        "[...document.querySelectorAll('.links a, .button a')]"
        ".map(each => each.getBoundingClientRect().height)"
    )

    assert len(heights) >= 5
    assert min(heights) >= 44


@pytest.mark.parametrize("mail", EACH_LAYOUT, ids=str)
def test_every_link_keeps_its_distance_also_without_style_sheets(
    opened: Opened, mail: GoldenMail
) -> None:
    # WCAG 2.2, 2.5.8: 24 pixels from one to the next; links within a sentence are excepted.
    page = opened(views.without_sheets(mail.html), width=375)

    tops = page.evaluate(
        "[...document.querySelectorAll('.links a')].map(a => a.getBoundingClientRect().top)"
    )

    assert all(below - above >= 24 for above, below in itertools.pairwise(tops))


def test_pictures_that_are_not_fetched_leave_their_words(opened: Opened) -> None:
    page = opened(views.without_pictures(golden_mails()[0].html))
    picture = page.get_by_role("img")

    assert picture.get_attribute("alt") == "En sal full av människor som räcker upp handen."
    style = picture.evaluate("img => [getComputedStyle(img).color, getComputedStyle(img).fontSize]")
    assert style == ["rgb(21, 21, 21)", "14px"]


def test_views_show_what_they_say(opened: Opened) -> None:
    html = golden_mails()[0].html
    ground = "getComputedStyle(document.body).backgroundColor"

    by_day = opened(views.by_day(html), scheme="dark").evaluate(ground)
    by_night = opened(views.by_night(html), scheme="light").evaluate(ground)

    assert (by_day, by_night) == ("rgb(238, 241, 243)", "rgb(18, 24, 31)")
    assert "<style" not in views.without_sheets(html)
    assert not re.search(r'<img[^>]*src="http', views.without_pictures(html))
