"""How issues went: counts of the ledger and the list, and nothing about anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery import by_hand, counting
from newsletter.models import DeliveryState, Issue, IssueState
from subscribers import stats
from subscribers.stats import Growth

#: How long after an issue whoever leaves is counted with it.
AFTER_ISSUE = timedelta(days=7)
#: Of a hundred readers so many leave after an ordinary issue, at most.
_USUALLY_LEAVE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one issue went; *audience = accepted + refused + skipped + uncertain* and who waits."""

    name: str
    number: int
    issued_on: date
    subject: str
    sent_at: datetime
    audience: int
    accepted: int
    #: The address or the message was at fault.
    refused_for_good: int
    #: The way to the mailbox was, and may not be for ever.
    refused_softly: int
    skipped: int
    uncertain: int
    #: Who left the list within `AFTER_ISSUE`, for whatever reason.
    left: int
    #: That time is not over yet.
    is_fresh: bool

    @property
    def is_usual(self) -> bool:
        """Tell whether no more have left than after any issue."""
        return self.left * 100 <= self.audience * _USUALLY_LEAVE


def latest(session: Session, newsletter_id: int, *, now: datetime, limit: int) -> Sequence[Result]:
    """Return how the last issues that were sent went, newest first."""
    issues = session.scalars(
        sa.select(Issue)
        .where(Issue.newsletter_id == newsletter_id, Issue.state == IssueState.SENT)
        .order_by(Issue.sent_at.desc(), Issue.id.desc())
        .limit(limit)
    )
    return [_result(session, issue, issue.sent_at, now=now) for issue in issues if issue.sent_at]


def growth_since(session: Session, newsletter_id: int, result: Result, *, now: datetime) -> Growth:
    """Count who came and who left since an issue was sent."""
    return stats.growth(session, newsletter_id, since=result.sent_at, until=now)


def _result(session: Session, issue: Issue, sent_at: datetime, *, now: datetime) -> Result:
    counts = counting.of(session, issue.id)
    lacking = by_hand.lacking(session, issue.id)
    over = sent_at + AFTER_ISSUE
    after = stats.growth(session, issue.newsletter_id, since=sent_at, until=min(over, now))
    return Result(
        name=issue.name,
        number=issue.number,
        issued_on=issue.issued_on,
        subject=issue.subject,
        sent_at=sent_at,
        audience=sum(counts.values()),
        accepted=counts[DeliveryState.ACCEPTED],
        refused_for_good=lacking.for_good,
        refused_softly=lacking.softly,
        skipped=counts[DeliveryState.SKIPPED],
        uncertain=lacking.uncertain,
        left=after.left,
        is_fresh=over > now,
    )
