"""Lease deliveries to a worker, and take back what a dead one held."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery import leases, ledger, retries
from newsletter.delivery.ledger import DELIVERIES, FREE
from newsletter.delivery.reasons import Reason
from newsletter.models import DeliveryState

HELD = (DeliveryState.CLAIMED, DeliveryState.IN_FLIGHT)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds rows, and until when."""

    owner: str
    until: datetime


def claim(session: Session, issue_id: int, *, lease: Lease, limit: int, now: datetime) -> list[int]:
    """Lease up to `limit` deliveries that are due and return their ids; none unless sending.

    Those never tried come first. Deferred ones past the deadline are refused on the way.
    """
    if not ledger.is_sending(session, issue_id):
        return []
    state, due_at = DELIVERIES.c.state, DELIVERIES.c.next_attempt_at
    untried = sa.and_(state == DeliveryState.QUEUED, due_at.is_(None))
    found = ledger.pick(session, issue_id, untried, limit=limit)
    for waiting in (DeliveryState.QUEUED, DeliveryState.DEFERRED):
        if len(found) < limit:
            due = sa.and_(state == waiting, due_at <= now)
            found += ledger.pick(session, issue_id, due, limit=limit - len(found))
    claimed = Counter[DeliveryState]()
    expired = []
    for row in found:
        if row.state is DeliveryState.DEFERRED and retries.is_expired(
            row.first_attempt_at, now=now
        ):
            expired.append(row.id)
        else:
            claimed[row.state] += 1
    given_up = set(expired)
    ids = [row.id for row in found if row.id not in given_up]
    ledger.update(
        session,
        ids,
        come_from=(DeliveryState.QUEUED, DeliveryState.DEFERRED),
        state=DeliveryState.CLAIMED,
        lease_owner=lease.owner,
        lease_until=lease.until,
        changed_at=now,
    )
    ledger.update(
        session,
        expired,
        come_from=(DeliveryState.DEFERRED,),
        state=DeliveryState.REFUSED,
        reason=Reason.EXPIRED.value,
        next_attempt_at=None,
        changed_at=now,
    )
    moved = Counter({DeliveryState.CLAIMED: len(ids), DeliveryState.REFUSED: len(expired)})
    moved.subtract(claimed)
    moved.subtract({DeliveryState.DEFERRED: len(expired)})
    ledger.move_counts(session, issue_id, moved)
    return ids


def give_back(session: Session, issue_id: int, owner: str, *, now: datetime) -> int:
    """Put what an owner had claimed, but not begun, back into the queue; return how many."""
    held = sa.and_(DELIVERIES.c.state == DeliveryState.CLAIMED, DELIVERIES.c.lease_owner == owner)
    ids = [row.id for row in ledger.pick(session, issue_id, held)]
    ledger.update(
        session,
        ids,
        come_from=(DeliveryState.CLAIMED,),
        state=DeliveryState.QUEUED,
        changed_at=now,
        **FREE,
    )
    ledger.move_counts(
        session,
        issue_id,
        Counter({DeliveryState.CLAIMED: -len(ids), DeliveryState.QUEUED: len(ids)}),
    )
    return len(ids)


def renew(session: Session, issue_id: int, lease: Lease) -> None:
    """Prolong everything an owner holds."""
    session.execute(
        sa.update(DELIVERIES)
        .where(
            DELIVERIES.c.issue_id == issue_id,
            DELIVERIES.c.state.in_(HELD),
            DELIVERIES.c.lease_owner == lease.owner,
        )
        .values(lease_until=lease.until)
    )


def expire_leases(session: Session, issue_id: int, *, now: datetime) -> None:
    """Take back what dead owners held: claimed rows are queued, those in flight are uncertain.

    An owner is dead if its lease is over or its process is seen to have ended.
    """
    state, owner = DELIVERIES.c.state, DELIVERIES.c.lease_owner
    of_issue = sa.and_(DELIVERIES.c.issue_id == issue_id, state.in_(HELD))
    owners = session.scalars(sa.select(owner).where(of_issue, owner.is_not(None)).distinct())
    dead = [name for name in owners if leases.is_dead(name)]
    over = sa.or_(DELIVERIES.c.lease_until < now, owner.in_(dead))
    for held, freed, values in (
        # An owner that turns out to be alive may still report what it knows: it keeps its name.
        (
            DeliveryState.IN_FLIGHT,
            DeliveryState.UNCERTAIN,
            {"reason": Reason.CRASHED.value, "lease_until": None, "next_attempt_at": None},
        ),
        (DeliveryState.CLAIMED, DeliveryState.QUEUED, FREE),
    ):
        ids = [row.id for row in ledger.pick(session, issue_id, sa.and_(state == held, over))]
        ledger.update(session, ids, come_from=(held,), state=freed, changed_at=now, **values)
        ledger.move_counts(session, issue_id, Counter({held: -len(ids), freed: len(ids)}))
