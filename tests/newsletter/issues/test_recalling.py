"""What was written and sent before is remembered, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.issues import composing, editing, recalling
from newsletter.issues.hints import SentIssue
from newsletter.issues.section_rules import SectionRules
from newsletter.models import Issue, IssueState, Item, ItemKind
from tests.newsletter.issues.conftest import NOW


@pytest.fixture
def compose(newsletter_id: int, rules: SectionRules) -> Callable[..., Issue]:
    def issue_with(session: Session, day: date, *placed: Item) -> Issue:
        issue = composing.create(session, newsletter_id, issued_on=day, rules=rules, now=NOW)
        for item in placed:
            if item not in [p.item for part in issue.sections for p in part.placed_items]:
                composing.place(issue, item, rules=rules)
        session.flush()
        return issue

    return issue_with


def test_a_word_is_counted_once_for_each_story(
    database: Database, add_item: Callable[..., Item], compose: Callable[..., Issue]
) -> None:
    with database.writing() as session:
        one = add_item(session, "Vindkraft i vindkraft", date(2026, 1, 2), excerpt="Vindkraft.")
        add_item(session, "Mer VINDKRAFT", date(2026, 1, 3), excerpt="Här.")
        earlier = compose(session, date(2026, 1, 10))
        editing.edit_story(earlier, one.id, {"text": "Vindkraft och havsvind."})
        now = compose(session, date(2026, 2, 10))

        words = recalling.vocabulary(session, now)

    assert (words["vindkraft"], words["havsvind"], words["sol"]) == (2, 1, 0)


def test_words_written_in_this_very_issue_make_nothing_known(
    database: Database, add_item: Callable[..., Item], compose: Callable[..., Issue]
) -> None:
    with database.writing() as session:
        item = add_item(session, "Möte", date(2026, 1, 2))
        issue = compose(session, date(2026, 1, 10))
        editing.edit_story(issue, item.id, {"title": "Vindkaftsmöte"})
        session.flush()

        assert recalling.vocabulary(session, issue)["vindkaftsmöte"] == 0


@pytest.mark.parametrize(
    ("state", "is_sent"),
    [(IssueState.SENT, True), (IssueState.PAUSED, True), (IssueState.DRAFT, False),
     (IssueState.CANCELLED, False)],
)  # fmt: skip
def test_an_item_was_sent_before_if_its_issue_went_out(
    database: Database,
    add_item: Callable[..., Item],
    compose: Callable[..., Issue],
    state: IssueState,
    is_sent: bool,
) -> None:
    with database.writing() as session:
        item = add_item(session, "Film", date(2026, 1, 2))
        earlier = compose(session, date(2026, 1, 10))
        earlier.state = state
        issue = compose(session, date(2026, 2, 10), item)

        sent = recalling.sent_before(session, issue, [item.id])

        assert sent == ({item.id: SentIssue(1, date(2026, 1, 10))} if is_sent else {})
        assert recalling.sent_before(session, earlier, [item.id]) == {}


def test_titles_are_the_ones_readers_saw(
    database: Database, add_item: Callable[..., Item], compose: Callable[..., Issue]
) -> None:
    with database.writing() as session:
        one = add_item(session, "Film", date(2026, 1, 2))
        two = add_item(session, "Hav", date(2026, 1, 2))
        issue = compose(session, date(2026, 1, 10))
        editing.edit_story(issue, one.id, {"title": "Se filmen"})
        session.flush()

        assert recalling.titles_in(session, issue) == {one.id: "Se filmen", two.id: "Hav"}


def test_announcements_are_told_by_their_kind(
    database: Database, add_item: Callable[..., Item]
) -> None:
    with database.writing() as session:
        one = add_item(session, "Ute nu", date(2026, 1, 2), kind=ItemKind.ANNOUNCEMENT)
        two = add_item(session, "Film", date(2026, 1, 2))

        assert recalling.announcements_among(session, [one.id, two.id]) == {one.id}
