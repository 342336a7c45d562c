"""Take deliveries that are due and commit them in flight.

Claim and intent are one transaction: whoever takes rows is about to send them, and after its
commit a crash leaves doubt about them, and about no others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery import counting, ledger, limits, retries
from newsletter.delivery.domain_groups import Doors
from newsletter.delivery.in_flight import InFlight, Lease, Taken
from newsletter.delivery.ledger import DELIVERIES, GIVEN
from newsletter.delivery.limits import Allowance, Hold
from newsletter.delivery.reasons import Reason, reason_of
from newsletter.models import DeliveryState
from subscribers import recipients
from subscribers.why_not import SkipReason

_WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.PARKED)
#: Deliveries looked at in one turn where some may have to be parked.
_LOOK = 64

_NOW = sa.bindparam("now", type_=DELIVERIES.c.changed_at.type)


class _Due(NamedTuple):
    """A row that is due; into one of SQLAlchemy's rows each look takes long."""

    id: int
    #: None of somebody who was erased.
    subscriber_id: Any
    address: str
    domain: str
    message_id: str
    envelope_sender: str
    state: DeliveryState
    first_attempt_at: datetime | None
    attempts: int
    reason: str


def _queue(which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    row = DELIVERIES.c
    return (
        sa.select(*(row[name] for name in _Due._fields))
        .where(row.issue_id == sa.bindparam("of_issue", type_=sa.Integer), which)
        .order_by(row.next_attempt_at, row.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .with_for_update(skip_locked=True)
    )


# Built once: building a statement anew takes longer than running it.
_NEVER_TRIED = _queue(
    sa.and_(
        DELIVERIES.c.state == DeliveryState.QUEUED,
        DELIVERIES.c.next_attempt_at.is_(None),
        DELIVERIES.c.id > sa.bindparam("after", type_=DELIVERIES.c.id.type),
    )
)
_TO_TRY_AGAIN = tuple(
    _queue(sa.and_(DELIVERIES.c.state == state, DELIVERIES.c.next_attempt_at <= _NOW))
    for state in (DeliveryState.QUEUED, DeliveryState.DEFERRED)
)
_PARKED = _queue(
    sa.and_(
        DELIVERIES.c.domain_group == sa.bindparam("group", type_=sa.String),
        DELIVERIES.c.state == DeliveryState.PARKED,
    )
)
_PUT_IN_FLIGHT = (
    sa.update(DELIVERIES)
    .where(DELIVERIES.c.id.in_(GIVEN.ids), DELIVERIES.c.state.in_(_WAITING))
    .values(
        state=DeliveryState.IN_FLIGHT,
        attempts=DELIVERIES.c.attempts + 1,
        first_attempt_at=sa.func.coalesce(DELIVERIES.c.first_attempt_at, _NOW),
        lease_owner=sa.bindparam("owner"),
        lease_until=sa.bindparam("until", type_=DELIVERIES.c.lease_until.type),
        domain_group=None,
        changed_at=_NOW,
    )
)


def take(
    session: Session,
    issue_id: int,
    newsletter_id: int,
    *,
    lease: Lease,
    limit: int,
    now: datetime,
    after: int = 0,
    allowance: Allowance | None = None,
    doors: Doors | None = None,
) -> Taken[InFlight]:
    """Put up to `limit` deliveries that are due in flight; none unless the issue is being sent.

    No more than the allowance has room for, from which they are taken. Those never tried come
    first, after those that were parked. Whoever may no longer be mailed is skipped, deferred ones
    past the deadline are refused, and those behind closed doors parked, on the way.

    Of those never tried the rows behind `after` are looked at first, the last that was claimed
    before: PostgreSQL keeps the places of all that were claimed in its index until it tidies up.
    """
    if limit <= 0:
        return Taken([])
    if not ledger.is_sending(session, issue_id):
        return Taken([], was_empty=True)
    if allowance is not None:
        if allowance.room == 0 and (
            ledger.is_due(session, issue_id, now=now) or ledger.is_parked(session, issue_id)
        ):
            return Taken([], hold=allowance.hold)
        limit = min(limit, allowance.room)
    rows = _due(session, issue_id, limit=limit, now=now, after=after, doors=doors)
    if not rows:
        hold = _hold(session, issue_id, doors)
        return Taken([], was_empty=hold is None, hold=hold)
    people = [row.subscriber_id for row in rows if row.subscriber_id is not None]
    unmailable = recipients.unmailable(session, newsletter_id, people, at=now)
    flying: list[_Due] = []
    parked: dict[str, list[int]] = {}
    moved = Counter[DeliveryState]()
    for row in rows:
        if end := _end(row, unmailable, now=now):
            state, reason = end
            ledger.update(
                session,
                [row.id],
                come_from=_WAITING,
                state=state,
                reason=reason.value,
                next_attempt_at=None,
                domain_group=None,
                changed_at=now,
            )
        elif doors is not None and (group := doors.closed(row.domain)):
            state = DeliveryState.PARKED
            parked.setdefault(group, []).append(row.id)
        elif len(flying) < limit:
            state = DeliveryState.IN_FLIGHT
            flying.append(row)
            if doors is not None:
                doors.let(row.domain)
        else:
            continue
        moved[row.state] -= 1
        moved[state] += 1
    for group, ids in parked.items():
        ledger.update(
            session,
            ids,
            come_from=_WAITING,
            state=DeliveryState.PARKED,
            domain_group=group,
            next_attempt_at=None,
            changed_at=now,
        )
    ledger.run_on(
        session,
        _PUT_IN_FLIGHT,
        {row.id: "" for row in flying},
        {"owner": lease.owner, "until": lease.until, "now": now},
    )
    counting.move(session, issue_id, moved)
    if allowance is not None:
        limits.save(session, allowance.take(len(flying)))
    if doors is not None:
        limits.save(session, doors.taken())
    return Taken(
        [
            InFlight(
                id=row.id,
                subscriber_id=row.subscriber_id,
                address=row.address,
                domain=row.domain,
                message_id=row.message_id,
                envelope_sender=row.envelope_sender,
                first_attempt_at=row.first_attempt_at or now,
                attempts=row.attempts + 1,
                reason=row.reason,
            )
            for row in flying
        ]
    )


def _end(
    row: _Due, unmailable: Mapping[int, SkipReason], *, now: datetime
) -> tuple[DeliveryState, Reason] | None:
    """Return what becomes of a row that is not to be sent, and why; None if it is."""
    if row.subscriber_id is None:
        return DeliveryState.SKIPPED, Reason.ERASED
    if why := unmailable.get(row.subscriber_id):
        return DeliveryState.SKIPPED, reason_of(why)
    if row.state is not DeliveryState.QUEUED and retries.is_expired(row.first_attempt_at, now=now):
        return DeliveryState.REFUSED, Reason.EXPIRED
    return None


def _due(
    session: Session, issue_id: int, *, limit: int, now: datetime, after: int, doors: Doors | None
) -> list[_Due]:
    def ask(queue: sa.Select[Any], limit: int, **more: Any) -> list[_Due]:
        if limit <= 0:
            return []
        asked = {"of_issue": issue_id, "limit": limit, **more}
        return [_Due._make(row) for row in session.connection().execute(queue, asked).all()]

    found: list[_Due] = []
    for group, room in (doors.open if doors else {}).items():
        found += ask(_PARKED, min(room, limit - len(found)), group=group)
    if doors is not None and limit:
        # A window may be small, and all that it would hold may have to be parked.
        limit = max(limit, _LOOK)
    never_tried = ask(_NEVER_TRIED, limit - len(found), after=after)
    if after and len(never_tried) < limit - len(found):
        # What somebody gave back untried, or freed, lies before it.
        never_tried = ask(_NEVER_TRIED, limit - len(found), after=0)
    found += never_tried
    for queue in _TO_TRY_AGAIN:
        found += ask(queue, limit - len(found), now=now)
    return found


def _hold(session: Session, issue_id: int, doors: Doors | None) -> Hold | None:
    """Return until when what is parked waits, or until somebody deferred is due before it."""
    if doors is None or doors.hold is None or not ledger.is_parked(session, issue_id):
        return None
    hold, due_at = doors.hold, ledger.next_due(session, issue_id)
    return hold if due_at is None or due_at > hold.until else replace(hold, until=due_at)


def release(session: Session, issue_id: int, *, limited: Iterable[str], limit: int) -> int:
    """Queue up to `limit` that are parked for groups without a limit; return how many."""
    which = sa.and_(
        DELIVERIES.c.state == DeliveryState.PARKED, DELIVERIES.c.domain_group.not_in(list(limited))
    )
    ids = [row.id for row in ledger.pick(session, issue_id, which, limit=limit, skip_locked=False)]
    ledger.update(
        session,
        ids,
        come_from=(DeliveryState.PARKED,),
        state=DeliveryState.QUEUED,
        domain_group=None,
    )
    moved = Counter({DeliveryState.PARKED: -len(ids), DeliveryState.QUEUED: len(ids)})
    counting.move(session, issue_id, moved)
    return len(ids)
