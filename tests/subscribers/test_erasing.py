"""The ledger of consent only grows: the database itself refuses everything else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from newsletter.database import Database
from subscribers import audit, consent_texts, erasing
from subscribers.consent_texts import Wording
from subscribers.models import ConsentEvent, Subscriber
from tests.subscribers.conftest import People

ONLY_ADDED = ("consent_events", "consent_texts", "audit_log")


@pytest.fixture
def kept(people: People) -> People:
    """A row in every table that only grows."""
    kim = people.join("kim@example.org")
    people.leave(kim, actor="robin")
    with people.database.writing() as session:
        consent_texts.agreed_to(
            session,
            people.newsletter_id,
            wording := Wording("sv", "Ja."),
            shown=wording.mark,
            at=people.clock(),
        )
    return people


def _try(database: Database, statement: str) -> None:
    with pytest.raises(IntegrityError, match="only ever added"), database.writing() as session:
        session.execute(sa.text(statement))


@pytest.mark.parametrize("table", ONLY_ADDED)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id + 100", "DELETE FROM {}"])
def test_a_row_is_neither_changed_nor_deleted(kept: People, table: str, statement: str) -> None:
    _try(kept.database, statement.format(table))


@pytest.mark.parametrize("table", ONLY_ADDED)
def test_a_table_is_not_emptied_nor_a_row_replaced(kept: People, table: str) -> None:
    if not kept.database.is_sqlite:
        _try(kept.database, f"TRUNCATE {table} CASCADE")
        return
    _try(kept.database, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608


def test_a_person_does_not_take_their_history_along(kept: People) -> None:
    _try(kept.database, "DELETE FROM subscribers")

    with kept.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(ConsentEvent.id))) == 2


def test_only_who_is_named_can_be_erased_and_only_in_that_block(kept: People) -> None:
    robin = kept.join("robin@example.org")

    with (
        pytest.raises(IntegrityError),
        kept.database.writing() as session,
        erasing.permitted(session, [robin]),
    ):
        session.execute(sa.delete(Subscriber))
    with kept.database.writing() as session, erasing.permitted(session, [robin]):
        session.execute(sa.delete(Subscriber).where(Subscriber.id == robin))
    _try(kept.database, "DELETE FROM subscribers")

    with kept.database.reading() as session:
        assert session.scalars(sa.select(Subscriber.address)).all() == ["kim@example.org"]
        assert session.scalar(sa.text("SELECT count(*) FROM erasing")) == 0


def test_another_transaction_gets_no_permission_from_one_under_way(kept: People) -> None:
    if kept.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    with kept.database.writing() as session, erasing.permitted(session, [1]):
        _try(kept.database, "DELETE FROM consent_events")


def test_the_triggers_do_not_disturb_the_chain(kept: People) -> None:
    with kept.database.reading() as session:
        assert audit.verify(session) is None
