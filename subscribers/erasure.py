"""Erase a person: what is theirs goes, what must stay stays without them.

Left is a keyed hash on the suppression list, so that no import brings them back, unless they want
that gone too (GDPR, article 17). Other packages make anonymous what they keep, and are passed in.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import cases, erasing
from subscribers.cases import Case
from subscribers.models import (
    ConsentEvent,
    ImportChange,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)

#: Makes anonymous what another package keeps about people, by their numbers; tells its name and of
#: how many rows.
Anonymise = Callable[[Session, Sequence[int]], tuple[str, int]]


class Checksum(enum.Enum):
    """What becomes of the keyed hash of an erased address."""

    #: It is suppressed, so that no import brings the person back.
    SUPPRESS = "suppress"
    #: It stays where it is suppressed, and is not where it is not.
    LEAVE = "leave"
    #: It goes, with every suppression of the address.
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took away, or would take."""

    #: All numbers of the person, the one in use first.
    numbers: Sequence[int]
    addresses: int
    subscriptions: int
    events: int
    #: What other packages made anonymous, by what it is called: "deliveries".
    anonymous: dict[str, int]
    #: Suppressions of the address that stay, as keyed hashes.
    suppressions_kept: int

    def as_json(self) -> dict[str, Any]:
        """Return the numbers as programs read them."""
        return {
            "addresses": self.addresses,
            "subscriptions": self.subscriptions,
            "consent_events": self.events,
            **self.anonymous,
            "suppressions_kept": self.suppressions_kept,
        }


def erase(
    session: Session,
    numbers: Sequence[int],
    *,
    at: datetime,
    others: Sequence[Anonymise],
    checksum: Checksum = Checksum.SUPPRESS,
) -> Erased:
    """Erase those who have these numbers (`holdings.numbers_of`), in one transaction.

    Whoever leaves or is merged at the same moment does so before or after. An issue that is being
    sent skips them.
    """
    # In this order, as whoever leaves takes them: first the subscription, then the person.
    for locked in (
        sa.select(Subscription.id)
        .where(Subscription.subscriber_id.in_(numbers))
        .order_by(Subscription.subscriber_id, Subscription.id),
        sa.select(Subscriber.id).where(Subscriber.id.in_(numbers)).order_by(Subscriber.id),
    ):
        session.execute(locked.with_for_update())
    hashes = session.scalars(
        sa.select(Subscriber.address_hash).where(Subscriber.id.in_(numbers))
    ).all()
    anonymous = dict(anonymise(session, numbers) for anonymise in others)
    counts = [
        _count(session, column, numbers)
        for column in (Subscription.subscriber_id, ConsentEvent.subscriber_id)
    ]
    session.execute(sa.delete(ImportChange).where(ImportChange.subscriber_id.in_(numbers)))
    with erasing.permitted(session, numbers):
        session.execute(sa.delete(Subscriber).where(Subscriber.id.in_(numbers)))
    against = Suppression.address_hash.in_(hashes)
    if checksum is Checksum.FORGET:
        session.execute(sa.delete(Suppression).where(against))
    # A note may say a name, and an import that is undone must not lift what stays.
    session.execute(
        sa.update(Suppression).where(against).values(note="", batch_id=None, subscriber_id=None)
    )
    if checksum is Checksum.SUPPRESS:
        _suppress(session, hashes, at=at)
    kept = session.scalar(sa.select(sa.func.count(Suppression.id)).where(against)) or 0
    return Erased(numbers, len(hashes), counts[0], counts[1], anonymous, kept)


def close(
    session: Session,
    erased: Erased,
    *,
    received_on: date,
    at: datetime,
    actor: str,
) -> Case:
    """Write an erasure to the log as a case, by number alone; do it last in its transaction."""
    return cases.close(
        session,
        action="erased",
        subscriber_id=erased.numbers[0],
        received_on=received_on,
        at=at,
        actor=actor,
        count=erased.addresses,
        details={"numbers": list(erased.numbers), **erased.as_json()},
    )


def _count(session: Session, column: Any, numbers: Sequence[int]) -> int:
    return session.scalar(sa.select(sa.func.count()).where(column.in_(numbers))) or 0


def _suppress(session: Session, hashes: Sequence[bytes], *, at: datetime) -> None:
    there = set(
        session.scalars(
            sa.select(Suppression.address_hash).where(
                Suppression.address_hash.in_(hashes),
                Suppression.reason == SuppressionReason.ERASED,
                Suppression.newsletter_id.is_(None),
            )
        )
    )
    session.add_all(
        Suppression(reason=SuppressionReason.ERASED, at=at, address_hash=address_hash)
        for address_hash in hashes
        if address_hash not in there
    )
    session.flush()
