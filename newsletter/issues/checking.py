"""Check an issue: the hints there are, and which of the yellow ones somebody let stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import IssueContent, RenderedIssue
from newsletter.errors import NoSuchError, UnsafeError, UsageError
from newsletter.issues import hints, recalling
from newsletter.issues.composing import latest
from newsletter.issues.editing import opened
from newsletter.issues.hints import Dictionary, Hint, Severity, Words
from newsletter.models import AcceptedHint, Issue


def check(
    session: Session,
    issue: Issue,
    *,
    content: IssueContent,
    rendered: RenderedIssue,
    words: Words,
    dictionaries: Mapping[str, Dictionary],
) -> list[Hint]:
    """Return every hint about an issue, accepted ones among them."""
    before = latest(session, issue.newsletter_id, before=issue.issued_on - timedelta(days=1))
    item_ids = [story.item_id for story in content.stories]
    return hints.find(
        hints.Checked(
            content=content,
            rendered=rendered,
            words=words,
            dictionaries=dictionaries,
            previous_subject=before.subject if before else "",
            previous_titles=recalling.titles_in(session, before) if before else {},
            sent_before=recalling.sent_before(session, issue, item_ids),
            vocabulary=recalling.vocabulary(session, issue),
            links=recalling.links(session, content),
            announcements=recalling.announcements_among(session, item_ids),
            empty_sections=tuple(part.name for part in issue.sections if not part.placed_items),
        )
    )


def still_open(session: Session, issue: Issue, found: Sequence[Hint]) -> list[Hint]:
    """Return the hints that nobody accepted; a red one cannot be accepted."""
    accepted = {
        (row.code, row.fingerprint)
        for row in session.scalars(sa.select(AcceptedHint).where(AcceptedHint.issue_id == issue.id))
    }
    return [
        hint
        for hint in found
        if hint.severity is Severity.RED or (hint.code, hint.fingerprint) not in accepted
    ]


def accept(
    session: Session,
    issue: Issue,
    *,
    code: str,
    item_id: int | None,
    found: Sequence[Hint],
    reason: str,
    name: str,
    now: datetime,
) -> int:
    """Let the yellow hints of a code stand, of one item or of all; return how many.

    Raises NoSuchError: there is no such hint; UnsafeError: it is red; UsageError: no reason or
    no name; IssueStateError: the sending of the issue has begun.
    """
    if not reason.strip() or not name.strip():
        raise UsageError(
            "A hint is accepted with a reason and a name. Nothing was changed. "
            "Say why it is right all the same: --reason … --name …"
        )
    meant = [
        hint
        for hint in found
        if hints.same_code(hint.code, code) and item_id in (None, hint.place.item_id)
    ]
    if not meant:
        raise NoSuchError(
            "Issue {issue} has no hint {code} there. Nothing was changed. "
            "See all: newsletter issues check {issue}",
            issue=issue.name,
            code=code.upper(),
        )
    if any(hint.severity is Severity.RED for hint in meant):
        raise UnsafeError(
            "{code} is red here and cannot be accepted, only mended. Nothing was changed. "
            "See what it says: newsletter issues check {issue}",
            issue=issue.name,
            code=code.upper(),
        )
    opened(issue)
    fresh = still_open(session, issue, meant)
    session.add_all(
        AcceptedHint(
            issue_id=issue.id,
            code=hint.code,
            fingerprint=hint.fingerprint,
            reason=reason.strip(),
            accepted_by=name.strip(),
            at=now,
        )
        for hint in fresh
    )
    return len(fresh)


def accepted(session: Session, issue: Issue) -> dict[str, AcceptedHint]:
    """Return what somebody let stand, by the fingerprint of the hint."""
    rows = session.scalars(sa.select(AcceptedHint).where(AcceptedHint.issue_id == issue.id))
    return {row.fingerprint: row for row in rows}


def take_back(session: Session, issue: Issue, fingerprint: str) -> None:
    """Let a hint that was accepted be open again. Raises IssueStateError: as `accept`."""
    opened(issue)
    session.execute(
        sa.delete(AcceptedHint).where(
            AcceptedHint.issue_id == issue.id, AcceptedHint.fingerprint == fingerprint
        )
    )
