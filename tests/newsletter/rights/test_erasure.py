"""A person who asks to be erased is gone from every table; what must stay names nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.app import App
from newsletter.delivery import claims, counting, ledger
from newsletter.delivery.in_flight import Lease
from newsletter.errors import ExplainedError
from newsletter.models import Base, Delivery, DeliveryState
from newsletter.rights import erasure
from newsletter.rights.erasure import Done
from subscribers import addresses, audit, merging, suppression
from subscribers.erasure import Checksum
from subscribers.models import (
    AuditEntry,
    Segment,
    Subscriber,
    Suppression,
    SuppressionReason,
)
from subscribers.traces import Trace
from tests.newsletter.rights.conftest import KIM, ROBIN

pytestmark = pytest.mark.usefixtures("issue_id")


def _erase(app: App, checksum: Checksum = Checksum.SUPPRESS) -> Done:
    return erasure.erase(app, 1, actor="robin", received_on=app.today, checksum=checksum)


def _rows_about(app: App, number: int) -> dict[str, int]:
    """Count the rows about a person in every table that can have any."""
    with app.database.reading() as session:
        return {
            table.name: session.scalar(
                sa.select(sa.func.count()).where(table.c.subscriber_id == number)
            )
            or 0
            for table in Base.metadata.sorted_tables
            if "subscriber_id" in table.c
        }


def test_nothing_is_left_in_any_table_of_a_person_in_all_of_them(app: App) -> None:
    held = _rows_about(app, 1)
    # Whoever adds a table about people plants a row above, and makes it be told and erased.
    assert {name for name, rows in held.items() if rows == 0} == {"erasing"}

    done = _erase(app)

    assert set(_rows_about(app, 1).values()) == {0}
    assert [search.traces for search in done.searches] == [[]]
    assert done.searches[0].tables > 20
    assert done.erased.as_json() == {
        "addresses": 1,
        "subscriptions": 1,
        "consent_events": 3,
        "deliveries": 1,
        "service_mails": 2,
        "suppressions_kept": 2,
    }


def test_robin_is_left_alone(app: App) -> None:
    before = _rows_about(app, 2)

    _erase(app)

    assert _rows_about(app, 2) == before


def test_the_counts_of_an_issue_stay_and_what_waits_is_skipped(app: App, issue_id: int) -> None:
    _erase(app)

    with app.database.writing() as session:
        flying = claims.take(
            session,
            issue_id,
            app.newsletter_id,
            lease=Lease("x", app.clock()),
            limit=9,
            now=app.clock(),
        ).flying
    assert [delivery.address for delivery in flying] == [ROBIN]
    with app.database.reading() as session:
        counts = counting.verified(session, issue_id)
        [skipped] = session.scalars(
            sa.select(Delivery).where(Delivery.state == DeliveryState.SKIPPED)
        )
    assert (counts.total(), counts[DeliveryState.SKIPPED]) == (2, 1)
    assert (skipped.address, skipped.domain, skipped.message_id) == ("", "", "")


def test_the_checksum_keeps_the_person_from_coming_back(app: App) -> None:
    _erase(app)

    with app.database.reading() as session:
        kept = session.scalars(sa.select(Suppression).order_by(Suppression.id)).all()
        reason = suppression.reason_for(
            session, app.keys.address_hash(addresses.read(KIM).key), "x", app.newsletter_id
        )
    assert {row.note for row in kept} == {""}
    assert reason is SuppressionReason.ERASED


def test_the_checksum_goes_too_where_the_person_wants_it(app: App) -> None:
    done = _erase(app, Checksum.FORGET)

    assert [search.traces for search in done.searches] == [[]]
    with app.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Suppression.id))) == 0


def test_an_address_that_somebody_wrote_elsewhere_is_found(app: App) -> None:
    with app.database.writing() as session:
        session.add(
            Segment(
                newsletter_id=app.newsletter_id,
                name="kim",
                condition='address = "kim.exempel@xn--vstra-gra.example"',
                created_at=app.clock(),
            )
        )

    done = _erase(app)

    assert done.searches[0].traces == [Trace("segments", "condition", 1)]


def test_all_addresses_of_one_person_go_whichever_is_named(app: App) -> None:
    with app.database.writing() as session:
        merging.merge(session, 2, 1, at=app.clock(), actor="robin", follow=[ledger.follow_merge])

    done = _erase(app)

    assert list(done.erased.numbers) == [2, 1]
    with app.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Subscriber.id))) == 0


def test_a_case_has_a_number_and_a_day_and_no_name(app: App) -> None:
    first = _erase(app)
    second = erasure.erase(app, 2, actor="alex", received_on=app.today)

    assert [done.case.number for done in (first, second)] == ["G-2026-001", "G-2026-002"]
    assert first.case.due_on.isoformat() == "2026-12-20"
    with app.database.reading() as session:
        assert audit.verify(session) is None
        entry = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "rights.erased")
        ).first()
    assert entry is not None
    assert (entry.subject, entry.details["case"]) == ("subscriber:1", "G-2026-001")


def test_erasing_nobody_changes_nothing(app: App) -> None:
    with pytest.raises(ExplainedError):
        erasure.erase(app, 4711, actor="robin", received_on=app.today)

    assert _rows_about(app, 1)["deliveries"] == 1


def test_a_dry_run_changes_nothing(app: App) -> None:
    before = _rows_about(app, 1)

    expected = erasure.would_erase(app, 1)

    assert expected.events == 3
    assert _rows_about(app, 1) == before


def test_nothing_can_be_read_in_the_file_any_more(app: App, tmp_path: Path) -> None:
    if not app.database.is_sqlite:
        pytest.skip("PostgreSQL overwrites what is dead in its own time")

    assert _erase(app).is_scrubbed

    for file in tmp_path.glob("test.db*"):
        content = file.read_bytes().lower()
        assert b"kim.exempel" not in content, file
        assert b"robin@example.org" in content or file.suffix != ".db"
