"""People, the newsletters there are, and how each stands with each."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from subscribers.models.base import IDN, Base, state_column, where_both


class SubscriptionState(enum.Enum):
    """Where a person's consent to one newsletter stands."""

    #: Asked for, not confirmed by the person; gets no issue.
    PENDING = "pending"
    #: May be mailed.
    ACTIVE = "active"
    #: Left. Only the person can come back (a new opt-in, or undo with their own token).
    UNSUBSCRIBED = "unsubscribed"


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
    #: By number alone, as in the ledger (decision 22): no newsletter is ever deleted.
    newsletter_id: Mapped[int]
    state: Mapped[SubscriptionState] = mapped_column(state_column(SubscriptionState))
    #: When it came to stand so.
    since: Mapped[datetime]
    #: Where it came from: "Paloma 2017-02-21", "web form", …
    source: Mapped[str]
    #: No issue before this time, where set.
    paused_until: Mapped[datetime | None] = mapped_column(default=None)
    #: When to ask a pending person to confirm; None: nobody is to be asked (any more).
    optin_due_at: Mapped[datetime | None] = mapped_column(default=None)


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
