"""What only ever grows: consent, its texts, and who did what."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from subscribers.models.base import Base, state_column


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
    #: Newsletters and imports are named by number alone (decision 22): none is ever deleted.
    newsletter_id: Mapped[int]
    kind: Mapped[ConsentKind] = mapped_column(state_column(ConsentKind))
    at: Mapped[datetime]
    #: How we know: the source of an import, "one-click", "web page", "command line".
    source: Mapped[str]
    basis: Mapped[ConsentBasis | None] = mapped_column(state_column(ConsentBasis), default=None)
    text_id: Mapped[int | None] = mapped_column(ForeignKey("consent_texts.id"), default=None)
    batch_id: Mapped[str | None] = mapped_column(String(32), default=None)
    #: The day the person said yes, where an import states it.
    consented_on: Mapped[date | None] = mapped_column(default=None)
    #: Who did it: an OS user, a signed-in user, or "subscriber".
    actor: Mapped[str] = mapped_column(default="subscriber")


class Erasing(Base):
    """Whose rows of the ledger may be deleted in this transaction; empty in all others."""

    __tablename__ = "erasing"

    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


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
