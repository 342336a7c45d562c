"""Put service mails that are due in flight, and write down what became of them.

The rows move like deliveries, by the same rules: committed in flight before the envelope is
written, taken back by lease, uncertain after silence and then sent again only on somebody's word.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery import flights, leases, limits, retries
from newsletter.delivery.in_flight import Flight, Lease, Taken
from newsletter.delivery.ledger import FREE
from newsletter.delivery.limits import Allowance, Limit, Rule
from newsletter.delivery.outbox import DONE, MAILS
from newsletter.delivery.outcomes import Accepted, Outcome, Untried
from newsletter.delivery.reasons import Reason
from newsletter.delivery.service_mails import KINDS, Asked, Links, Values
from newsletter.models import DeliveryState
from subscribers import suppression
from subscribers.models import Subscription

#: How long an issue leaves room to a mail that could have gone. A worker looks every second, and
#: half a minute after trouble: a mail that is still there then may have nobody to send it.
PATIENCE = timedelta(minutes=5)

_WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)


@dataclass(slots=True, kw_only=True)
class MailInFlight(Flight):
    """One service mail that was committed in flight: everything its message is made from."""

    newsletter_id: int
    kind: str
    language: str
    values: Values


def is_due(session: Session, *, now: datetime) -> bool:
    """Tell whether a mail is to be sent, or taken back from somebody dead, now."""
    due = sa.select(MAILS.c.id).where(sa.or_(_due(now), _abandoned(session, now)))
    return session.scalar(due.limit(1)) is not None


def needed(session: Session, rules: Sequence[Rule], *, now: datetime) -> dict[Rule, int]:
    """Return what the mails that are due need of each limit, which an issue leaves to them.

    Other rules are for issues only. A mail may have to wait until all that was taken under a limit
    counts no more; `PATIENCE` after that nothing is left to it, so that no issue waits for ever.
    """
    shared = [rule for rule in rules if isinstance(rule, Limit)]
    if not shared:
        return {}
    # One that is given back, as long as a server does not answer, is not due anew each time.
    since = sa.case(
        (MAILS.c.state == DeliveryState.DEFERRED, MAILS.c.next_attempt_at),
        else_=MAILS.c.created_at,
    )
    oldest = [now - timedelta(seconds=limit.seconds) - PATIENCE for limit in shared]
    counts = sa.select(*(sa.func.count().filter(since >= at) for at in oldest)).where(_due(now))
    return dict(zip(shared, session.execute(counts).one(), strict=True))


def take(
    session: Session,
    links: Links,
    *,
    lease: Lease,
    limit: int,
    now: datetime,
    allowance: Allowance | None = None,
) -> Taken[MailInFlight]:
    """Put up to `limit` mails that are due in flight, as far as there is an allowance.

    What has become pointless is skipped, and what is past its deadline refused, on the way.
    """
    if limit <= 0:
        return Taken([])
    if allowance is not None:
        if allowance.room == 0 and is_due(session, now=now):
            return Taken([], hold=allowance.hold)
        limit = min(limit, allowance.room)
    rows = session.execute(
        sa.select(MAILS, Subscription.state.label("standing"))
        .outerjoin(
            Subscription,
            sa.and_(
                Subscription.subscriber_id == MAILS.c.subscriber_id,
                Subscription.newsletter_id == MAILS.c.newsletter_id,
            ),
        )
        .where(_due(now))
        .order_by(MAILS.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=MAILS)
    ).all()
    flying = []
    for row in rows:
        values = _values(session, row, links, now=now)
        if isinstance(values, Reason):
            state = DeliveryState.REFUSED if values is Reason.EXPIRED else DeliveryState.SKIPPED
            _update(session, row.id, state=state, reason=values.value, changed_at=now)
            continue
        first_attempt_at = row.first_attempt_at or now
        _update(
            session,
            row.id,
            state=DeliveryState.IN_FLIGHT,
            attempts=row.attempts + 1,
            first_attempt_at=first_attempt_at,
            lease_owner=lease.owner,
            lease_until=lease.until,
            changed_at=now,
        )
        flying.append(
            MailInFlight.of(
                row,
                first_attempt_at=first_attempt_at,
                attempts=row.attempts + 1,
                newsletter_id=row.newsletter_id,
                kind=row.kind,
                language=row.language,
                values=values,
            )
        )
    if allowance is not None:
        limits.save(session, allowance.take(len(flying)))
    return Taken(flying, was_empty=not rows)


def record(
    session: Session,
    outcomes: Sequence[tuple[Flight, Outcome]],
    *,
    owner: str,
    now: datetime,
) -> None:
    """Write down what became of mails in flight; late news only if it is good."""
    for mail, outcome in outcomes:
        state = session.scalar(
            sa.select(MAILS.c.state)
            .where(MAILS.c.id == mail.id, MAILS.c.lease_owner == owner)
            .with_for_update()
        )
        is_late = state is DeliveryState.UNCERTAIN and isinstance(outcome, Accepted)
        if state is DeliveryState.IN_FLIGHT or is_late:
            row = flights.recorded(mail, outcome, now=now)
            _update(session, mail.id, changed_at=now, **row, **FREE)


def give_back(session: Session, *, owner: str, known: Collection[int], now: datetime) -> None:
    """Queue what an owner holds and does not know of: the answer to a commit was lost."""
    held = sa.and_(MAILS.c.state == DeliveryState.IN_FLIGHT, MAILS.c.lease_owner == owner)
    untried = [
        (Flight.of(row, first_attempt_at=row.first_attempt_at, attempts=row.attempts), Untried())
        for row in session.execute(sa.select(MAILS).where(held))
        if row.id not in known
    ]
    record(session, untried, owner=owner, now=now)


def expire_leases(session: Session, *, now: datetime) -> None:
    """Take back what dead workers held: what they had in flight is uncertain."""
    session.execute(
        sa.update(MAILS)
        .where(_abandoned(session, now))
        .values(
            state=DeliveryState.UNCERTAIN,
            reason=Reason.CRASHED.value,
            lease_until=None,
            next_attempt_at=None,
            changed_at=now,
        )
    )


def renew(session: Session, lease: Lease) -> None:
    """Prolong everything an owner holds."""
    session.execute(
        sa.update(MAILS)
        .where(MAILS.c.state == DeliveryState.IN_FLIGHT, MAILS.c.lease_owner == lease.owner)
        .values(lease_until=lease.until)
    )


def _due(now: datetime) -> sa.ColumnElement[bool]:
    at = MAILS.c.next_attempt_at
    return sa.and_(MAILS.c.state.in_(_WAITING), sa.or_(at.is_(None), at <= now))


def _abandoned(session: Session, now: datetime) -> sa.ColumnElement[bool]:
    held = MAILS.c.state == DeliveryState.IN_FLIGHT
    owners = session.scalars(sa.select(MAILS.c.lease_owner).where(held).distinct())
    dead = [owner for owner in owners if owner and leases.is_dead(owner)]
    return sa.and_(held, sa.or_(MAILS.c.lease_until < now, MAILS.c.lease_owner.in_(dead)))


def _values(session: Session, row: sa.Row[Any], links: Links, *, now: datetime) -> Values | Reason:
    """Return what the templates of a mail are given, or why it is not sent."""
    if retries.is_expired(row.first_attempt_at, now=now):
        return Reason.EXPIRED
    if suppression.bars_service_mail(
        session,
        address_hash=row.address_hash,
        domain=row.domain,
        newsletter_id=row.newsletter_id,
        asked_at=row.created_at,
    ):
        return Reason.SUPPRESSED
    asked = Asked(
        subscriber_id=row.subscriber_id,
        newsletter_id=row.newsletter_id,
        standing=row.standing,
        at=row.created_at.replace(second=0, microsecond=0),
        fields=row.fields,
        links=links,
    )
    return KINDS[row.kind](asked)


def _update(session: Session, mail_id: int, **values: Any) -> None:
    if values.get("state") in DONE:
        values["address"] = ""
    session.execute(sa.update(MAILS).where(MAILS.c.id == mail_id).values(values))
