"""Who has been kept long enough, among the people: found by a rule, and gone in small parts.

No rule purges by itself: which hold, for how long and by whose decision is settled outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from subscribers import erasing, erasure
from subscribers.erasure import Anonymise, Checksum
from subscribers.models import (
    ConsentEvent,
    ConsentKind,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)


def unconfirmed(before: datetime) -> sa.Select[int]:
    """Return which subscriptions have been waiting for an answer since before a time."""
    return (
        sa.select(Subscription.id)
        .where(
            Subscription.state == SubscriptionState.PENDING,
            Subscription.since < before,
        )
        .order_by(Subscription.id)
    )


def forget_unconfirmed(
    session: Session, ids: Sequence[int], *, at: datetime, others: Sequence[Anonymise]
) -> None:
    """Take the answer to be no: whoever had left before has left again, the others are forgotten.

    Nobody is suppressed by it, and nobody is forgotten who subscribes to something else.
    """
    rows = session.execute(
        sa.select(Subscription.id, Subscription.subscriber_id, Subscription.newsletter_id).where(
            Subscription.id.in_(ids)
        )
    ).all()
    left = set(session.scalars(sa.select(Subscription.id).where(Subscription.id.in_(ids), _LEFT)))
    session.execute(
        sa.update(Subscription)
        .where(Subscription.id.in_(left))
        .values(state=SubscriptionState.UNSUBSCRIBED, since=at, optin_due_at=None)
    )
    waiting = [row for row in rows if row.id not in left]
    people = {row.subscriber_id for row in waiting}
    elsewhere = set(
        session.scalars(
            sa.select(Subscription.subscriber_id).where(
                Subscription.subscriber_id.in_(people),
                Subscription.id.not_in([row.id for row in waiting]),
            )
        )
    )
    with erasing.permitted(session, elsewhere):
        for row in waiting:
            if row.subscriber_id in elsewhere:
                _forget_subscription(session, row.id, row.subscriber_id, row.newsletter_id)
    forget(session, sorted(people - elsewhere), at=at, others=others)


def bounced(before: datetime) -> sa.Select[int]:
    """Return which people's addresses have been known not to exist since before a time."""
    return (
        sa.select(Subscriber.id)
        .where(
            sa.exists().where(
                Suppression.subscriber_id == Subscriber.id,
                Suppression.address_hash == Subscriber.address_hash,
                Suppression.reason == SuppressionReason.HARD_BOUNCE,
                Suppression.at < before,
            )
        )
        .order_by(Subscriber.id)
    )


def forget(
    session: Session, numbers: Sequence[int], *, at: datetime, others: Sequence[Anonymise]
) -> None:
    """Erase people nobody asked to be erased; whoever is suppressed stays so, as a keyed hash."""
    if numbers:
        erasure.erase(session, numbers, at=at, others=others, checksum=Checksum.LEAVE)


_withdrawal = aliased(ConsentEvent)
_LEFT = (
    sa.select(_withdrawal.id)
    .where(
        _withdrawal.subscriber_id == Subscription.subscriber_id,
        _withdrawal.newsletter_id == Subscription.newsletter_id,
        _withdrawal.kind == ConsentKind.WITHDRAWN,
    )
    .correlate(Subscription)
    .exists()
)


def _forget_subscription(
    session: Session, subscription_id: int, subscriber_id: int, newsletter_id: int
) -> None:
    session.execute(sa.delete(Subscription).where(Subscription.id == subscription_id))
    session.execute(
        sa.delete(ConsentEvent).where(
            ConsentEvent.subscriber_id == subscriber_id,
            ConsentEvent.newsletter_id == newsletter_id,
        )
    )
