"""Read earlier issues as anybody may: only what has begun to go out, as it was approved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import issue_from_json
from newsletter.issues import approval
from newsletter.models import Issue, IssueState, Newsletter, RenderedIssueRow

Columns = TypeVarTuple("Columns")

_NAME = re.compile(r"(\d{4})-(\d{2,4})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedIssue:
    """One line of the list of earlier issues."""

    #: Year and number: "2017-02".
    name: str
    number: int
    issued_on: date
    subject: str
    #: The language it is written in.
    language: str
    #: Titles of its stories, in the editor's order.
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebVersion:
    """One issue as an article for the web, exactly as it was approved."""

    name: str
    issued_on: date
    subject: str
    preheader: str
    language: str
    #: HTML, made by us out of escaped text when the issue was rendered.
    article: str


def published(session: Session, *, newsletter: str) -> list[PublishedIssue]:
    """Return every issue of the newsletter (its slug) that has begun to go out, newest first."""
    rows = session.execute(
        _visible(sa.select(RenderedIssueRow.subject, RenderedIssueRow.snapshot), newsletter)
        .order_by(Issue.issued_on.desc(), Issue.year.desc(), Issue.number.desc())
        .order_by(RenderedIssueRow.id.desc())
    )
    found: dict[str, PublishedIssue] = {}
    for row in rows:
        content = issue_from_json(row.snapshot)
        # The same content can have been approved twice; both rows say the same.
        found.setdefault(
            content.name,
            PublishedIssue(
                name=content.name,
                number=content.number,
                issued_on=content.issued_on,
                subject=row.subject,
                language=content.language,
                titles=tuple(story.title for story in content.stories),
            ),
        )
    return list(found.values())


def find(session: Session, name: str, *, newsletter: str) -> WebVersion | None:
    """Return the issue called `name`, as "2017-02"; None if there is none that anybody may see.

    Raises TamperedError: what is stored is not what was approved.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    year, number = int(match[1]), int(match[2])
    issue: Issue | None = session.scalars(
        _visible(sa.select(Issue), newsletter)
        .where(Issue.year == year, Issue.number == number)
        .limit(1)
    ).first()
    if issue is None or issue.name != name:
        return None
    row = approval.frozen(session, issue)
    content = issue_from_json(row.snapshot)
    return WebVersion(
        name=content.name,
        issued_on=content.issued_on,
        subject=row.subject,
        preheader=content.preheader,
        language=content.language,
        article=row.web_article,
    )


def _visible(query: sa.Select[*Columns], newsletter: str) -> sa.Select[*Columns]:
    begun = sa.or_(
        Issue.state.in_((IssueState.SENDING, IssueState.SENT)),
        # Some readers have it already, and their letters lead here.
        sa.and_(
            Issue.state.in_((IssueState.PAUSED, IssueState.CANCELLED)),
            Issue.sending_since.is_not(None),
        ),
    )
    approved = sa.and_(
        RenderedIssueRow.issue_id == Issue.id, RenderedIssueRow.sha256 == Issue.approved_sha256
    )
    return (
        query.select_from(Issue)
        .join(Newsletter, Issue.newsletter_id == Newsletter.id)
        .join(RenderedIssueRow, approved)
        .where(Newsletter.slug == newsletter, begun)
    )
