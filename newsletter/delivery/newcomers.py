"""Send an issue that is out also to who came onto the list since; nobody gets it twice.

The same approved bytes, as more rows of the same audience: who has a row already, whatever became
of it, gets none.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import Sender
from newsletter.delivery import audience, issue_states, readership
from newsletter.errors import IssueStateError
from newsletter.models import Issue, IssueState
from subscribers import audiences, recipients
from subscribers.models import Subscription
from subscribers.wording import Sentence


def count(session: Session, issue_id: int, *, now: datetime) -> int:
    """Return how many have come since an issue went out and may be mailed."""
    issue = issue_states.find(session, issue_id)
    if issue.sending_since is None:
        return 0
    within = _came_since(issue)
    return audiences.counts(session, issue.newsletter_id, at=now, within=within).mailable


def add_chunk(
    session: Session,
    issue_id: int,
    *,
    sender: Sender,
    now: datetime,
    after: int,
    limit: int = audience.CHUNK,
) -> int | None:
    """Add the next of them to a sent issue; return after whom to go on, None once all are in.

    With the first of them the issue is being sent again. Can be broken off and begun anew.

    Raises IssueStateError: the issue is not out, or was given up.
    """
    issue = issue_states.find(session, issue_id, lock=True)
    if issue.state not in (IssueState.SENT, IssueState.SENDING) or not issue.audience_frozen_at:
        raise IssueStateError(
            "Issue {issue} cannot be sent to new readers: it is {state}. Nothing was changed. "
            "Only what has been sent can be.",
            issue=issue.name,
            state=Sentence(issue.state.value),
        )
    added, goes_on = audience.add_page(
        session,
        issue,
        _came_since(issue),
        sender=sender,
        now=now,
        after=after,
        through=recipients.last_subscriber(session),
        limit=limit,
    )
    if added and issue.state is IssueState.SENT:
        # In the transaction of the rows: nobody can find it finished in between.
        issue.state, issue.sent_at = IssueState.SENDING, None
    return goes_on


def _came_since(issue: Issue) -> sa.ColumnElement[bool]:
    within = readership.of(issue)
    return sa.and_(
        sa.true() if within is None else within,
        Subscription.since > issue.sending_since,
        sa.not_(readership.has_row(issue.id)),
    )
