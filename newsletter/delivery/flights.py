"""Write down what became of deliveries in flight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery import counting, ledger, retries
from newsletter.delivery.in_flight import Flight
from newsletter.delivery.ledger import DELIVERIES, FREE, GIVEN
from newsletter.delivery.outcomes import (
    Accepted,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientDeferred,
    RecipientRefused,
    SenderMisconfigured,
    ServerUnavailable,
    Uncertain,
    Untried,
)
from newsletter.delivery.reasons import Reason
from newsletter.models import DeliveryState
from subscribers import bulk

#: How often a message may fail to be handed over before its recipient is deferred like any other:
#: if the connection always breaks at the same one, the others must still get theirs.
MOST_BREAKS = 3
_RECORD = (
    sa.update(DELIVERIES)
    .where(
        DELIVERIES.c.id == sa.bindparam("its_id"),
        DELIVERIES.c.state == sa.bindparam("came_from", type_=DELIVERIES.c.state.type),
    )
    .values(
        {
            name: sa.bindparam(name)
            for name in (
                "state",
                "reason",
                "attempts",
                "first_attempt_at",
                "next_attempt_at",
                "last_reply",
                "changed_at",
            )
        }
    )
    .values(FREE)
)
_HELD = (
    sa.select(DELIVERIES.c.id, DELIVERIES.c.state)
    .where(DELIVERIES.c.id.in_(GIVEN.ids), DELIVERIES.c.lease_owner == sa.bindparam("owner"))
    .order_by(DELIVERIES.c.id)
    .with_for_update()
)
# What becomes of nearly all of them, in one statement.
_ACCEPT = (
    sa.update(DELIVERIES)
    .where(
        DELIVERIES.c.id == GIVEN.id,
        DELIVERIES.c.state == DeliveryState.IN_FLIGHT,
        DELIVERIES.c.lease_owner == sa.bindparam("owner"),
    )
    .values(
        state=DeliveryState.ACCEPTED,
        reason=sa.bindparam("why"),
        next_attempt_at=None,
        last_reply=GIVEN.text,
        changed_at=sa.bindparam("now", type_=DELIVERIES.c.changed_at.type),
        **FREE,
    )
)


def record(
    session: Session,
    issue_id: int,
    outcomes: Sequence[tuple[Flight, Outcome]],
    *,
    owner: str,
    now: datetime,
) -> None:
    """Write down what became of deliveries in flight.

    Where the lease had run out and the row became uncertain meanwhile, "accepted" is still
    recorded, for we have it from the server; anything else leaves it uncertain.
    """
    accepted: dict[str, dict[int, str]] = {}
    others = []
    for delivery, outcome in outcomes:
        if isinstance(outcome, Accepted):
            why = outcome.reason.value if outcome.reason else ""
            accepted.setdefault(why, {})[delivery.id] = outcome.reply
        else:
            others.append((delivery, outcome))
    changed = sum(
        ledger.run_on_some(session, _ACCEPT, replies, {"why": why, "owner": owner, "now": now})
        for why, replies in accepted.items()
    )
    moved = Counter({DeliveryState.IN_FLIGHT: -changed, DeliveryState.ACCEPTED: changed})
    if changed + len(others) < len(outcomes):
        # Those accepted in time are free by now, so that only the late ones are found.
        others = list(outcomes)
    if others:
        moved.update(_record_each(session, others, owner=owner, now=now))
    counting.move(session, issue_id, moved)


def _record_each(
    session: Session, outcomes: Sequence[tuple[Flight, Outcome]], *, owner: str, now: datetime
) -> Counter[DeliveryState]:
    """Write down what became of rows an owner still has to do with; return how they moved."""
    given = bulk.of({delivery.id: "" for delivery, _ in outcomes})
    held = session.connection().execute(_HELD, {GIVEN.name: given, "owner": owner})
    states: dict[int, DeliveryState] = {row.id: row.state for row in held}
    moved = Counter[DeliveryState]()
    rows = []
    for delivery, outcome in outcomes:
        come_from = states.get(delivery.id)
        is_in_time = come_from is DeliveryState.IN_FLIGHT
        is_late = come_from is DeliveryState.UNCERTAIN and isinstance(outcome, Accepted)
        if come_from is None or not (is_in_time or is_late):
            continue
        row = recorded(delivery, outcome, now=now)
        moved[come_from] -= 1
        moved[row["state"]] += 1
        rows.append({"its_id": delivery.id, "came_from": come_from, "changed_at": now, **row})
    ledger.update_each(session, _RECORD, rows)
    return moved


def recorded(delivery: Flight, outcome: Outcome, *, now: datetime) -> dict[str, Any]:
    """Return what a row has, apart from its lease, after an outcome of its message."""
    row = {
        "reason": outcome.reason.value if outcome.reason else "",
        "attempts": delivery.attempts,
        "first_attempt_at": delivery.first_attempt_at,
        "next_attempt_at": None,
        "last_reply": outcome.reply,
    }
    # Behind those that were never tried.
    again = {"state": DeliveryState.QUEUED, "next_attempt_at": now}
    match outcome:
        case Accepted():
            return row | {"state": DeliveryState.ACCEPTED}
        case RecipientRefused():
            return row | {"state": DeliveryState.REFUSED}
        case Uncertain():
            return row | {"state": DeliveryState.UNCERTAIN}
        case RecipientDeferred():
            return row | _deferred(delivery, outcome.reason or Reason.OTHER, now=now)
        case ServerUnavailable() | NotSent() if delivery.attempts >= MOST_BREAKS:
            return row | _deferred(delivery, Reason.CONNECTION, now=now)
        case ServerUnavailable() | NotSent():
            return row | again
        case MessageRefused() if delivery.reason == Reason.CONTENT.value:
            # Somebody looked at it and went on: this server will not have it.
            return row | {"state": DeliveryState.REFUSED, "reason": Reason.CONTENT.value}
        case MessageRefused():
            return row | again | {"reason": Reason.CONTENT.value}
        case Untried() | SenderMisconfigured() if delivery.attempts > 1:
            # Nobody was asked to take it, so it was no attempt.
            return row | again | {"reason": delivery.reason, "attempts": delivery.attempts - 1}
        case Untried() | SenderMisconfigured():
            return row | {
                "state": DeliveryState.QUEUED,
                "reason": delivery.reason,
                "attempts": 0,
                "first_attempt_at": None,
            }
    raise AssertionError(outcome)


def _deferred(delivery: Flight, reason: Reason, *, now: datetime) -> dict[str, Any]:
    again_at = retries.next_attempt(
        delivery.id,
        attempts=delivery.attempts,
        first_attempt_at=delivery.first_attempt_at,
        now=now,
    )
    if again_at is None:
        return {"state": DeliveryState.REFUSED, "reason": Reason.EXPIRED.value}
    return {
        "state": DeliveryState.DEFERRED,
        "reason": reason.value,
        "next_attempt_at": again_at,
    }
