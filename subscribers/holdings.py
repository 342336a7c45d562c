"""All that is held on one person, in chapters of plain values: for them, and for no one else.

Other packages tell theirs in the same form and are passed in. Who of the staff did what is left
out: that is somebody else's personal data (CJEU C-579/21).
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers.audit_words import name_of
from subscribers.chapters import Chapter, Tell, Word
from subscribers.consent_words import BASIS_NAMES, KIND_NAMES, LANGUAGE_NAMES
from subscribers.errors import NoSuchSubscriberError
from subscribers.listing import STATUS_NAMES, Status
from subscribers.models import (
    AddressChange,
    AuditEntry,
    ConsentEvent,
    ConsentText,
    ImportBatch,
    ImportChange,
    Newsletter,
    Subscriber,
    Subscription,
    Suppression,
)
from subscribers.suppression import REASON_NAMES
from subscribers.wording import Sentence


def numbers_of(session: Session, subscriber_id: int) -> list[int]:
    """Return every number one person has, the one in use first: merging leaves several.

    Raises NoSuchSubscriberError: nobody has this number.
    """
    row = _row(session, subscriber_id)
    if row is None:
        raise NoSuchSubscriberError(
            "Nobody has the id {id}. Nothing was changed. See who is there with: subscribers list",
            id=subscriber_id,
        )
    while row.merged_into is not None and (kept := _row(session, row.merged_into)) is not None:
        row = kept
    found = [row.id]
    for number in found:
        found += session.scalars(
            sa.select(Subscriber.id).where(Subscriber.merged_into == number).order_by(Subscriber.id)
        )
    return found


def chapters(session: Session, numbers: Sequence[int], others: Sequence[Tell]) -> list[Chapter]:
    """Return all that is held on the person who has these numbers."""
    ours = (addresses, changes, subscriptions, consents, texts, suppressions, imports)
    return [tell(session, numbers) for tell in (*ours, *others, log)]


def addresses(session: Session, numbers: Sequence[int]) -> Chapter:
    """Tell the person's addresses."""
    rows = session.scalars(
        sa.select(Subscriber).where(Subscriber.id.in_(numbers)).order_by(Subscriber.id)
    )
    return Chapter(
        "addresses",
        Sentence("Your address"),
        {
            "id": Sentence("number"),
            "address": Sentence("address"),
            "language": Sentence("language"),
            "created_at": Sentence("kept since"),
            "merged_into": Sentence("given up for number"),
        },
        [
            (
                row.id,
                row.address,
                Word(row.language, LANGUAGE_NAMES[row.language]),
                row.created_at,
                row.merged_into,
            )
            for row in rows
        ],
    )


def changes(session: Session, numbers: Sequence[int]) -> Chapter:
    """Tell which changes of address were asked for and can still be confirmed or undone."""
    rows = session.scalars(
        sa.select(AddressChange)
        .where(AddressChange.subscriber_id.in_(numbers))
        .order_by(AddressChange.id)
    )
    return Chapter(
        "address_changes",
        Sentence("Your changes of address"),
        {
            "asked_at": Sentence("asked for"),
            "old_address": Sentence("old address"),
            "new_address": Sentence("new address"),
            "confirmed_at": Sentence("confirmed"),
        },
        [(row.asked_at, row.old_address, row.new_address, row.confirmed_at) for row in rows],
    )


def subscriptions(session: Session, numbers: Sequence[int]) -> Chapter:
    """Tell how the person stands with each newsletter."""
    rows = session.execute(
        sa.select(Subscription, Newsletter.slug)
        .join(Newsletter, Newsletter.id == Subscription.newsletter_id)
        .where(Subscription.subscriber_id.in_(numbers))
        .order_by(Subscription.id)
    )
    return Chapter(
        "subscriptions",
        Sentence("Your subscriptions"),
        {
            "newsletter": Sentence("newsletter"),
            "number": Sentence("number"),
            "state": Sentence("status"),
            "since": Sentence("since"),
            "source": Sentence("source"),
            "paused_until": Sentence("paused until"),
        },
        [
            (
                slug,
                row.subscriber_id,
                Word(row.state.value, STATUS_NAMES[Status(row.state.value)]),
                row.since,
                row.source,
                row.paused_until,
            )
            for row, slug in rows
        ],
    )


