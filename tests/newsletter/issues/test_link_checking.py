"""Links are looked at by a program that is polite, and what was found is kept for the hints."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.cli.command import REFUSED
from newsletter.cli.proofs import check as check_command
from newsletter.database import Database
from newsletter.issues import composing, link_checking, proof
from newsletter.issues.hints import LinkResult
from newsletter.models import Issue, IssueState, Item
from newsletter.worker import links
from tests.conftest import Clock
from tests.newsletter.fetching.web_server import Answer, WebServer, web_server
from tests.newsletter.items.test_import_from_the_web import Given

BASE = "http://www.example.org"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def online(app: App, web: WebServer) -> App:
    """The program, with the web as the test has it."""
    return dataclasses.replace(app, make_fetcher=lambda _: web.fetcher())


def made(app: App, session: Session) -> Issue:
    return composing.create(
        session,
        app.newsletter_id,
        issued_on=date(2026, 11, 25),
        rules=app.press.section_rules,
        now=app.clock(),
    )


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer(), LinkResult.ANSWERS),
        (Answer(headers={"Content-Type": "application/pdf"}), LinkResult.ANSWERS),
        (Answer(status=404), LinkResult.GONE),
        (Answer(status=410), LinkResult.GONE),
        (Answer(status=500), LinkResult.FAILS),
        (Answer(status=302, headers={"Location": "/x"}), LinkResult.FAILS),
        (Answer(status=302, headers={"Location": "http://inside.example.org"}), LinkResult.UNKNOWN),
        (Answer(status=403), LinkResult.UNKNOWN),
        (Answer(status=429), LinkResult.UNKNOWN),
        (Answer(act=lambda connection: connection.close()), LinkResult.UNKNOWN),
    ],
)
def test_each_answer_is_taken_for_what_it_is(
    database: Database, web: WebServer, clock: Clock, answer: Answer, result: LinkResult
) -> None:
    web.answers["/x"] = answer
    web.names["inside.example.org"] = ["10.0.0.1"]

    found = link_checking.check(database, web.fetcher(), [f"{BASE}/x"], clock=clock)

    assert found[f"{BASE}/x"].result is result
    with database.reading() as session:
        kept = link_checking.known(session, [f"{BASE}/x"])[f"{BASE}/x"]
        assert kept.result == result.value
        assert kept.checked_at == clock()


def test_silence_counts_only_while_others_answer(
    database: Database, web: WebServer, clock: Clock
) -> None:
    web.answers["/here"] = Answer()
    web.answers["/silent"] = Answer(act=lambda connection: connection.close())
    silent, here = f"{BASE}/silent", f"{BASE}/here"

    alone = link_checking.check(database, web.fetcher(), [silent], clock=clock)
    beside = link_checking.check(database, web.fetcher(), [silent, here], clock=clock)
    lately = link_checking.check(database, web.fetcher(), [silent], clock=clock)
    clock.forward(hours=2)
    later = link_checking.check(database, web.fetcher(), [silent], clock=clock)

    assert alone[silent].result is LinkResult.UNKNOWN
    assert beside[silent].result is LinkResult.SILENT
    assert beside[here].result is LinkResult.ANSWERS
    assert lately[silent].result is LinkResult.SILENT
    assert later[silent].result is LinkResult.UNKNOWN


def test_robots_are_kept_away_where_the_server_says_so(
    database: Database, web: WebServer, clock: Clock
) -> None:
    web.answers["/robots.txt"] = Answer(body=b"User-agent: *\nDisallow: /x")

    found = link_checking.check(database, web.fetcher(), [f"{BASE}/x"], clock=clock)

    assert found[f"{BASE}/x"].result is LinkResult.UNKNOWN
    assert "/x" not in [path for _, path in web.asked]


def test_what_is_known_is_not_asked_again_too_soon(
    database: Database, web: WebServer, clock: Clock
) -> None:
    web.answers["/good"] = Answer()
    urls = [f"{BASE}/good", f"{BASE}/gone"]
    link_checking.check(database, web.fetcher(), urls, clock=clock)

    def stale() -> list[str]:
        with database.reading() as session:
            return link_checking.stale(session, urls, now=clock())

    assert stale() == []
    clock.forward(hours=3)
    assert stale() == [f"{BASE}/gone"]
    clock.forward(hours=22)
    assert stale() == urls


def test_the_worker_looks_at_issues_that_can_still_be_changed(
    online: App, add_item: Callable[..., Item]
) -> None:
    newsletter_id = online.newsletter_id
    with online.database.writing() as session:
        add_item(session, "Möte", date(2026, 11, 24), url=f"{BASE}/gone")
        name = made(online, session).name

    assert links.has_stale(online)
    assert links.check_stale(online) == "1 looked at, 0 left"
    assert not links.has_stale(online)

    with online.database.writing() as session:
        issue = composing.find(session, newsletter_id, name)
        codes = {hint.code: hint for hint in proof.pull(session, issue, online.press).hints}
        assert codes["DEADLINK"].severity.value == "red"
        issue.state = IssueState.SENT
    online.clock.forward(days=9)  # type: ignore[attr-defined]
    assert not links.has_stale(online)


def test_an_editor_can_have_the_links_looked_at_now(
    online: App, web: WebServer, add_item: Callable[..., Item]
) -> None:
    assert online.newsletter_id
    with online.database.writing() as session:
        add_item(session, "Möte", date(2026, 11, 24), url=f"{BASE}/gone")
        name = made(online, session).name
    given = Given(app=online, said=[])

    check_command(name, common=given)
    assert web.asked == []
    code = check_command(name, links=True, common=given)

    before, after = given.said
    assert (before["unseen_links"], after["unseen_links"]) == (1, 0)
    assert "DEADLINK" in [hint["code"] for hint in after["hints"]]
    assert code == REFUSED
