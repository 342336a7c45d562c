"""The audit log is whole, or `verify` finds where it is not; it holds no addresses."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from subscribers import audit
from subscribers.models import AuditEntry
from tests.conftest import Clock


def _record(database: Database, clock: Clock, **details: Any) -> int:
    with database.writing() as session:
        return audit.record(
            session,
            at=clock(),
            actor="robin",
            action="subscriber.added",
            subject="subscriber:12",
            details=details,
        ).id


def _verify(database: Database) -> int | None:
    with database.reading() as session:
        return audit.verify(session)


def _change(database: Database, statement: str, **values: object) -> None:
    """Do what the database refuses, as somebody who owns it can."""
    with database.writing() as session:
        if database.is_sqlite:
            session.execute(sa.text("DROP TRIGGER audit_log_no_update"))
            session.execute(sa.text("DROP TRIGGER audit_log_no_delete"))
        else:
            session.execute(sa.text("DROP TRIGGER audit_log_no_change ON audit_log"))
        session.execute(sa.text(statement), values)


def test_an_untouched_log_is_whole(database: Database, clock: Clock) -> None:
    assert _verify(database) is None

    for n in range(3):
        _record(database, clock, n=n, names={"å": ["ö", 1.5, None, True]})
        clock.forward(seconds=0.000_123)

    assert _verify(database) is None


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody else'",
        "action = 'subscriber.removed'",
        "subject = 'subscriber:13'",
        "count = 2",
        "details = '{\"n\": 7}'",
        "at = '2001-01-01 00:00:00.000000'",
        "hash = 'f0'",
        "previous_hash = 'f0'",
    ],
)
def test_a_changed_row_is_found(database: Database, clock: Clock, change: str) -> None:
    ids = [_record(database, clock, n=n) for n in range(3)]

    _change(database, f"UPDATE audit_log SET {change} WHERE id = :id", id=ids[1])  # noqa: S608

    assert _verify(database) == ids[1]


def test_a_deleted_row_is_found_at_the_next_one(database: Database, clock: Clock) -> None:
    ids = [_record(database, clock, n=n) for n in range(3)]

    _change(database, "DELETE FROM audit_log WHERE id = :id", id=ids[0])

    assert _verify(database) == ids[1]


def test_writers_at_once_never_fork_the_chain(database: Database, clock: Clock) -> None:
    together = threading.Barrier(4)

    def write(name: int) -> None:
        together.wait()
        for n in range(5):
            _record(database, clock, name=name, n=n)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 20
        assert audit.verify(session) is None


def test_an_entry_of_what_failed_is_not_kept(database: Database, clock: Clock) -> None:
    def fail() -> None:
        with database.writing() as session:
            audit.record(session, at=clock(), actor="robin", action="x", subject="y")
            raise ZeroDivisionError

    _record(database, clock)
    with pytest.raises(ZeroDivisionError):
        fail()
    _record(database, clock)

    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 2
        assert audit.verify(session) is None


def test_addresses_are_taken_out_of_what_is_logged(database: Database, clock: Clock) -> None:
    _record(
        database,
        clock,
        source="mejl från Kim.Exempel@example.org",
        nested=[{"kim@example.org": "pär@västra.example"}],
    )

    with database.reading() as session:
        entry = session.scalars(sa.select(AuditEntry)).one()
    assert "@" not in str(entry.details)
    assert entry.details["source"] == "mejl från …"
    assert _verify(database) is None
