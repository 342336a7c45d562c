"""The addresses and domains never to be mailed; the list outlives its subscribers.

An address stands on it as a keyed hash. Only a suppression that an admin made can be lifted by an
admin; the others are lifted by the person (a new opt-in), which is not this module's business.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from subscribers import audit
from subscribers.addresses import Address, without_addresses
from subscribers.errors import ExplainedError, UnsafeError
from subscribers.models import Subscriber, Suppression, SuppressionReason
from subscribers.tokens import Keys
from subscribers.wording import Sentence

#: What a reason is called in a sentence.
REASON_NAMES = {
    SuppressionReason.COMPLAINT: Sentence("reported as spam"),
    SuppressionReason.ERASED: Sentence("erased on request"),
    SuppressionReason.HARD_BOUNCE: Sentence("the address does not exist"),
    SuppressionReason.MANUAL: Sentence("by hand"),
    SuppressionReason.SOFT_BOUNCE: Sentence("bounced several times"),
}
#: 0 is the strongest.
STRENGTH = {reason: rank for rank, reason in enumerate(SuppressionReason)}


def add(
    session: Session,
    keys: Keys,
    *,
    reason: SuppressionReason,
    at: datetime,
    address: Address | None = None,
    domain: str | None = None,
    note: str = "",
    newsletter_id: int | None = None,
    actor: str | None = None,
) -> bool:
    """Suppress an address or a whole domain (A-labels); False if it stood there already.

    `newsletter_id` None holds for every newsletter. Addresses in `note` are taken out. With an
    `actor` the audit log tells of it; None is the program itself, acting on a bounce.
    """
    if (address is None) == (domain is None):
        raise ValueError("either an address or a domain")
    address_hash = None if address is None else keys.address_hash(address.key)
    same = sa.select(Suppression.id).where(
        _same(Suppression.address_hash, address_hash),
        _same(Suppression.domain, domain),
        _same(Suppression.newsletter_id, newsletter_id),
    )
    if domain is None:
        same = same.where(Suppression.reason == reason)
    standing = session.scalar(same.limit(1))
    if standing is not None:
        # Asked for once more, it no longer goes when the import that made it is undone.
        session.execute(
            sa.update(Suppression).where(Suppression.id == standing).values(batch_id=None)
        )
        return False
    row = Suppression(
        reason=reason,
        at=at,
        address_hash=address_hash,
        domain=domain,
        subscriber_id=None if address is None else _who_has(session, address),
        newsletter_id=newsletter_id,
        note=without_addresses(note),
    )
    session.add(row)
    session.flush()
    if actor is not None:
        audit.record(
            session,
            at=at,
            actor=actor,
            action="suppression.added",
            subject=f"suppression:{row.id}",
            details={"reason": reason.value, "domain": domain or "", "note": note},
        )
    return True


def remove(
    session: Session,
    keys: Keys,
    *,
    actor: str,
    reason: str,
    at: datetime,
    address: Address | None = None,
    domain: str | None = None,
    newsletter_id: int | None = None,
) -> SuppressionReason | None:
    """Lift what an admin suppressed by hand; `actor` and `reason` go to the audit log.

    Returns the strongest of the other reasons, which stay.

    Raises UnsafeError: it stands there only for reasons that no admin can lift; nothing was lifted.
    Raises ExplainedError: it is not suppressed.
    """
    if not actor.strip() or not reason.strip():
        raise ValueError("a suppression is lifted by somebody, for a reason")
    address_hash = None if address is None else keys.address_hash(address.key)
    rows = session.scalars(
        sa.select(Suppression).where(
            _same(Suppression.address_hash, address_hash),
            _same(Suppression.domain, domain),
            _same(Suppression.newsletter_id, newsletter_id),
        )
    ).all()
    if not rows:
        raise ExplainedError(
            "That is not on the suppression list. Nothing was changed. "
            "See what is: subscribers suppress list"
        )
    by_hand = [row for row in rows if row.reason is SuppressionReason.MANUAL]
    stays = _strongest([row.reason for row in rows if row not in by_hand])
    if not by_hand and stays is not None:
        raise UnsafeError(
            "No administrator can lift this suppression ({reason}). Nothing was changed. "
            "Only the person can come back, by signing up again.",
            reason=REASON_NAMES[stays],
        )
    for row in by_hand:
        session.delete(row)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=actor,
        action="suppression.removed",
        subject=f"suppression:{by_hand[0].id}",
        count=len(by_hand),
        details={"domain": domain or "", "reason": reason},
    )
    return stays


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why some of a set of addresses are suppressed."""

    by_hash: Mapping[bytes, SuppressionReason]
    by_domain: Mapping[str, SuppressionReason]

    def of(self, address_hash: bytes, domain: str) -> SuppressionReason | None:
        """Return the strongest reason against one address; None: there is none."""
        found = (self.by_hash.get(address_hash), self.by_domain.get(domain))
        return _strongest([reason for reason in found if reason is not None])


