"""Consent: how somebody comes onto a newsletter's list, leaves it, and comes back.

Every change leaves a `ConsentEvent` saying when, how and by whom. Nothing here lifts an
unsubscription or a suppression, except `undo`, which only the person's own token leads to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import audit
from subscribers.adding import Added, Candidate, Outcome, add_all
from subscribers.addresses import Address, masked
from subscribers.errors import NoSuchSubscriberError
from subscribers.models import (
    ConsentBasis,
    ConsentEvent,
    ConsentKind,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from subscribers.tokens import Keys

#: How long the link of a confirmation mail holds; then the address is forgotten.
CONFIRM_WITHIN = timedelta(days=7)
#: The actor of what a person does with their own link.
SUBSCRIBER = "subscriber"


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands, in what their own page may show."""

    masked_address: str
    state: SubscriptionState
    #: "sv" or "en".
    language: str
    since: datetime
    #: The last withdrawal was the person's own; only such a one can be undone.
    left_by_choice: bool


def add(
    session: Session,
    address: Address,
    newsletter_id: int,
    *,
    keys: Keys,
    basis: ConsentBasis,
    source: str,
    language: str,
    at: datetime,
    actor: str,
    state: SubscriptionState = SubscriptionState.ACTIVE,
) -> Added:
    """Put somebody on the list, unless they left it, are suppressed, or are there already.

    `source` says how we know that we may: "mejl 2017-02-20".
    """
    candidate = Candidate(address, language)
    [added] = add_all(
        session,
        [candidate],
        newsletter_id,
        keys=keys,
        basis=basis,
        source=source,
        at=at,
        actor=actor,
        state=state,
    )
    if added.outcome is Outcome.ADDED and actor != SUBSCRIBER:
        audit.record(
            session,
            at=at,
            actor=actor,
            action="subscriber.added",
            subject=f"subscriber:{added.subscriber_id}",
            details={"state": state.value, "basis": basis.value, "source": source},
        )
    return added


def unsubscribe(
    session: Session,
    subscriber_id: int,
    newsletter_id: int,
    *,
    source: str,
    at: datetime,
    actor: str = SUBSCRIBER,
) -> bool:
    """Withdraw somebody's consent, at once; False if they were out already, or are nobody.

    `source` says how: "one-click", "web page", "phone". Where only an import says that they are
    out, the wish is written down all the same: undoing the import must not bring them back. Who was
    merged with somebody leaves as that one.
    """
    changed = session.scalar(
        sa.update(Subscription)
        .where(
            Subscription.subscriber_id == subscriber_id,
            Subscription.newsletter_id == newsletter_id,
            Subscription.state != SubscriptionState.UNSUBSCRIBED,
        )
        .values(state=SubscriptionState.UNSUBSCRIBED, since=at)
        .returning(Subscription.id)
    )
    if changed is None:
        if _is_out_by_import(session, subscriber_id, newsletter_id):
            _tell(session, subscriber_id, newsletter_id, ConsentKind.WITHDRAWN, source, at, actor)
        # Asked for after the update: a merge that was under way is over now.
        successor = _merged_into(session, subscriber_id)
        return successor is not None and unsubscribe(
            session, successor, newsletter_id, source=source, at=at, actor=actor
        )
    _tell(session, subscriber_id, newsletter_id, ConsentKind.WITHDRAWN, source, at, actor)
    if actor != SUBSCRIBER:
        audit.record(
            session,
            at=at,
            actor=actor,
            action="subscriber.unsubscribed",
            subject=f"subscriber:{subscriber_id}",
            details={"source": source},
        )
    return True


def acted_since(
    session: Session, subscriber_id: int, newsletter_id: int, *, since: datetime
) -> bool:
    """Tell whether somebody left, or came onto the list again, at `since` or after it."""
    found = session.scalar(
        sa.select(ConsentEvent.id)
        .where(
            ConsentEvent.subscriber_id == subscriber_id,
            ConsentEvent.newsletter_id == newsletter_id,
            ConsentEvent.kind.in_(
                (ConsentKind.WITHDRAWN, ConsentKind.CONFIRMED, ConsentKind.RESTORED)
            ),
            ConsentEvent.at >= since,
        )
        .limit(1)
    )
    return found is not None


