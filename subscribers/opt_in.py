"""Double opt-in: somebody asks on a page, and confirms with the link only they were mailed.

Asking changes nothing for whoever left or is suppressed: anybody can type an address. Confirming
does; it is the one way back that is the person's own (GDPR, article 7).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import adding, suppression
from subscribers.adding import Candidate
from subscribers.addresses import Address
from subscribers.consent import CONFIRM_WITHIN
from subscribers.models import (
    ConsentBasis,
    ConsentEvent,
    ConsentKind,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.tokens import Claim, Keys


class Answer(enum.Enum):
    """What the one who asked is to be mailed. The page says the same whichever it is."""

    #: The link that confirms.
    CONFIRMATION = "confirmation"
    #: They are on the list: the link to their settings.
    ALREADY = "already"
    #: Nothing: the admin has decided that this address, or its domain, is never mailed.
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a wish to subscribe."""

    answer: Answer
    #: Whom to mail: for an address that was merged with another, that person.
    subscriber_id: int | None = None


def request(
    session: Session,
    address: Address,
    newsletter_id: int,
    *,
    keys: Keys,
    language: str,
    text_id: int | None,
    source: str,
    at: datetime,
) -> Asked:
    """Note that somebody asked to subscribe, with the words they were shown (`text_id`).

    `source` names the form. Nobody becomes active by this, and whoever left or is suppressed stays
    so.
    """
    address_hash = keys.address_hash(address.key)
    reason = suppression.reason_for(session, address_hash, address.domain, newsletter_id)
    if reason is SuppressionReason.MANUAL:
        return Asked(Answer.NOTHING)
    subscriber_id = _subscriber(session, address, keys=keys, language=language, at=at)
    # Two who ask at once wait for each other here.
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
        subscription = Subscription(
            subscriber_id=subscriber_id,
            newsletter_id=newsletter_id,
            state=SubscriptionState.PENDING,
            since=at,
            source=source,
        )
        session.add(subscription)
    elif subscription.state is SubscriptionState.ACTIVE and reason is None:
        return Asked(Answer.ALREADY, subscriber_id)
    elif subscription.state is SubscriptionState.PENDING:
        # They wait for an answer from now on: the new link must outlive the purge of the old.
        subscription.since = at
    session.add(
        ConsentEvent(
            subscriber_id=subscriber_id,
            newsletter_id=newsletter_id,
            kind=ConsentKind.REQUESTED,
            at=at,
            source=source,
            basis=ConsentBasis.CONSENT,
            text_id=text_id,
        )
    )
    session.flush()
    return Asked(Answer.CONFIRMATION, subscriber_id)


class Confirmed(enum.Enum):
    """What pressing the button did, or would do."""

    #: Is on the list now, and was not before.
    NOW = "now"
    #: Was on the list already.
    ALREADY = "already"
    #: Nothing: the link is too old.
    TOO_LATE = "too_late"
    #: Nothing: they have left since they asked, or were never waiting.
    NOT_ASKED = "not_asked"


def look(session: Session, claim: Claim, *, at: datetime) -> Confirmed:
    """Return what `confirm` would do, and change nothing."""
    row = session.execute(
        sa.select(Subscription.state, Subscriber.address_hash, Subscriber.domain)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(
            Subscription.subscriber_id == claim.subscriber_id,
            Subscription.newsletter_id == claim.newsletter_id,
        )
    ).one_or_none()
    if row is None:
        return Confirmed.NOT_ASKED
    reason = suppression.reason_for(session, row.address_hash, row.domain, claim.newsletter_id)
    if row.state is SubscriptionState.ACTIVE and reason is None:
        return Confirmed.ALREADY
    if reason is SuppressionReason.MANUAL:
        return Confirmed.NOT_ASKED
    if row.state is not SubscriptionState.PENDING and not _has_asked(session, claim):
        return Confirmed.NOT_ASKED
    if at - claim.issued_at > CONFIRM_WITHIN:
        return Confirmed.TOO_LATE
    return Confirmed.NOW


def confirm(
    session: Session,
    claim: Claim,
    *,
    text_id: int | None,
    source: str,
    at: datetime,
) -> Confirmed:
    """Make active whoever has the confirmation link; pressing twice changes nothing more.

    Lifts what bounces, a complaint or an erasure put against the address: who reads its mail has
    asked for the newsletter. What the admin suppressed stays.
    """
    subscription = session.scalar(
        sa.select(Subscription)
        .where(
            Subscription.subscriber_id == claim.subscriber_id,
            Subscription.newsletter_id == claim.newsletter_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    outcome = look(session, claim, at=at)
    if subscription is None or outcome is not Confirmed.NOW:
        return outcome
    subscription.state, subscription.since = SubscriptionState.ACTIVE, at
    subscription.paused_until = None
    subscription.optin_due_at = None
    person = session.get_one(Subscriber, claim.subscriber_id)
    suppression.lift_by_person(session, person.address_hash, claim.newsletter_id)
    session.add(
        ConsentEvent(
            subscriber_id=claim.subscriber_id,
            newsletter_id=claim.newsletter_id,
            kind=ConsentKind.CONFIRMED,
            at=at,
            source=source,
            basis=ConsentBasis.CONSENT,
            text_id=text_id,
        )
    )
    session.flush()
    return outcome


def _subscriber(
    session: Session, address: Address, *, keys: Keys, language: str, at: datetime
) -> int:
    """Return who has the address; made, where nobody has."""
    adding.add_people(session, [Candidate(address, language)], keys=keys, at=at)
    row = session.execute(
        sa.select(Subscriber.id, Subscriber.merged_into).where(
            Subscriber.address_key == address.key
        )
    ).one()
    while row.merged_into is not None:
        kept = session.execute(
            sa.select(Subscriber.id, Subscriber.merged_into).where(Subscriber.id == row.merged_into)
        ).one_or_none()
        if kept is None:
            break
        row = kept
    found: int = row.id
    return found


def _has_asked(session: Session, claim: Claim) -> bool:
    """Tell whether the last that happened, to whoever is out, is that they asked to come back."""
    last = session.scalar(
        sa.select(ConsentEvent.kind)
        .where(
            ConsentEvent.subscriber_id == claim.subscriber_id,
            ConsentEvent.newsletter_id == claim.newsletter_id,
        )
        .order_by(ConsentEvent.id.desc())
        .limit(1)
    )
    return last is ConsentKind.REQUESTED
