"""The database is upgraded by the program and keeps its promises about locks."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import alembic.command
import alembic.config
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from newsletter.database import Database
from newsletter.models import Base, Newsletter
from subscribers.models import AuditEntry, Subscriber

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


# An index over an expression cannot be compared on SQLite; on PostgreSQL it is.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with database.reading() as session:
        differences = compare_metadata(
            MigrationContext.configure(session.connection()), Base.metadata
        )

    assert differences == []


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    database.upgrade()
    database.upgrade()


def test_what_fails_half_way_is_not_kept(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            session.add(Newsletter(slug="half"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Newsletter.id))) == 0


def test_a_read_is_answered_while_another_connection_writes(database: Database) -> None:
    with database.writing() as writer, database.reading() as reader:
        writer.add(Newsletter(slug="unfinished"))
        writer.flush()

        assert reader.scalar(sa.select(sa.func.count(Newsletter.id))) == 0


def test_concurrent_read_then_update_loses_nothing(database: Database) -> None:
    with database.writing() as session:
        session.add(Newsletter(slug="0"))

    def count_up() -> None:
        for _ in range(25):
            with database.writing() as session:
                row = session.scalars(sa.select(Newsletter).with_for_update()).one()
                row.slug = str(int(row.slug) + 1)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.reading() as session:
        assert session.scalar(sa.select(Newsletter.slug)) == "100"


def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    at = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    with database.writing() as session:
        session.add(
            AuditEntry(
                at=at,
                actor="a",
                action="b",
                subject="c",
                count=1,
                details={},
                previous_hash="",
                hash="x",
            )
        )

    with database.reading() as session:
        assert session.scalar(sa.select(AuditEntry.at)) == at


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with (
        pytest.raises(sa.exc.StatementError, match="without a zone"),
        database.writing() as session,
    ):
        session.execute(sa.select(AuditEntry).where(AuditEntry.at == datetime(2026, 1, 1)))  # noqa: DTZ001


def test_the_id_of_somebody_who_is_gone_is_never_used_again(database: Database) -> None:
    def add(name: str) -> int:
        with database.writing() as session:
            person = Subscriber(
                address=name,
                address_key=name,
                address_hash=b"",
                domain="example.org",
                created_at=NOW,
            )
            session.add(person)
            session.flush()
            return person.id

    first = add("kim@example.org")
    with database.writing() as session:
        session.execute(sa.delete(Subscriber))

    assert add("lo@example.org") > first


def test_addresses_from_before_are_marked_when_they_need_smtputf8(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    config = alembic.config.Config()
    config.set_main_option("script_location", "newsletter/migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
        for name in ("pär@example.org", "kim@västra.example", "kim@example.org"):
            connection.execute(
                sa.text(
                    "INSERT INTO subscribers (address, address_key, address_hash, domain, "
                    "created_at, language) VALUES (:name, :name, :name, 'x', '2026-11-20', 'sv')"
                ),
                {"name": name},
            )
        alembic.command.upgrade(config, "head")
        marked = connection.scalars(sa.select(Subscriber.address).where(Subscriber.needs_smtputf8))
        assert marked.all() == ["pär@example.org"]
    engine.dispose()
