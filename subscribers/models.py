"""The tables of `subscribers`, and the `Base` that `newsletter.models` shares.

Times are aware and stored in UTC. An address stands in plain text only on its subscriber (and,
while an issue is being sent, on the delivery made for it); everything that outlives the person
holds a keyed hash.
"""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC; SQLite has no zones of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; SQLite gets the UTC clock without its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give every time back with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def state_column(states: type[enum.Enum]) -> Enum:
    """Return the column type that stores a state by its value, readable in any SQL shell."""
    return Enum(
        states,
        native_enum=False,
        create_constraint=False,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


def where_both(condition: str) -> dict[str, Any]:
    """Return what makes an index hold only some rows, on either database."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


#: A domain written with letters outside ASCII (RFC 5891), as SQL on both databases.
IDN = "domain LIKE 'xn--%' OR domain LIKE '%.xn--%'"


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Plain data: rows can be made without a session."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        str: Text(),
        bytes: LargeBinary(),
        dict[str, Any]: JSON(),
    }


class SubscriptionState(enum.Enum):
    """Where a person's consent to one newsletter stands."""

    #: Asked for, not confirmed by the person; gets no issue.
    PENDING = "pending"
    #: May be mailed.
    ACTIVE = "active"
    #: Left. Only the person can come back (a new opt-in, or undo with their own token).
    UNSUBSCRIBED = "unsubscribed"


class ConsentKind(enum.Enum):
    """What happened to a person's consent."""

    #: Put on the list by the admin, on a stated basis.
    ADDED = "added"
    #: Came with an import, on a stated basis.
    IMPORTED = "imported"
    #: Came with an import that says no day of consent: not a yes yet.
    IMPORTED_AS_PENDING = "imported_as_pending"
    #: Asked for by the person, on a page.
    REQUESTED = "requested"
    #: Confirmed by the person (double opt-in).
    CONFIRMED = "confirmed"
    #: Withdrawn: one click, page, or told to the admin.
    WITHDRAWN = "withdrawn"
    #: A withdrawal undone by the person.
    RESTORED = "restored"
    #: Made one with another subscriber of theirs; `source` names it by id.
    MERGED = "merged"
    #: An import that changed how the person stood was taken back.
    IMPORT_UNDONE = "import_undone"


class ConsentBasis(enum.Enum):
    """Why we may mail: the ground in GDPR article 6(1)."""

    #: Article 6(1)(a).
    CONSENT = "consent"
    #: Article 6(1)(e), with the right to object of article 21.
    PUBLIC_INTEREST = "public_interest"
    #: Article 6(1)(c): never a reason to mail; why a list of people not to mail is kept.
    LEGAL_OBLIGATION = "legal_obligation"


class SuppressionReason(enum.Enum):
    """Why an address is never to be mailed, strongest first."""

    #: The reader pressed "spam" (RFC 5965).
    COMPLAINT = "complaint"
    #: The person asked to be erased; only the keyed hash remains.
    ERASED = "erased"
    #: A server said that the address does not exist.
    HARD_BOUNCE = "hard_bounce"
    #: The admin decided.
    MANUAL = "manual"
    #: Mail failed softly for several issues in a row.
    SOFT_BOUNCE = "soft_bounce"


class ImportPurpose(enum.Enum):
    """What an import does with the people in a sheet."""

    #: Puts them on the list: active with a consent date or a basis that needs none, else pending.
    SUBSCRIBE = "subscribe"
    #: Notes that they have left.
    UNSUBSCRIBE = "unsubscribe"
    #: Suppresses their addresses.
    SUPPRESS = "suppress"


class BatchState(enum.Enum):
    """How far an import has come."""

    #: Under way, or broken off: what it did so far is whole and can be undone.
    RUNNING = "running"
    #: Came to its end.
    DONE = "done"
    #: Is being undone, or that was broken off.
    UNDOING = "undoing"
    #: Nothing of it is left but what people changed themselves.
    UNDONE = "undone"


class Newsletter(Base):
    """Something one can subscribe to; how it looks and sends is in the settings."""

    __tablename__ = "newsletters"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    slug: Mapped[str] = mapped_column(String(64), unique=True)


class Subscriber(Base):
    """A person: an address and a language."""

    __tablename__ = "subscribers"
    __table_args__ = (
        # The few in a long list whom every count must look at.
        Index("ix_subscribers_smtputf8", "id", **where_both("needs_smtputf8")),
        Index("ix_subscribers_idn", "id", **where_both(IDN)),
        Index("ix_subscribers_merged_into", "merged_into", **where_both("merged_into IS NOT NULL")),
        # An id is never used again: tokens in old mails name it.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    #: As the person wrote it, trimmed; what a message is sent to is `addresses.wire_form`.
    address: Mapped[str]
    #: Normalised for matching only: case folded, the domain as A-labels. Unique.
    address_key: Mapped[str] = mapped_column(String(320), unique=True)
    #: Keyed hash of `address_key`; what suppressions are matched by, 32 bytes. No index: one in an
    #: order of chance would take half the time of an import. See `Suppression.subscriber_id`.
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: The part after the @, as A-labels.
    domain: Mapped[str] = mapped_column(String(255), index=True)
    created_at: Mapped[datetime]
    #: The part before the @ is not ASCII: only servers with SMTPUTF8 (RFC 6531) can take it.
    needs_smtputf8: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    #: Governs service mails and pages: "sv" or "en".
    language: Mapped[str] = mapped_column(String(8), default="sv")
    #: The person, or a sheet, said which; else it is only the newsletter's.
    language_is_stated: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    #: The same person by another address; this one is only a name for them now.
    #: By number alone: that person may be erased, and the number is never used again.
    merged_into: Mapped[int | None] = mapped_column(default=None)


class Subscription(Base):
    """One person's consent to one newsletter, as it stands."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "newsletter_id"),
        Index("ix_subscriptions_mailable", "newsletter_id", "state", "subscriber_id"),
        Index(
            "ix_subscriptions_optin_due_at",
            "optin_due_at",
            **where_both("optin_due_at IS NOT NULL"),
        ),
        Index(
            "ix_subscriptions_paused",
            "newsletter_id",
            "paused_until",
            "subscriber_id",
            **where_both("paused_until IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    state: Mapped[SubscriptionState] = mapped_column(state_column(SubscriptionState))
    #: When it came to stand so.
    since: Mapped[datetime]
    #: Where it came from: "Paloma 2017-02-21", "web form", …
    source: Mapped[str]
    #: No issue before this time, where set.
    paused_until: Mapped[datetime | None] = mapped_column(default=None)
    #: When to ask a pending person to confirm; None: nobody is to be asked (any more).
    optin_due_at: Mapped[datetime | None] = mapped_column(default=None)


class ConsentText(Base):
    """The exact words somebody agreed to, by version and language; rows are only ever added."""

    __tablename__ = "consent_texts"
    __table_args__ = (UniqueConstraint("newsletter_id", "version", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    version: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str]
    created_at: Mapped[datetime]
    #: The page about personal data that was a link away, as its template was.
    notice: Mapped[str] = mapped_column(default="", server_default="")


class ConsentEvent(Base):
    """One thing that happened to somebody's consent; rows are only ever added.

    The database itself refuses to change them, and to delete them but of somebody in `erasing`.
    """

    __tablename__ = "consent_events"
    __table_args__ = (Index("ix_consent_events_growth", "newsletter_id", "kind", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscribers.id", ondelete="CASCADE"), index=True
    )
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    kind: Mapped[ConsentKind] = mapped_column(state_column(ConsentKind))
    at: Mapped[datetime]
    #: How we know: the source of an import, "one-click", "web page", "command line".
    source: Mapped[str]
    basis: Mapped[ConsentBasis | None] = mapped_column(state_column(ConsentBasis), default=None)
    text_id: Mapped[int | None] = mapped_column(ForeignKey("consent_texts.id"), default=None)
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("import_batches.id"), default=None)
    #: The day the person said yes, where an import states it.
    consented_on: Mapped[date | None] = mapped_column(default=None)
    #: Who did it: an OS user, a signed-in user, or "subscriber".
    actor: Mapped[str] = mapped_column(default="subscriber")


class Erasing(Base):
    """Whose rows of the ledger may be deleted in this transaction; empty in all others."""

    __tablename__ = "erasing"

    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Segment(Base):
    """A named part of a newsletter's list, by the condition that describes it."""

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("newsletter_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    name: Mapped[str] = mapped_column(String(64))
    #: As it was typed; `expressions.read` reads it.
    condition: Mapped[str]
    created_at: Mapped[datetime]


class Suppression(Base):
    """An address, or a whole domain, never to be mailed; outlives its subscriber."""

    __tablename__ = "suppressions"
    __table_args__ = (
        UniqueConstraint("address_hash", "newsletter_id", "reason"),
        UniqueConstraint("domain", "newsletter_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    reason: Mapped[SuppressionReason] = mapped_column(state_column(SuppressionReason))
    at: Mapped[datetime]
    #: Keyed hash of the normalised address; None where a domain is suppressed.
    address_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    #: A whole domain, as A-labels; None where an address is suppressed.
    domain: Mapped[str | None] = mapped_column(String(255), default=None, index=True)
    #: Who has that address, by number alone; None: nobody does. By this the suppressed are found in
    #: a long list, and the hash decides whether they are. See `suppression.point_at`.
    subscriber_id: Mapped[int | None] = mapped_column(default=None, index=True)
    #: None: holds for every newsletter.
    newsletter_id: Mapped[int | None] = mapped_column(ForeignKey("newsletters.id"), default=None)
    note: Mapped[str] = mapped_column(default="")
    #: The import that made it, while nobody else has asked for the same.
    batch_id: Mapped[str | None] = mapped_column(
        ForeignKey("import_batches.id"), default=None, index=True
    )


class ImportBatch(Base):
    """One import: its number is how it is talked of, and later undone."""

    __tablename__ = "import_batches"

    #: Date and running number of the day: "2026-11-22-1".
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    at: Mapped[datetime]
    source: Mapped[str]
    basis: Mapped[ConsentBasis] = mapped_column(state_column(ConsentBasis))
    actor: Mapped[str]
    #: added, updated, unchanged, held_back by reason, errors.
    counts: Mapped[dict[str, Any]]
    purpose: Mapped[ImportPurpose] = mapped_column(
        state_column(ImportPurpose), default=ImportPurpose.SUBSCRIBE, server_default="subscribe"
    )
    state: Mapped[BatchState] = mapped_column(
        state_column(BatchState), default=BatchState.RUNNING, server_default="done"
    )


class ImportChange(Base):
    """What one import changed about one person, and how they stood before: what undoing needs."""

    __tablename__ = "import_changes"

    batch_id: Mapped[str] = mapped_column(ForeignKey("import_batches.id"), primary_key=True)
    #: By number alone: the person may be erased, and the number is never used again.
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: The person was unknown before.
    is_new: Mapped[bool]
    #: None: had no subscription, or the batch left it as it was.
    previous_state: Mapped[SubscriptionState | None] = mapped_column(
        state_column(SubscriptionState), default=None
    )
    previous_since: Mapped[datetime | None] = mapped_column(default=None)
    previous_source: Mapped[str | None] = mapped_column(default=None)
    #: None: the batch made no subscription and changed none.
    state: Mapped[SubscriptionState | None] = mapped_column(
        state_column(SubscriptionState), default=None
    )
    #: None: the batch left the language as it was.
    previous_language: Mapped[str | None] = mapped_column(String(8), default=None)
    previous_language_is_stated: Mapped[bool | None] = mapped_column(default=None)
    language: Mapped[str | None] = mapped_column(String(8), default=None)
    previous_optin_due_at: Mapped[datetime | None] = mapped_column(default=None)


class AuditEntry(Base):
    """Who did what to personal data, by id; each row carries the hash of the one before."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    at: Mapped[datetime]
    #: OS user or signed-in user.
    actor: Mapped[str]
    #: "subscriber.added", "addresses.shown", "issue.approved", …
    action: Mapped[str] = mapped_column(String(64))
    #: By id, never by address: "subscriber:12", "issue:2017-02".
    subject: Mapped[str]
    #: How many rows it touched.
    count: Mapped[int]
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    #: SHA-256, hex, over the other columns and `previous_hash`.
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class AddressChange(Base):
    """Somebody's wish for another address: theirs once it is confirmed, for a while to be undone.

    The only other place where an address stands in plain text; gone after `UNDO_WITHIN`, or with
    the person.
    """

    __tablename__ = "address_changes"
    # A number is never used again: tokens in old mails name it.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscribers.id", ondelete="CASCADE"), index=True
    )
    old_address: Mapped[str]
    new_address: Mapped[str]
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
