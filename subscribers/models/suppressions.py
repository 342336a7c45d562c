"""Whom nobody may mail; it outlives the person."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from subscribers.models.base import Base, state_column


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
    #: a long list, and the hash decides whether they are. See `pointers`.
    subscriber_id: Mapped[int | None] = mapped_column(default=None, index=True)
    #: None: holds for every newsletter.
    newsletter_id: Mapped[int | None] = mapped_column(ForeignKey("newsletters.id"), default=None)
    note: Mapped[str] = mapped_column(default="")
    #: The import that made it, while nobody else has asked for the same.
    batch_id: Mapped[str | None] = mapped_column(
        ForeignKey("import_batches.id"), default=None, index=True
    )
