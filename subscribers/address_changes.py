"""Change of address: the new one is confirmed from its own mailbox, the old one can undo it.

Until it is confirmed the old one stays. Whoever holds the old mailbox is told, and has a fortnight
to take the change back: a link that fell into wrong hands must not be able to take a subscription.
"""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import addresses, audit, pointers, suppression
from subscribers.addresses import Address
from subscribers.consent import CONFIRM_WITHIN, SUBSCRIBER
from subscribers.models import AddressChange, Subscriber, SuppressionReason
from subscribers.tokens import Keys

#: How long a change can be taken back.
UNDO_WITHIN = timedelta(days=14)


class Outcome(enum.Enum):
    """What confirming or undoing did, or would do."""

    #: Did it.
    DONE = "done"
    #: It was so already.
    ALREADY = "already"
    #: Nothing: the link is too old.
    TOO_LATE = "too_late"
    #: Nothing: the new address is on the list already, has left it, or may not be mailed.
    TAKEN = "taken"
    #: Nothing: another change came after it, or the person is gone.
    SUPERSEDED = "superseded"


def ask(session: Session, subscriber_id: int, new: Address, *, at: datetime) -> AddressChange:
    """Note that somebody wants another address; an earlier wish that was not confirmed goes."""
    forget_old(session, at=at)
    session.execute(
        sa.delete(AddressChange).where(
            AddressChange.subscriber_id == subscriber_id, AddressChange.confirmed_at.is_(None)
        )
    )
    person = session.get_one(Subscriber, subscriber_id)
    change = AddressChange(
        subscriber_id=subscriber_id,
        old_address=person.address,
        new_address=new.written,
        asked_at=at,
    )
    session.add(change)
    session.flush()
    return change


def look(session: Session, change_id: int, *, keys: Keys, at: datetime) -> Outcome:
    """Return what `confirm` would do, and change nothing."""
    change = session.get(AddressChange, change_id)
    if change is None:
        return Outcome.SUPERSEDED
    if change.confirmed_at is not None:
        return Outcome.ALREADY
    if at - change.asked_at > CONFIRM_WITHIN:
        return Outcome.TOO_LATE
    new = addresses.read(change.new_address)
    somebody = session.scalar(
        sa.select(Subscriber.id).where(
            Subscriber.address_key == new.key, Subscriber.id != change.subscriber_id
        )
    )
    reasons = suppression.reasons_everywhere(session, keys.address_hash(new.key), new.domain)
    if somebody is not None or SuppressionReason.MANUAL in reasons:
        return Outcome.TAKEN
    person = session.get(Subscriber, change.subscriber_id)
    if person is None or person.address != change.old_address:
        return Outcome.SUPERSEDED
    return Outcome.DONE


def confirm(session: Session, change_id: int, *, keys: Keys, at: datetime) -> Outcome:
    """Take the new address into use, at once; pressing twice changes nothing more."""
    _lock(session, change_id)
    outcome = look(session, change_id, keys=keys, at=at)
    if outcome is not Outcome.DONE:
        return outcome
    change = session.get_one(AddressChange, change_id)
    new = addresses.read(change.new_address)
    # Who reads its mail has asked for it: what bounces or a complaint put against it goes.
    suppression.lift_by_person(session, keys.address_hash(new.key))
    _set(session, change.subscriber_id, new, keys=keys)
    change.confirmed_at = at
    _log(session, change, "subscriber.address_changed", at=at)
    return outcome


def look_back(session: Session, change_id: int, *, at: datetime) -> Outcome:
    """Return what `undo` would do, and change nothing."""
    change = session.get(AddressChange, change_id)
    if change is None:
        return Outcome.SUPERSEDED
    person = session.get(Subscriber, change.subscriber_id)
    if person is None or change.confirmed_at is None:
        return Outcome.SUPERSEDED
    if at - change.confirmed_at > UNDO_WITHIN:
        return Outcome.TOO_LATE
    if person.address == change.old_address:
        return Outcome.ALREADY
    old = addresses.read(change.old_address)
    somebody = session.scalar(
        sa.select(Subscriber.id).where(
            Subscriber.address_key == old.key, Subscriber.id != change.subscriber_id
        )
    )
    if somebody is not None:
        return Outcome.TAKEN
    return Outcome.DONE


def undo(session: Session, change_id: int, *, keys: Keys, at: datetime) -> Outcome:
    """Put the old address back, whatever it was changed to since."""
    _lock(session, change_id)
    outcome = look_back(session, change_id, at=at)
    if outcome is not Outcome.DONE:
        return outcome
    change = session.get_one(AddressChange, change_id)
    _set(session, change.subscriber_id, addresses.read(change.old_address), keys=keys)
    # Whoever took it must not be able to go on from where they stood.
    session.execute(
        sa.delete(AddressChange).where(
            AddressChange.subscriber_id == change.subscriber_id,
            AddressChange.id != change_id,
            AddressChange.id > change_id,
        )
    )
    _log(session, change, "subscriber.address_restored", at=at)
    return outcome


def _set(session: Session, subscriber_id: int, address: Address, *, keys: Keys) -> None:
    session.execute(
        sa.update(Subscriber)
        .where(Subscriber.id == subscriber_id)
        .values(
            address=address.written,
            address_key=address.key,
            address_hash=keys.address_hash(address.key),
            domain=address.domain,
            needs_smtputf8=address.needs_smtputf8,
        )
    )
    person = sa.select(Subscriber.id, Subscriber.address_hash).where(Subscriber.id == subscriber_id)
    pointers.point_at(session, person)


def _lock(session: Session, change_id: int) -> None:
    session.execute(
        sa.select(AddressChange)
        .where(AddressChange.id == change_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _log(session: Session, change: AddressChange, action: str, *, at: datetime) -> None:
    session.flush()
    audit.record(
        session,
        at=at,
        actor=SUBSCRIBER,
        action=action,
        subject=f"subscriber:{change.subscriber_id}",
        details={"change": change.id},
    )


def forget_old(session: Session, *, at: datetime) -> None:
    """Forget changes that can neither be confirmed nor undone any more."""
    session.execute(
        sa.delete(AddressChange).where(
            sa.or_(
                AddressChange.confirmed_at < at - UNDO_WITHIN,
                sa.and_(
                    AddressChange.confirmed_at.is_(None),
                    AddressChange.asked_at < at - CONFIRM_WITHIN,
                ),
            )
        )
    )
