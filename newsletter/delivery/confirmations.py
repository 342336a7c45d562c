"""Turn confirmations that are due into service mails: where `subscribers` decides and we act."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import Sender
from newsletter.delivery import outbox
from subscribers import addresses
from subscribers.models import Subscriber, Subscription, SubscriptionState
from subscribers.tokens import Keys

#: Mails queued in one transaction: it must be over well within 250 ms.
CHUNK = 200


def is_any_due(session: Session, newsletters: Collection[int], *, now: datetime) -> bool:
    """Tell whether anybody is to be asked to confirm one of these newsletters."""
    due = sa.select(Subscription.id).where(_is_due(newsletters, now)).limit(1)
    return session.scalar(due) is not None


def queue_due(session: Session, senders: Mapping[int, Sender], *, keys: Keys, now: datetime) -> int:
    """Queue a confirmation for everybody pending whose `optin_due_at` has come; return how many.

    `senders` are those of the newsletters, by their rows; about others nobody is asked. At most
    `CHUNK` people are looked at; call again until it returns 0. Who is not pending any more is
    asked nothing.
    """
    rows = session.execute(
        sa.select(Subscription, Subscriber)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(_is_due(senders, now))
        .order_by(Subscription.optin_due_at, Subscription.id)
        .limit(CHUNK)
        .with_for_update(skip_locked=True, of=Subscription)
    ).all()
    for subscription, subscriber in rows:
        subscription.optin_due_at = None
        if subscription.state is not SubscriptionState.PENDING:
            continue
        outbox.add(
            session,
            "confirmation",
            to=addresses.read(subscriber.address),
            newsletter_id=subscription.newsletter_id,
            language=subscriber.language,
            sender=senders[subscription.newsletter_id],
            keys=keys,
            now=now,
            subscriber_id=subscriber.id,
        )
    return len(rows)


def _is_due(newsletters: Collection[int], now: datetime) -> sa.ColumnElement[bool]:
    ours = Subscription.newsletter_id.in_(newsletters)
    return sa.and_(Subscription.optin_due_at <= now, ours)
