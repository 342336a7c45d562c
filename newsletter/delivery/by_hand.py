"""Move deliveries on somebody's word: give up an issue, send again what is uncertain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery import ledger
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
    ledger.move_counts(session, issue_id, moved)
    return len(rows)


def requeue_uncertain(session: Session, issue_id: int, ids: Sequence[int], *, now: datetime) -> int:
    """Queue uncertain deliveries again, on somebody's word; the message will be the same bytes.

    Returns how many. Whoever got the first copy may get a second one.
    """
    uncertain = sa.and_(DELIVERIES.c.id.in_(ids), DELIVERIES.c.state == DeliveryState.UNCERTAIN)
    found = [row.id for row in ledger.pick(session, issue_id, uncertain)]
    ledger.update(
        session,
        found,
        come_from=(DeliveryState.UNCERTAIN,),
        state=DeliveryState.QUEUED,
        reason="",
        next_attempt_at=now,
        changed_at=now,
        **FREE,
    )
    ledger.move_counts(
        session,
        issue_id,
        Counter({DeliveryState.UNCERTAIN: -len(found), DeliveryState.QUEUED: len(found)}),
    )
    return len(found)
