"""The log of who did what to personal data: by id, never by address, each row sealing the last.

A row carries the hash of the row before it, so a changed, moved or deleted row is found by
`verify`. Rows cut off the end cannot be found this way, only with a `Seal` that was noted down
elsewhere before; nor can a whole log that somebody with the database wrote anew from a row on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers.addresses import without_addresses
from subscribers.errors import UsageError
from subscribers.models import AuditEntry

#: What the first row has for the hash of the row before.
BEGINNING = "0" * 64
#: Makes writers on PostgreSQL take turns; any constant that nothing else uses.
AUDIT_LOCK = 7_120_218
#: Rows read at a time when the log is checked.
_BATCH = 1_000
#: Characters of a hash in a seal: 64 bits.
_SEAL = 16


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


@dataclass(frozen=True, slots=True)
class Seal:
    """The last row at a moment; noted down elsewhere, it proves that nothing was cut off before."""

    entry_id: int
    #: The beginning of its hash, hex.
    hash: str

    def __str__(self) -> str:
        return f"{self.entry_id}-{self.hash}"

    @classmethod
    def read(cls, text: str) -> Seal:
        """Return the seal that was noted down as "12-9f86d081884c7d65".

        Raises UsageError: it is none.
        """
        number, _, digest = text.strip().partition("-")
        if not number.isdecimal() or len(digest) != _SEAL or set(digest) - set("0123456789abcdef"):
            raise UsageError(
                "“{text}” is no seal. Nothing was checked. Write it as it was noted down, like "
                "12-9f86d081884c7d65.",
                text=text,
            )
        return cls(int(number), digest)


def seal(session: Session) -> Seal | None:
    """Return the seal of the log as it is now; None: it is empty."""
    last = session.execute(
        sa.select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    ).one_or_none()
    return None if last is None else Seal(last.id, last.hash[:_SEAL])


def holds(session: Session, noted: Seal) -> bool:
    """Tell whether the row of a seal is still there as it was when the seal was noted down."""
    found = session.scalar(sa.select(AuditEntry.hash).where(AuditEntry.id == noted.entry_id))
    return found is not None and found.startswith(noted.hash)


def listed(
    session: Session, *, action: str = "", subject: str = "", limit: int
) -> Sequence[AuditEntry]:
    """Return the newest rows first; `action` is how theirs begins, "rights." for instance."""
    query = sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if action:
        query = query.where(AuditEntry.action.startswith(action, autoescape=True))
    if subject:
        query = query.where(AuditEntry.subject == subject)
    return session.scalars(query).all()


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