def reasons(
    session: Session,
    *,
    address_hashes: Collection[bytes],
    domains: Collection[str],
    newsletter_id: int,
) -> Reasons:
    """Return why any of these are suppressed, for this newsletter or for all."""
    rows = session.execute(
        sa.select(Suppression.address_hash, Suppression.domain, Suppression.reason).where(
            holds_for(newsletter_id),
            sa.or_(Suppression.address_hash.in_(address_hashes), Suppression.domain.in_(domains)),
        )
    )
    by_hash: dict[bytes, SuppressionReason] = {}
    by_domain: dict[str, SuppressionReason] = {}
    for address_hash, domain, reason in sorted(rows, key=lambda row: STRENGTH[row.reason]):
        if address_hash is not None:
            by_hash.setdefault(address_hash, reason)
        if domain is not None:
            by_domain.setdefault(domain, reason)
    return Reasons(by_hash, by_domain)


def reason_for(
    session: Session, address_hash: bytes, domain: str, newsletter_id: int
) -> SuppressionReason | None:
    """Return the strongest reason not to mail an address; None: it is not suppressed."""
    found = reasons(
        session, address_hashes=[address_hash], domains=[domain], newsletter_id=newsletter_id
    )
    return found.of(address_hash, domain)


def bars_service_mail(
    session: Session, *, address_hash: bytes, domain: str, newsletter_id: int, asked_at: datetime
) -> bool:
    """Tell whether not even a mail about a subscription may go to an address.

    What the admin suppressed by hand never does. Anything else the person can lift by signing up
    again, for which the way must be open: it bars only what was asked for before it.
    """
    barred = sa.select(Suppression.id).where(
        holds_for(newsletter_id),
        sa.or_(Suppression.address_hash == address_hash, Suppression.domain == domain),
        sa.or_(Suppression.reason == SuppressionReason.MANUAL, Suppression.at >= asked_at),
    )
    return session.scalar(barred.limit(1)) is not None


def lift_by_person(session: Session, address_hash: bytes, newsletter_id: int | None = None) -> None:
    """Lift what stands against an address, after its owner asked for that from its own mailbox.

    What an admin suppressed stays, and what holds for a whole domain. `newsletter_id` leaves
    standing what holds for another one alone.
    """
    within = sa.true() if newsletter_id is None else holds_for(newsletter_id)
    session.execute(
        sa.delete(Suppression).where(
            Suppression.address_hash == address_hash,
            within,
            Suppression.reason != SuppressionReason.MANUAL,
        )
    )


def reasons_everywhere(
    session: Session, address_hash: bytes, domain: str
) -> set[SuppressionReason]:
    """Return every reason against an address, whichever newsletter it holds for."""
    return set(
        session.scalars(
            sa.select(Suppression.reason).where(
                sa.or_(Suppression.address_hash == address_hash, Suppression.domain == domain)
            )
        )
    )


def listed(session: Session, newsletter_id: int | None, *, limit: int) -> Sequence[Suppression]:
    """Return the suppressions that hold for a newsletter, or all, newest first."""
    return session.scalars(
        sa.select(Suppression)
        .where(sa.true() if newsletter_id is None else holds_for(newsletter_id))
        .order_by(Suppression.at.desc(), Suppression.id.desc())
        .limit(limit)
    ).all()


def by_reason(session: Session, newsletter_id: int) -> dict[SuppressionReason, int]:
    """Count the suppressions that hold for a newsletter, the most frequent reason first."""
    count = sa.func.count()
    rows = session.execute(
        sa.select(Suppression.reason, count)
        .where(holds_for(newsletter_id))
        .group_by(Suppression.reason)
        .order_by(count.desc(), Suppression.reason)
    )
    return dict(rows.all())


def holds_for(newsletter_id: int | sa.BindParameter[int]) -> sa.ColumnElement[bool]:
    """Return the condition that a suppression concerns this newsletter."""
    return sa.or_(Suppression.newsletter_id.is_(None), Suppression.newsletter_id == newsletter_id)


def _who_has(session: Session, address: Address) -> int | None:
    return session.scalar(sa.select(Subscriber.id).where(Subscriber.address_key == address.key))


def _strongest(found: Sequence[SuppressionReason]) -> SuppressionReason | None:
    return min(found, key=STRENGTH.__getitem__, default=None)


def _same(column: InstrumentedAttribute[Any], value: object) -> sa.ColumnElement[bool]:
    return column.is_(None) if value is None else column == value
