"""Cases: a person used a right of theirs, and when the answer is due at the latest.

The register is the audit log: a case is a row of it, with its number, and without a name.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import audit
from subscribers.models import AuditEntry

#: What the action of every case begins with.
RIGHTS = "rights."


@dataclass(frozen=True, slots=True)
class Case:
    """One use of a right."""

    #: Year and running number: "G-2026-003".
    number: str
    #: When the person asked.
    received_on: date
    #: The last day to answer (GDPR, article 12.3).
    due_on: date


def close(
    session: Session,
    *,
    action: str,
    subscriber_id: int,
    received_on: date,
    at: datetime,
    actor: str,
    count: int,
    details: Mapping[str, Any],
) -> Case:
    """Give the next number to what was done ("packaged", "erased"), and log it."""
    # Two at once wait for each other here, and get two numbers.
    audit.take_turn(session)
    this_year = datetime(at.astimezone(UTC).year, 1, 1, tzinfo=UTC)
    before = session.scalar(
        sa.select(sa.func.count(AuditEntry.id)).where(
            AuditEntry.action.startswith(RIGHTS), AuditEntry.at >= this_year
        )
    )
    case = Case(f"G-{this_year.year}-{(before or 0) + 1:03d}", received_on, due_on(received_on))
    audit.record(
        session,
        at=at,
        actor=actor,
        action=f"{RIGHTS}{action}",
        subject=f"subscriber:{subscriber_id}",
        count=count,
        details={
            "case": case.number,
            "received_on": received_on.isoformat(),
            "due_on": case.due_on.isoformat(),
            **details,
        },
    )
    return case


def due_on(received_on: date) -> date:
    """Return the last day of the month that GDPR, article 12.3, gives for an answer.

    The day of the same number in the next month, or the last one there is (Regulation 1182/71,
    article 3.2 c). The law lets a Saturday, Sunday or holiday pass; we do not.

    >>> due_on(date(2026, 1, 31)), due_on(date(2026, 12, 3))
    (datetime.date(2026, 2, 28), datetime.date(2027, 1, 3))
    """
    year, month = received_on.year + received_on.month // 12, received_on.month % 12 + 1
    return date(year, month, min(received_on.day, calendar.monthrange(year, month)[1]))
