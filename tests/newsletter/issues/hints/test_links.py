"""What was found where a link leads becomes a hint; what could not be found out is no dead link."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.issues.hints import LinkResult, LinkState, Severity
from tests.builders import make_event
from tests.newsletter.issues.hints.looking import in_issue, in_story

URL = "https://www.example.org/a"
DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("state", "severity", "said"),
    [
        (LinkState(LinkResult.GONE, DAY, 404), Severity.RED, "leads to no page (404"),
        (LinkState(LinkResult.FAILS, DAY, 500), Severity.YELLOW, "leads to an error (500"),
        (LinkState(LinkResult.FAILS, DAY), Severity.YELLOW, "leads to an error (–"),
        (LinkState(LinkResult.SILENT, DAY), Severity.YELLOW, "Nobody answers"),
        (LinkState(LinkResult.UNKNOWN, DAY, 403), Severity.GREY, "could not be checked"),
    ],
)
def test_deadlink_weighs_as_much_as_is_known(
    state: LinkState, severity: Severity, said: str
) -> None:
    [hint] = in_story("DEADLINK", url=URL, memory={"links": {URL: state}})

    assert hint.severity is severity
    assert said in hint.message.in_english()
    assert str(hint.place) == "item 2, url"
    assert hint.fix is None


def test_deadlink_lets_pages_be_and_links_nobody_looked_at() -> None:
    answers = {URL: LinkState(LinkResult.ANSWERS, DAY, 200)}

    assert in_story("DEADLINK", url=URL, memory={"links": answers}) == []
    assert in_story("DEADLINK", url=f"{URL}b", memory={"links": answers}) == []


def test_deadlink_looks_at_the_calendar_too() -> None:
    gone = {URL: LinkState(LinkResult.GONE, DAY, 410)}

    found = in_issue("DEADLINK", calendar=(make_event(url=URL),), memory={"links": gone})

    assert [hint.severity for hint in found] == [Severity.RED]


@pytest.mark.parametrize(
    ("has_https", "said", "is_fixable"),
    [(True, "is under https:// too", True), (False, "not found under", False), (None, "Try", True)],
)
def test_httplink_says_what_is_known_of_https(
    has_https: bool | None, said: str, is_fixable: bool
) -> None:
    url = "http://www.example.org/a"
    state = LinkState(LinkResult.ANSWERS, DAY, 200, has_https)

    [hint] = in_story("HTTPLINK", url=url, memory={"links": {url: state}})

    assert said in hint.message.in_english()
    assert (hint.fix is not None) is is_fixable
