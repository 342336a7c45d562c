"""An issue that waits for its time: put there, due, or held back when going now would surprise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery.issue_states import find
from newsletter.delivery.pauses import Pause
from newsletter.errors import IssueStateError
from newsletter.issues import approval
from newsletter.models import Issue, IssueState
from subscribers.wording import Sentence


@dataclass(frozen=True, slots=True)
class Due:
    """A scheduled issue whose time has come."""

    issue_id: int
    name: str
    scheduled_at: datetime


def schedule(session: Session, issue_id: int, *, at: datetime) -> None:
    """Have an approved issue sent at a time; a scheduled one, or one held back, at another time.

    Raises IssueStateError: it is a draft, or its sending has begun; TamperedError: what is stored
    is not what was approved.
    """
    issue = find(session, issue_id, lock=True)
    was_held_back = issue.state is IssueState.PAUSED and issue.audience_through is None
    if issue.state not in (IssueState.APPROVED, IssueState.SCHEDULED) and not was_held_back:
        raise IssueStateError(
            "Issue {issue} cannot be scheduled: it is {state}. Nothing was changed. "
            "Only what is approved and not begun can be.",
            issue=issue.name,
            state=Sentence(issue.state.value),
        )
    approval.frozen(session, issue)
    issue.state = IssueState.SCHEDULED
    issue.scheduled_at = at
    issue.paused_because = ""


def due(session: Session, *, now: datetime) -> list[Due]:
    """Return the scheduled issues whose time has come, the earliest first."""
    issues = session.scalars(
        sa.select(Issue)
        .where(Issue.state == IssueState.SCHEDULED, Issue.scheduled_at <= now)
        .order_by(Issue.scheduled_at, Issue.id)
    )
    return [
        Due(issue.id, issue.name, issue.scheduled_at)
        for issue in issues
        if issue.scheduled_at is not None
    ]


def hold_back(session: Session, issue_id: int, why: Pause) -> bool:
    """Pause a scheduled issue before it has begun; False if it is not scheduled any more."""
    issue = find(session, issue_id, lock=True)
    if issue.state is not IssueState.SCHEDULED:
        return False
    issue.state = IssueState.PAUSED
    issue.paused_because = why.to_json()
    return True
