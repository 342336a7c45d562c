"""Move deliveries on somebody's word: give up an issue, take it back, send to who lacks it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery import counting, ledger
from newsletter.delivery.ledger import DELIVERIES, FREE
from newsletter.delivery.reasons import Reason
from newsletter.models import DeliveryState


def cancel(session: Session, issue_id: int, *, limit: int, now: datetime) -> int:
    """Skip up to `limit` deliveries that have not gone and are not in flight; return how many.

    Only for an issue that was cancelled before; call again until it returns 0.
    """
    waiting = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.PARKED)
    rows = ledger.pick(
        session, issue_id, DELIVERIES.c.state.in_(waiting), limit=limit, skip_locked=False
    )
    ledger.update(
        session,
        [row.id for row in rows],
        come_from=waiting,
        state=DeliveryState.SKIPPED,
        reason=Reason.CANCELLED.value,
        next_attempt_at=None,
        domain_group=None,
        changed_at=now,
        **FREE,
    )
    moved = Counter({DeliveryState.SKIPPED: len(rows)})
    moved.subtract(Counter(row.state for row in rows))
    counting.move(session, issue_id, moved)
    return len(rows)


def forget(session: Session, issue_id: int, *, limit: int) -> int:
    """Delete up to `limit` deliveries of an issue that was withdrawn; return how many.

    The last made go first: if this is broken off, what is left is the beginning of an audience,
    and freezing it again goes on behind it. Call again until it returns 0.
    """
    rows = session.execute(
        sa.select(DELIVERIES.c.id, DELIVERIES.c.state)
        .where(DELIVERIES.c.issue_id == issue_id)
        .order_by(DELIVERIES.c.id.desc())
        .limit(limit)
        .with_for_update()
    ).all()
    session.execute(sa.delete(DELIVERIES).where(DELIVERIES.c.id.in_([row.id for row in rows])))
    moved = Counter[DeliveryState]()
    moved.subtract(Counter(row.state for row in rows))
    if rows:
        counting.move(session, issue_id, moved)
    return len(rows)


#: Refusals that may not stand for ever: of the way to the mailbox, not of the address or the mail.
SOFT = (Reason.MAILBOX_FULL, Reason.POLICY, Reason.SYSTEM, Reason.CONNECTION, Reason.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """Who of an audience lacks the issue, or may lack it."""

    #: Refused for a reason that may have passed.
    softly: int
    #: Refused for good: the address, or the message, was at fault.
    for_good: int
    uncertain: int


def lacking(session: Session, issue_id: int) -> Lacking:
    """Count who lacks an issue although its sending is done with them."""
    rows = session.execute(
        sa.select(DELIVERIES.c.state, DELIVERIES.c.reason, sa.func.count())
        .where(
            DELIVERIES.c.issue_id == issue_id,
            DELIVERIES.c.state.in_((DeliveryState.REFUSED, DeliveryState.UNCERTAIN)),
        )
        .group_by(DELIVERIES.c.state, DELIVERIES.c.reason)
    ).all()
    soft = {reason.value for reason in SOFT}
    refused = [(reason in soft, n) for state, reason, n in rows if state is DeliveryState.REFUSED]
    return Lacking(
        softly=sum(n for is_soft, n in refused if is_soft),
        for_good=sum(n for is_soft, n in refused if not is_soft),
        uncertain=sum(n for state, _, n in rows if state is DeliveryState.UNCERTAIN),
    )


def requeue_refused(session: Session, issue_id: int, *, limit: int, now: datetime) -> int:
    """Queue up to `limit` again of those who were refused softly; call until it returns 0.

    Whether each may still be mailed is asked when it is their turn, as always.
    """
    softly = sa.and_(
        DELIVERIES.c.state == DeliveryState.REFUSED,
        DELIVERIES.c.reason.in_([reason.value for reason in SOFT]),
    )
    return _requeue(session, issue_id, softly, DeliveryState.REFUSED, limit=limit, now=now)


def requeue_uncertain(session: Session, issue_id: int, *, limit: int, now: datetime) -> int:
    """Queue up to `limit` uncertain ones again, with the same bytes; call until it returns 0.

    Whoever got the first copy may get a second one.
    """
    uncertain = DELIVERIES.c.state == DeliveryState.UNCERTAIN
    return _requeue(session, issue_id, uncertain, DeliveryState.UNCERTAIN, limit=limit, now=now)


def _requeue(
    session: Session,
    issue_id: int,
    which: sa.ColumnElement[bool],
    come_from: DeliveryState,
    *,
    limit: int,
    now: datetime,
) -> int:
    found = [row.id for row in ledger.pick(session, issue_id, which, limit=limit)]
    ledger.update(
        session,
        found,
        come_from=(come_from,),
        state=DeliveryState.QUEUED,
        reason="",
        next_attempt_at=now,
        changed_at=now,
        **FREE,
    )
    counting.move(
        session, issue_id, Counter({come_from: -len(found), DeliveryState.QUEUED: len(found)})
    )
    return len(found)