def consents(session: Session, numbers: Sequence[int]) -> Chapter:
    """Tell what happened to the person's consent, oldest first."""
    rows = session.execute(
        sa.select(ConsentEvent, Newsletter.slug, ConsentText.version, ConsentText.language)
        .join(Newsletter, Newsletter.id == ConsentEvent.newsletter_id)
        .outerjoin(ConsentText, ConsentText.id == ConsentEvent.text_id)
        # A merge tells the events of the others again for the first.
        .where(ConsentEvent.subscriber_id == numbers[0])
        .order_by(ConsentEvent.at, ConsentEvent.id)
    )
    return Chapter(
        "consent",
        Sentence("Your consent"),
        {
            "at": Sentence("time"),
            "newsletter": Sentence("newsletter"),
            "kind": Sentence("what happened"),
            "source": Sentence("source"),
            "basis": Sentence("legal basis"),
            "consented_on": Sentence("day you said yes"),
            "text": Sentence("words"),
            "batch": Sentence("import"),
        },
        [
            (
                event.at,
                slug,
                Word(event.kind.value, KIND_NAMES[event.kind]),
                event.source,
                Word(event.basis.value, BASIS_NAMES[event.basis]) if event.basis else None,
                event.consented_on,
                f"{version} ({language})" if version else None,
                event.batch_id,
            )
            for event, slug, version, language in rows
        ],
    )


def texts(session: Session, numbers: Sequence[int]) -> Chapter:
    """Tell the exact words the person agreed to."""
    agreed = sa.select(ConsentEvent.text_id).where(ConsentEvent.subscriber_id.in_(numbers))
    rows = session.execute(
        sa.select(ConsentText, Newsletter.slug)
        .join(Newsletter, Newsletter.id == ConsentText.newsletter_id)
        .where(ConsentText.id.in_(agreed))
        .order_by(ConsentText.id)
    )
    return Chapter(
        "texts",
        Sentence("The words you agreed to"),
        {
            "newsletter": Sentence("newsletter"),
            "version": Sentence("words"),
            "since": Sentence("in use since"),
            "text": Sentence("text"),
        },
        [(slug, f"{row.version} ({row.language})", row.created_at, row.text) for row, slug in rows],
    )


def suppressions(session: Session, numbers: Sequence[int]) -> Chapter:
    """Tell what keeps the person's addresses from being mailed."""
    hashes = sa.select(Subscriber.address_hash).where(Subscriber.id.in_(numbers))
    domains = sa.select(Subscriber.domain).where(Subscriber.id.in_(numbers))
    rows = session.execute(
        sa.select(Suppression, Newsletter.slug)
        .outerjoin(Newsletter, Newsletter.id == Suppression.newsletter_id)
        .where(sa.or_(Suppression.address_hash.in_(hashes), Suppression.domain.in_(domains)))
        .order_by(Suppression.id)
    )
    return Chapter(
        "suppressions",
        Sentence("What we never mail"),
        {
            "at": Sentence("since"),
            "reason": Sentence("reason"),
            "newsletter": Sentence("newsletter"),
            "domain": Sentence("everybody at"),
            "note": Sentence("note"),
        },
        [
            (row.at, Word(row.reason.value, REASON_NAMES[row.reason]), slug, row.domain, row.note)
            for row, slug in rows
        ],
    )


def imports(session: Session, numbers: Sequence[int]) -> Chapter:
    """Tell which imports added or changed the person."""
    rows = session.scalars(
        sa.select(ImportBatch)
        .where(
            ImportBatch.id.in_(
                sa.select(ImportChange.batch_id).where(ImportChange.subscriber_id.in_(numbers))
            )
        )
        .order_by(ImportBatch.at)
    )
    return Chapter(
        "imports",
        Sentence("Lists you came with"),
        {"at": Sentence("time"), "batch": Sentence("import"), "source": Sentence("source")},
        [(row.at, row.id, row.source) for row in rows],
    )


def log(session: Session, numbers: Sequence[int]) -> Chapter:
    """Tell what the staff did, and when."""
    rows = session.execute(
        sa.select(AuditEntry.at, AuditEntry.action)
        .where(AuditEntry.subject.in_([f"subscriber:{number}" for number in numbers]))
        .order_by(AuditEntry.id)
    )
    return Chapter(
        "log",
        Sentence("What our staff did with your data"),
        {"at": Sentence("time"), "action": Sentence("what happened")},
        [(row.at, Word(row.action, name_of(row.action))) for row in rows],
    )


def _row(session: Session, number: int) -> sa.Row[int, int | None] | None:
    return session.execute(
        sa.select(Subscriber.id, Subscriber.merged_into).where(Subscriber.id == number)
    ).one_or_none()
