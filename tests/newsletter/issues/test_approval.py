"""Nothing is approved unchecked, and nothing is sent that was not approved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa

from newsletter.content import RenderedIssue, Sender
from newsletter.database import Database
from newsletter.errors import (
    IssueStateError,
    NoSuchError,
    TamperedError,
    UncheckedError,
    UnsafeError,
    UsageError,
)
from newsletter.issues import approval, checking, composing, editing
from newsletter.issues.hints import Hint, Place, Severity
from newsletter.issues.section_rules import SectionRules
from newsletter.models import Issue, IssueState, Item, RenderedIssueRow
from subscribers.wording import Sentence
from tests.builders import make_issue_content
from tests.newsletter.issues.conftest import NOW

CONTENT = make_issue_content()
RENDERED = RenderedIssue(
    subject="Ämne", html="<p>å</p>", text="å", web_article="<article>", feed_entry="<p>"
)
SENDER = Sender(
    from_name="Externa relationer",
    from_address="nyhetsbrev@example.org",
    reply_to="redaktionen@example.org",
    list_id="nyhetsbrev.example.org",
    list_name="Nyhetsbrev",
)


def make_hint(severity: Severity, about: str = "words") -> Hint:
    return Hint(
        code="TEST", severity=severity, place=Place("title", 1), message=Sentence("x"), about=about
    )


@pytest.fixture
def issue_name(
    database: Database, newsletter_id: int, rules: SectionRules, add_item: Callable[..., Item]
) -> str:
    with database.writing() as session:
        add_item(session, "I Bryssel", date(2026, 11, 1))
        return composing.create(
            session, newsletter_id, issued_on=date(2026, 11, 20), rules=rules, now=NOW
        ).name


def approve(database: Database, newsletter_id: int, name: str, *open_hints: Hint) -> None:
    with database.writing() as session:
        approval.approve(
            session,
            composing.find(session, newsletter_id, name),
            content=CONTENT,
            rendered=RENDERED,
            sender=SENDER,
            open_hints=open_hints,
            approved_by="Robin Exempel",
            now=NOW,
        )


def test_what_was_approved_comes_back_exactly(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    approve(database, newsletter_id, issue_name)

    with database.reading() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        thawed = approval.thaw(approval.frozen(session, issue))

    assert issue.state is IssueState.APPROVED
    assert thawed == approval.FrozenIssue(CONTENT, RENDERED, SENDER)


@pytest.mark.parametrize("severity", [Severity.RED, Severity.YELLOW])
def test_an_open_hint_blocks_approval(
    database: Database, newsletter_id: int, issue_name: str, severity: Severity
) -> None:
    with pytest.raises(UncheckedError) as refusal:
        approve(database, newsletter_id, issue_name, make_hint(severity))

    assert refusal.value.exit_code == 4
    with database.reading() as session:
        assert session.scalar(sa.select(Issue.state)) is IssueState.DRAFT


def test_a_grey_hint_does_not_block(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    approve(database, newsletter_id, issue_name, make_hint(Severity.GREY))


@pytest.mark.parametrize(
    "column",
    ["snapshot", "subject", "sender", "base_url", "html", "text", "web_article", "feed_entry"],
)
def test_a_change_of_anything_frozen_is_noticed(
    database: Database, newsletter_id: int, issue_name: str, column: str
) -> None:
    approve(database, newsletter_id, issue_name)
    with database.writing() as session:
        session.execute(sa.update(RenderedIssueRow).values({column: "tampered"}))

    with database.reading() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        with pytest.raises(TamperedError):
            approval.frozen(session, issue)


def test_a_draft_has_nothing_frozen(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    approve(database, newsletter_id, issue_name)
    with database.writing() as session:
        editing.edit_issue(
            session, composing.find(session, newsletter_id, issue_name), {"subject": "Nytt"}
        )

    with database.reading() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        with pytest.raises(IssueStateError):
            approval.frozen(session, issue)


def test_a_yellow_hint_is_accepted_with_a_reason_and_a_name_until_its_words_change(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    yellow, changed = make_hint(Severity.YELLOW), make_hint(Severity.YELLOW, about="other")
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        accepted = checking.accept(
            session,
            issue,
            code="test",
            item_id=1,
            found=[yellow],
            reason="Rätt",
            name="Kim",
            now=NOW,
        )

    with database.reading() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        assert accepted == 1
        assert checking.still_open(session, issue, [yellow, changed]) == [changed]


def test_a_red_hint_cannot_be_accepted(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    red = make_hint(Severity.RED)
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)

        with pytest.raises(UnsafeError):
            checking.accept(
                session,
                issue,
                code="TEST",
                item_id=None,
                found=[red],
                reason="a",
                name="b",
                now=NOW,
            )

        assert checking.still_open(session, issue, [red]) == [red]


@pytest.mark.parametrize(("reason", "name"), [("", "Kim"), ("Rätt", " ")])
def test_an_acceptance_without_reason_or_name_is_refused(
    database: Database, newsletter_id: int, issue_name: str, reason: str, name: str
) -> None:
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)

        with pytest.raises(UsageError):
            checking.accept(
                session, issue, code="TEST", item_id=None, found=[make_hint(Severity.YELLOW)],
                reason=reason, name=name, now=NOW,
            )  # fmt: skip


def test_a_hint_that_is_not_there_cannot_be_accepted(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)

        with pytest.raises(NoSuchError):
            checking.accept(
                session, issue, code="ALT", item_id=None, found=[], reason="a", name="b", now=NOW
            )
