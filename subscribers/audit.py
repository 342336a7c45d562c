"""The log of who did what to personal data: by id, never by address, each row sealing the last.

A row carries the hash of the row before it, so a changed, moved or deleted row is found by
`verify`. Rows cut off the end cannot be found this way; a backup shows them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers.addresses import without_addresses
from subscribers.models import AuditEntry

#: What the first row has for the hash of the row before.
BEGINNING = "0" * 64
#: Makes writers on PostgreSQL take turns; any constant that nothing else uses.
AUDIT_LOCK = 7_120_218
#: Rows read at a time when the log is checked.
_BATCH = 1_000


def record(
    session: Session,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    count: int = 1,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add a row to the log, in the transaction of what it tells of; do it last in it.

    Until that transaction ends no other one can log. `action` is "subscriber.added" and the like,
    `subject` "subscriber:12"; `details` hold JSON values, and addresses in them are taken out.
    """
    take_turn(session)
    last = sa.select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    entry = AuditEntry(
        at=at,
        actor=actor,
        action=action,
        subject=without_addresses(subject),
        count=count,
        details=_without_addresses(json.loads(_canonical(details or {}))),
        previous_hash=session.scalar(last) or BEGINNING,
        hash="",
    )
    entry.hash = _hash(entry)
    session.add(entry)
    session.flush()
    return entry


def take_turn(session: Session) -> None:
    """Wait until no other transaction logs, and keep others waiting until this one ends."""
    if session.get_bind().dialect.name == "postgresql":
        # SQLite has one writer at a time anyhow.
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(AUDIT_LOCK)))


def verify(session: Session) -> int | None:
    """Return the id of the first row that is not as it was written; None: the log is whole."""
    previous = BEGINNING
    rows = sa.select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=_BATCH)
    with session.scalars(rows) as entries:
        for entry in entries:
            if entry.previous_hash != previous or entry.hash != _hash(entry):
                return entry.id
            previous = entry.hash
    return None


def _hash(entry: AuditEntry) -> str:
    columns = [
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.subject,
        entry.count,
        entry.details,
        entry.previous_hash,
    ]
    return hashlib.sha256(_canonical(columns).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def _without_addresses(value: Any) -> Any:
    if isinstance(value, str):
        return without_addresses(value)
    if isinstance(value, list):
        return [_without_addresses(part) for part in value]
    if isinstance(value, dict):
        return {without_addresses(name): _without_addresses(part) for name, part in value.items()}
    return value
