"""What owners hold: prolonged while they live, taken back from the dead and the forgetful."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery import counting, flights, leases, ledger
from newsletter.delivery.in_flight import Flight, Lease
from newsletter.delivery.ledger import DELIVERIES
from newsletter.delivery.outcomes import Untried
from newsletter.delivery.reasons import Reason
from newsletter.models import DeliveryState


def renew(session: Session, issue_id: int, lease: Lease) -> None:
    """Prolong everything an owner holds."""
    session.execute(
        sa.update(DELIVERIES)
        .where(
            DELIVERIES.c.issue_id == issue_id,
            DELIVERIES.c.state == DeliveryState.IN_FLIGHT,
            DELIVERIES.c.lease_owner == lease.owner,
        )
        .values(lease_until=lease.until)
    )


def expire_leases(session: Session, issue_id: int, *, now: datetime) -> None:
    """Take back what dead owners held: what they had in flight is uncertain.

    An owner is dead if its lease is over or its process is seen to have ended. One that turns out
    to be alive may still report what it knows: it keeps its name.
    """
    ids = [row.id for row in ledger.pick(session, issue_id, _abandoned(session, issue_id, now))]
    ledger.update(
        session,
        ids,
        come_from=(DeliveryState.IN_FLIGHT,),
        state=DeliveryState.UNCERTAIN,
        reason=Reason.CRASHED.value,
        lease_until=None,
        next_attempt_at=None,
        changed_at=now,
    )
    counting.move(
        session,
        issue_id,
        Counter({DeliveryState.IN_FLIGHT: -len(ids), DeliveryState.UNCERTAIN: len(ids)}),
    )


def has_abandoned(session: Session, issue_id: int, *, now: datetime) -> bool:
    """Tell whether there is anything for `expire_leases` to take back."""
    abandoned = _abandoned(session, issue_id, now)
    found = sa.select(DELIVERIES.c.id).where(DELIVERIES.c.issue_id == issue_id, abandoned)
    return session.scalar(found.limit(1)) is not None


def _abandoned(session: Session, issue_id: int, now: datetime) -> sa.ColumnElement[bool]:
    state, owner = DELIVERIES.c.state, DELIVERIES.c.lease_owner
    held = state == DeliveryState.IN_FLIGHT
    owners = session.scalars(
        sa.select(owner)
        .where(DELIVERIES.c.issue_id == issue_id, held, owner.is_not(None))
        .distinct()
    )
    dead = [name for name in owners if leases.is_dead(name)]
    return sa.and_(held, sa.or_(DELIVERIES.c.lease_until < now, owner.in_(dead)))


def give_back(
    session: Session, issue_id: int, *, owner: str, known: Collection[int], now: datetime
) -> None:
    """Queue what an owner holds and does not know of: the answer to a commit was lost."""
    held = sa.and_(DELIVERIES.c.state == DeliveryState.IN_FLIGHT, DELIVERIES.c.lease_owner == owner)
    untried = [
        (Flight.of(row, first_attempt_at=row.first_attempt_at, attempts=row.attempts), Untried())
        for row in ledger.pick(session, issue_id, held, skip_locked=False)
        if row.id not in known
    ]
    flights.record(session, issue_id, untried, owner=owner, now=now)