def undo(
    session: Session,
    subscriber_id: int,
    newsletter_id: int,
    *,
    source: str,
    at: datetime,
    withdrawn_after: datetime | None = None,
) -> bool:
    """Take back a withdrawal the person made by mistake; False if there is none to take back.

    Only the last thing that happened to the consent can be taken back, only if the person did it
    (not before `withdrawn_after`), and only to active, where they stood. Suppression stays.
    """
    subscription = session.scalar(
        sa.select(Subscription)
        .where(
            Subscription.subscriber_id == subscriber_id,
            Subscription.newsletter_id == newsletter_id,
            Subscription.state == SubscriptionState.UNSUBSCRIBED,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if subscription is None:
        return False
    events = session.scalars(
        sa.select(ConsentEvent)
        .where(
            ConsentEvent.subscriber_id == subscriber_id,
            ConsentEvent.newsletter_id == newsletter_id,
        )
        .order_by(ConsentEvent.id.desc())
    ).all()
    # Anybody can ask for somebody else on a page; that does not stand in the way.
    while events and events[0].kind is ConsentKind.REQUESTED:
        events = events[1:]
    if len(events) < 2:
        return False
    withdrawal, before = events[:2]
    if withdrawal.kind is not ConsentKind.WITHDRAWN or withdrawal.actor != SUBSCRIBER:
        return False
    if withdrawn_after is not None and withdrawal.at < withdrawn_after:
        return False
    if not _stood_active(before):
        return False
    subscription.state = SubscriptionState.ACTIVE
    subscription.since = at
    _tell(session, subscriber_id, newsletter_id, ConsentKind.RESTORED, source, at, SUBSCRIBER)
    return True


def find(session: Session, address: Address) -> Subscriber:
    """Return the subscriber of an address, however it is written.

    Raises NoSuchSubscriberError: there is none.
    """
    subscriber = session.scalar(sa.select(Subscriber).where(Subscriber.address_key == address.key))
    if subscriber is None:
        raise NoSuchSubscriberError(
            "Nobody on the list has that address. Nothing was changed. "
            "Look for it with: subscribers list --search TEXT"
        )
    return subscriber


def standing(session: Session, subscriber_id: int, newsletter_id: int) -> Standing | None:
    """Return how somebody stands; None if they are nobody, or never were on this list."""
    row = session.execute(
        sa.select(Subscriber.address, Subscription.state, Subscriber.language, Subscription.since)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscriber.id == subscriber_id, Subscription.newsletter_id == newsletter_id)
    ).one_or_none()
    if row is None:
        return None
    if row.state is SubscriptionState.UNSUBSCRIBED:
        successor = _merged_into(session, subscriber_id)
        if successor is not None:
            return standing(session, successor, newsletter_id)
    actor = session.scalar(
        sa.select(ConsentEvent.actor)
        .where(
            ConsentEvent.subscriber_id == subscriber_id,
            ConsentEvent.newsletter_id == newsletter_id,
            ConsentEvent.kind == ConsentKind.WITHDRAWN,
        )
        .order_by(ConsentEvent.id.desc())
        .limit(1)
    )
    return Standing(
        masked(row.address), row.state, row.language, row.since, left_by_choice=actor == SUBSCRIBER
    )


def _stood_active(event: ConsentEvent) -> bool:
    """Tell whether somebody surely stood as active after this: there is consent to give back."""
    return event.kind not in (
        ConsentKind.IMPORTED_AS_PENDING,
        ConsentKind.REQUESTED,
        ConsentKind.WITHDRAWN,
        ConsentKind.IMPORT_UNDONE,
    )


def _is_out_by_import(session: Session, subscriber_id: int, newsletter_id: int) -> bool:
    last = session.execute(
        sa.select(ConsentEvent.kind, ConsentEvent.batch_id)
        .where(
            ConsentEvent.subscriber_id == subscriber_id,
            ConsentEvent.newsletter_id == newsletter_id,
        )
        .order_by(ConsentEvent.id.desc())
        .limit(1)
    ).one_or_none()
    return last is not None and last.kind is ConsentKind.WITHDRAWN and last.batch_id is not None


def _merged_into(session: Session, subscriber_id: int) -> int | None:
    return session.scalar(sa.select(Subscriber.merged_into).where(Subscriber.id == subscriber_id))


def _tell(
    session: Session,
    subscriber_id: int,
    newsletter_id: int,
    kind: ConsentKind,
    source: str,
    at: datetime,
    actor: str,
) -> None:
    session.add(
        ConsentEvent(
            subscriber_id=subscriber_id,
            newsletter_id=newsletter_id,
            kind=kind,
            at=at,
            source=source,
            actor=actor,
        )
    )
    session.flush()
