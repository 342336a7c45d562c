"""Freeze an issue: the content and every rendering of it, hashed together with sender and address.

What is sent, shown on the web and put into the archive later is read from the frozen row alone,
after its hash was checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import (
    IssueContent,
    RenderedIssue,
    Sender,
    sha256_of,
)
from newsletter.content_json import issue_from_json, sender_from_json, to_json
from newsletter.errors import IssueStateError, TamperedError, UncheckedError
from newsletter.issues.hints import Hint, Severity
from newsletter.models import Issue, IssueState, RenderedIssueRow
from subscribers.wording import Sentence


def approve(
    session: Session,
    issue: Issue,
    *,
    content: IssueContent,
    rendered: RenderedIssue,
    sender: Sender,
    open_hints: Sequence[Hint],
    approved_by: str,
    now: datetime,
) -> RenderedIssueRow:
    """Freeze exactly what was checked and make the issue approved.

    `open_hints` are those that nobody accepted. Approving the same content again gives the same
    hash.

    Raises UncheckedError: a red or an unaccepted yellow hint is left, or nothing is in the issue;
    IssueStateError: its sending has begun.
    """
    if issue.state not in (IssueState.DRAFT, IssueState.APPROVED):
        raise IssueStateError(
            "Issue {issue} cannot be approved: it is {state}. Nothing was changed.",
            issue=issue.name,
            state=Sentence(issue.state.value),
        )
    red = sum(hint.severity is Severity.RED for hint in open_hints)
    yellow = sum(hint.severity is Severity.YELLOW for hint in open_hints)
    if red or yellow:
        raise UncheckedError(
            "Issue {issue} was not approved: {red} red and {yellow} yellow hints are left. "
            "Mend the red ones; mend or accept the yellow ones. "
            "See them: newsletter issues check {issue}",
            issue=issue.name,
            red=red,
            yellow=yellow,
        )
    if not content.stories and not content.calendar:
        raise UncheckedError(
            "Issue {issue} was not approved: there is nothing in it. "
            "Add an item: newsletter issues add-item {issue} ID",
            issue=issue.name,
        )
    row = RenderedIssueRow(
        issue_id=issue.id,
        sha256="",
        snapshot=to_json(content),
        subject=rendered.subject,
        sender=to_json(sender),
        base_url=content.base_url,
        html=rendered.html,
        text=rendered.text,
        web_article=rendered.web_article,
        feed_entry=rendered.feed_entry,
        approved_by=approved_by,
        approved_at=now,
    )
    row.sha256 = _hash_of(row)
    session.add(row)
    issue.approved_sha256 = row.sha256
    issue.state = IssueState.APPROVED
    return row


def hash_of(content: IssueContent, rendered: RenderedIssue, sender: Sender) -> str:
    """Return the hash that an issue would be frozen under as it is now (`_hash_of` a row)."""
    return sha256_of(
        to_json(content),
        rendered.subject,
        to_json(sender),
        content.base_url,
        rendered.html,
        rendered.text,
        rendered.web_article,
        rendered.feed_entry,
    )


def frozen(session: Session, issue: Issue) -> RenderedIssueRow:
    """Return what was approved, after checking that it is still exactly that.

    Raises IssueStateError: the issue is not approved; TamperedError: the hash does not fit.
    """
    if issue.approved_sha256 is None:
        raise IssueStateError(
            "Issue {issue} is not approved. Nothing was sent. "
            "Check and approve it first: newsletter issues approve {issue}",
            issue=issue.name,
        )
    row = session.scalars(
        sa.select(RenderedIssueRow)
        .where(
            RenderedIssueRow.issue_id == issue.id,
            RenderedIssueRow.sha256 == issue.approved_sha256,
        )
        .order_by(RenderedIssueRow.id.desc())
        .limit(1)
    ).first()
    if row is None or _hash_of(row) != issue.approved_sha256:
        raise TamperedError(
            "What is stored for issue {issue} is not what was approved. Nothing was sent. "
            "Find out who changed the database, then approve the issue again.",
            issue=issue.name,
        )
    return row


@dataclass(frozen=True, slots=True)
class FrozenIssue:
    """What was approved, as values again."""

    content: IssueContent
    rendered: RenderedIssue
    sender: Sender


def thaw(row: RenderedIssueRow) -> FrozenIssue:
    """Return the values a frozen row was made from."""
    return FrozenIssue(
        content=issue_from_json(row.snapshot),
        rendered=RenderedIssue(
            subject=row.subject,
            html=row.html,
            text=row.text,
            web_article=row.web_article,
            feed_entry=row.feed_entry,
        ),
        sender=sender_from_json(row.sender),
    )


def _hash_of(row: RenderedIssueRow) -> str:
    return sha256_of(
        row.snapshot,
        row.subject,
        row.sender,
        row.base_url,
        row.html,
        row.text,
        row.web_article,
        row.feed_entry,
    )
