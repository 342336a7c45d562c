"""Imports by their number: begun, noted as they go, found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import audit
from subscribers.addresses import without_addresses
from subscribers.errors import BusyError, UsageError
from subscribers.models import BatchState, ImportBatch
from subscribers.terms import Terms


def begin(session: Session, terms: Terms, *, at: datetime, today: date) -> str:
    """Make a batch and return its number, so that a crash leaves a trace of what was begun."""
    # Two imports begun at once wait for each other here, and get two numbers.
    audit.take_turn(session)
    taken = session.scalars(
        sa.select(ImportBatch.id).where(ImportBatch.id.startswith(f"{today.isoformat()}-"))
    )
    number = max((int(batch.rpartition("-")[2]) for batch in taken), default=0) + 1
    batch = ImportBatch(
        id=f"{today.isoformat()}-{number}",
        newsletter_id=terms.newsletter_id,
        at=at,
        source=without_addresses(terms.source),
        basis=terms.basis,
        actor=terms.actor,
        counts={},
        purpose=terms.purpose,
    )
    session.add(batch)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=terms.actor,
        action="import.begun",
        subject=f"batch:{batch.id}",
        count=0,
        details={
            "basis": terms.basis.value,
            "source": terms.source,
            "purpose": terms.purpose.value,
        },
    )
    return batch.id


def note(
    session: Session,
    batch_id: str,
    counts: Mapping[str, Any],
    *,
    state: BatchState = BatchState.RUNNING,
) -> None:
    """Keep how far an import has come, in the transaction of what it did.

    Raises BusyError: it is being undone; what that transaction did must not be kept.
    """
    found = session.scalar(
        sa.update(ImportBatch)
        .where(ImportBatch.id == batch_id, ImportBatch.state == BatchState.RUNNING)
        .values(counts=dict(counts), state=state)
        .returning(ImportBatch.id)
    )
    if found is None:
        raise BusyError(
            "The import {batch} is being undone by somebody, so it was stopped. "
            "Import the file again when that is done.",
            batch=batch_id,
        )


def find(session: Session, newsletter_id: int, batch_id: str) -> ImportBatch:
    """Return an import by its number.

    Raises UsageError: there is none of that number.
    """
    batch = session.get(ImportBatch, batch_id.strip())
    if batch is None or batch.newsletter_id != newsletter_id:
        raise UsageError(
            "There is no import {batch}. Nothing was changed. See all: subscribers import --list",
            batch=ascii(batch_id),
        )
    return batch


def every(session: Session, newsletter_id: int, *, limit: int) -> Sequence[ImportBatch]:
    """Return the imports into a newsletter's list, newest first."""
    return session.scalars(
        sa.select(ImportBatch)
        .where(ImportBatch.newsletter_id == newsletter_id)
        .order_by(ImportBatch.at.desc(), ImportBatch.id.desc())
        .limit(limit)
    ).all()
