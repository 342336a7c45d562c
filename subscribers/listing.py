"""Show the list: who is on it, how they stand, and what happened to their consent."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers.models import ConsentEvent, Subscriber, Subscription, SuppressionReason
from subscribers.recipients import NEWSLETTER, WHY_NOT, SkipReason


class Status(enum.Enum):
    """How somebody on the list stands, in one word; `subscribers stats` counts the same."""

    #: In good standing, paused or not.
    ACTIVE = "active"
    #: Asked for, not confirmed.
    PENDING = "pending"
    #: Left.
    UNSUBSCRIBED = "unsubscribed"
    #: On the list, but the address or its domain is suppressed.
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Listed:
    """One person on the list."""

    subscriber_id: int
    #: As written.
    address: str
    status: Status
    #: "sv" or "en".
    language: str
    #: Since when their subscription stands as it does.
    since: datetime
    source: str
    #: Set where the status is suppressed.
    suppressed: SuppressionReason | None
    paused_until: datetime | None
    #: Why no issue reaches them now; None: one does.
    skipped: SkipReason | None


def listed(
    session: Session,
    newsletter_id: int,
    *,
    at: datetime,
    limit: int,
    status: Status | None = None,
    search: str = "",
    subscriber_id: int | None = None,
) -> tuple[list[Listed], int]:
    """Return up to `limit` people by rising id, and how many there are in all.

    `search` is any part of an address, in upper or lower case.
    """
    query = (
        sa.select(
            Subscriber.id,
            Subscriber.address,
            Subscriber.language,
            Subscription.since,
            Subscription.source,
            Subscription.paused_until,
            WHY_NOT,
        )
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.newsletter_id == NEWSLETTER)
    )
    if status is not None:
        query = query.where(_is(status))
    if search:
        query = query.where(
            sa.or_(
                Subscriber.address_key.contains(search.casefold(), autoescape=True),
                Subscriber.address.icontains(search, autoescape=True),
            )
        )
    if subscriber_id is not None:
        query = query.where(Subscriber.id == subscriber_id)
    values = {"newsletter_id": newsletter_id, "at": at}
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery()), values) or 0
    rows = session.execute(query.order_by(Subscriber.id).limit(limit), values)
    return [
        Listed(
            subscriber_id=row.id,
            address=row.address,
            status=_status(row.why),
            language=row.language,
            since=row.since,
            source=row.source,
            suppressed=_reason(row.why),
            paused_until=row.paused_until,
            skipped=None if row.why is None else SkipReason(row.why.partition(" ")[0]),
        )
        for row in rows
    ], total


def history(session: Session, subscriber_id: int, newsletter_id: int) -> Sequence[ConsentEvent]:
    """Return what happened to somebody's consent, oldest first."""
    return session.scalars(
        sa.select(ConsentEvent)
        .where(
            ConsentEvent.subscriber_id == subscriber_id,
            ConsentEvent.newsletter_id == newsletter_id,
        )
        .order_by(ConsentEvent.id)
    ).all()


def _is(status: Status) -> sa.ColumnElement[bool]:
    if status is Status.SUPPRESSED:
        return WHY_NOT.startswith(SkipReason.SUPPRESSED.value)
    if status is Status.ACTIVE:
        good = (SkipReason.PAUSED.value, SkipReason.NOT_SUPPORTED.value)
        return sa.or_(WHY_NOT.is_(None), WHY_NOT.in_(good))
    return WHY_NOT.in_([status.value])


def _status(why: str | None) -> Status:
    word = "" if why is None else why.partition(" ")[0]
    return Status(word) if word in {status.value for status in Status} else Status.ACTIVE


def _reason(why: str | None) -> SuppressionReason | None:
    word = "" if why is None else why.rpartition(" ")[2]
    reasons = {reason.value: reason for reason in SuppressionReason}
    return reasons.get(word)
