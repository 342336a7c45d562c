"""Imports, and what each changed."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from subscribers.models.base import Base, state_column
from subscribers.models.ledger import ConsentBasis
from subscribers.models.people import SubscriptionState


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

    #: By number alone (decision 22): `batches.note` sees to it, in the same transaction.
    batch_id: Mapped[str] = mapped_column(String(32), primary_key=True)
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
