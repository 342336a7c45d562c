"""When people who came with an import are asked to confirm: few at a time, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers.models import Subscription


def times(session: Session, *, at: datetime, per_hour: int) -> Iterator[datetime]:
    """Yield when the next people are to be asked, evenly, behind everybody who waits already."""
    last = session.scalar(
        sa.select(sa.func.max(Subscription.optin_due_at)).where(
            Subscription.optin_due_at.is_not(None)
        )
    )
    between = timedelta(hours=1) / per_hour
    first = at if last is None else max(at, last + between)
    return _from(first, between)


def _from(first: datetime, between: timedelta) -> Iterator[datetime]:
    due = first
    while True:
        yield due
        due += between
