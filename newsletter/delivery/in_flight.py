"""What is known of a message that was committed in flight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

import sqlalchemy as sa

from newsletter.delivery.limits import Hold


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds rows, and until when."""

    owner: str
    until: datetime


# Not frozen, as each reader has one: that takes three times as long to make.
@dataclass(slots=True, kw_only=True)
class Flight:
    """One message that was committed in flight: what a lane needs to know of it."""

    #: Of its row.
    id: int
    address: str
    domain: str
    message_id: str
    envelope_sender: str
    first_attempt_at: datetime
    #: This one counted in.
    attempts: int
    #: Why it was given back last time, if it was.
    reason: str

    @classmethod
    def of(
        cls, row: sa.Row[Any], *, first_attempt_at: datetime, attempts: int, **more: Any
    ) -> Self:
        """Return what a row is once it is in flight; `more` is what only some kinds have."""
        return cls(
            id=row.id,
            address=row.address,
            domain=row.domain,
            message_id=row.message_id,
            envelope_sender=row.envelope_sender,
            first_attempt_at=first_attempt_at,
            attempts=attempts,
            reason=row.reason,
            **more,
        )


AnyFlight = TypeVar("AnyFlight", bound=Flight)


@dataclass(slots=True, kw_only=True)
class InFlight(Flight):
    """One delivery that was committed in flight: everything its message is made from."""

    subscriber_id: int


@dataclass(frozen=True, slots=True)
class Taken(Generic[AnyFlight]):
    """What one look into a queue brought."""

    flying: list[AnyFlight]
    #: Nobody was due.
    was_empty: bool = False
    #: Somebody is due, and a rule lets nobody go before a time.
    hold: Hold | None = None
