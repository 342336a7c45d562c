"""Whom an issue is for: everybody, a segment, or who got the issue that it corrects."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.delivery.ledger import DELIVERIES
from newsletter.models import DeliveryState, Issue
from subscribers.models import Subscriber
from subscribers.segments import Description

#: Who has an issue, or may have it.
HAVE_IT = (DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)


def of(issue: Issue) -> sa.ColumnElement[bool] | None:
    """Return the condition of whom an issue is for, over subscribers; None: everybody."""
    return narrowed(issue, to=Description.from_json(issue.segment))


def narrowed(issue: Issue, *, to: Description | None) -> sa.ColumnElement[bool] | None:
    """Return the condition of whom an issue would be for if it went to a segment."""
    conditions = [] if to is None else [to.clause()]
    if issue.corrects_id is not None:
        conditions.append(has_row(issue.corrects_id, DELIVERIES.c.state.in_(HAVE_IT)))
    return sa.and_(*conditions) if conditions else None


def has_row(issue_id: int, which: sa.ColumnElement[bool] | None = None) -> sa.ColumnElement[bool]:
    """Return the condition that a subscriber is in the ledger of an issue; `which` narrows it."""
    return (
        sa.select(sa.literal(1))
        .select_from(DELIVERIES)
        .where(
            DELIVERIES.c.issue_id == issue_id,
            DELIVERIES.c.subscriber_id == Subscriber.id,
            sa.true() if which is None else which,
        )
        .correlate(Subscriber)
        .exists()
    )
