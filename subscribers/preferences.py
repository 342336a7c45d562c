"""What people may choose about the mails they get: a pause, and their language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import audit
from subscribers.addresses import masked
from subscribers.consent import SUBSCRIBER
from subscribers.errors import NoSuchSubscriberError, UnsafeError, UsageError
from subscribers.models import Subscriber, Subscription, SubscriptionState

#: How long a mailed link to somebody's settings opens them.
SETTINGS_WITHIN = timedelta(days=30)
#: How long it also lets its bearer change the address, fetch their data, or be erased: an older
#: mail may have been passed on.
FRESH_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody has chosen, and how they stand."""

    masked_address: str
    language: str
    state: SubscriptionState
    since: datetime
    paused_until: datetime | None


def of(session: Session, subscriber_id: int, newsletter_id: int) -> Chosen | None:
    """Return what somebody has chosen; None if they are nobody, or never were on this list."""
    row = session.execute(
        sa.select(
            Subscriber.address,
            Subscriber.language,
            Subscription.state,
            Subscription.since,
            Subscription.paused_until,
        )
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscriber.id == subscriber_id, Subscription.newsletter_id == newsletter_id)
    ).one_or_none()
    if row is None:
        return None
    return Chosen(masked(row.address), row.language, row.state, row.since, row.paused_until)


def pause(
    session: Session,
    subscriber_id: int,
    newsletter_id: int,
    *,
    until: datetime | None,
    at: datetime,
    actor: str,
) -> None:
    """Let somebody have no issue before `until`; None ends a pause. It ends by itself.

    Whoever is sent to just now is asked again before each message, so it holds at once. The audit
    log tells of it unless the person did it.

    Raises UsageError: `until` is not to come; UnsafeError: they have left, so that there is nothing
    to pause; NoSuchSubscriberError. Nothing was changed.
    """
    if until is not None and until <= at:
        raise UsageError("A pause ends on a day to come. Nothing was changed.")
    subscription = session.scalar(
        sa.select(Subscription)
        .where(
            Subscription.subscriber_id == subscriber_id,
            Subscription.newsletter_id == newsletter_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if subscription is None:
        raise NoSuchSubscriberError("Nobody on this list has that id. Nothing was changed.")
    if subscription.state is SubscriptionState.UNSUBSCRIBED:
        raise UnsafeError("That person has left the list, so there is nothing to pause.")
    subscription.paused_until = until
    session.flush()
    if actor == SUBSCRIBER:
        return
    audit.record(
        session,
        at=at,
        actor=actor,
        action="subscriber.paused" if until else "subscriber.resumed",
        subject=f"subscriber:{subscriber_id}",
        details={"until": until.isoformat() if until else ""},
    )


def set_language(
    session: Session, subscriber_id: int, language: str, *, at: datetime, actor: str
) -> bool:
    """Set the language ("sv" or "en") of somebody's service mails and pages; False if it was so."""
    changed = session.scalar(
        sa.update(Subscriber)
        .where(Subscriber.id == subscriber_id, Subscriber.language != language)
        .values(language=language)
        .returning(Subscriber.id)
    )
    # From now on no import may change it.
    session.execute(
        sa.update(Subscriber).where(Subscriber.id == subscriber_id).values(language_is_stated=True)
    )
    if changed is None:
        return False
    if actor == SUBSCRIBER:
        return True
    audit.record(
        session,
        at=at,
        actor=actor,
        action="subscriber.language_set",
        subject=f"subscriber:{subscriber_id}",
        details={"language": language},
    )
    return True
