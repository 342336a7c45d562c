"""An import only adds; a bad row hurts no good one; running it again finishes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.errors import StorageError
from subscribers import audit, chunks, columns, erasing, importing, sheets
from subscribers.import_reports import Report
from subscribers.models import (
    AuditEntry,
    ConsentBasis,
    ConsentEvent,
    ConsentKind,
    ImportBatch,
    Subscriber,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.terms import Terms
from tests.subscribers.conftest import People


class FailingDatabase:
    """A real database, with a connection that says no to every write after so many."""

    def __init__(self, database: Database, writes: int) -> None:
        self._database = database
        self._left = writes

    @contextmanager
    def on_one_connection(self) -> Iterator[FailingDatabase]:
        with self._database.on_one_connection() as self._connection:
            self.reading, self.aside = self._connection.reading, self._connection.aside
            yield self

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self._connection.writing() as session:
            yield session
            self._left -= 1
            if self._left < 0:
                raise StorageError("The disk is full.")


def _import(
    people: People,
    path: Path,
    *,
    dry_run: bool = False,
    database: FailingDatabase | None = None,
    last: list[Report] | None = None,
) -> Report:
    sheet = sheets.examine(path)
    return importing.import_sheet(
        sheet,
        columns.read(sheet),
        Terms(
            newsletter_id=people.newsletter_id,
            basis=ConsentBasis.PUBLIC_INTEREST,
            source="Paloma, from kim@example.org",
            language="sv",
            actor="robin",
        ),
        database=database or people.database,
        keys=people.keys,
        clock=people.clock,
        today=date(2026, 11, 20),
        say=str,
        dry_run=dry_run,
        progress=(last if last is not None else []).append,
    )


def _write(path: Path, *addresses: str) -> Path:
    path.write_text("e-post;språk\n" + "".join(f"{a}\n" for a in addresses), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kontakter.csv"


def _files(path: Path) -> list[str]:
    """What lies beside the sheet, but for the database."""
    return sorted(file.name for file in path.parent.iterdir() if not file.match("test.db*"))


def _everything(people: People) -> str:
    """All rows of all tables, as text."""
    with people.database.reading() as session:
        return "\n".join(
            repr(row)
            for table in Subscriber.metadata.sorted_tables
            for row in session.execute(sa.select(table).order_by(*table.primary_key)).all()
        )


def test_imported_people_may_be_mailed_on_the_stated_basis(people: People, path: Path) -> None:
    _write(path, "kim@example.org;en", "Robin@Västra.example;")

    report = _import(people, path)

    with people.database.reading() as session:
        events = session.scalars(sa.select(ConsentEvent)).all()
        batch = session.scalars(sa.select(ImportBatch)).one()
        languages = session.execute(
            sa.select(Subscriber.address, Subscriber.language).order_by(Subscriber.address)
        ).all()
    assert sorted(people.mailable()) == ["Robin@xn--vstra-gra.example", "kim@example.org"]
    assert {(event.kind, event.basis, event.batch_id) for event in events} == {
        (ConsentKind.IMPORTED, ConsentBasis.PUBLIC_INTEREST, "2026-11-20-1")
    }
    assert (report.batch, report.added) == (batch.id, 2) == ("2026-11-20-1", 2)
    assert batch.counts["added"] == 2
    assert {tuple(row) for row in languages} == {
        ("kim@example.org", "en"),
        ("Robin@Västra.example", "sv"),
    }


def test_an_import_never_lifts_an_unsubscription(people: People, path: Path) -> None:
    people.leave(people.join("kim@example.org"))

    report = _import(people, _write(path, "KIM@example.org"))

    assert (report.added, report.held_back) == (0, {"unsubscribed": 1})
    assert people.mailable() == []


def test_an_import_never_confirms_for_the_person(people: People, path: Path) -> None:
    people.add("kim@example.org", state=SubscriptionState.PENDING)

    report = _import(people, _write(path, "kim@example.org"))

    assert report.held_back == {"pending": 1}
    assert people.mailable() == []


@pytest.mark.parametrize("reason", SuppressionReason)
def test_a_suppression_outlives_its_subscriber_and_an_import(
    people: People, path: Path, reason: SuppressionReason
) -> None:
    kim = people.join("kim@example.org")
    people.suppress("kim@example.org", reason)
    with people.database.writing() as session, erasing.permitted(session, [kim]):
        session.execute(sa.delete(Subscriber).where(Subscriber.id == kim))

    report = _import(people, _write(path, "Kim@Example.org"))

    assert report.held_back == {reason.value: 1}
    with people.database.reading() as session:
        assert session.scalars(sa.select(Subscriber)).all() == []


def test_a_suppressed_domain_is_held_back(people: People, path: Path) -> None:
    people.suppress_domain("xn--vstra-gra.example")

    report = _import(people, _write(path, "kim@västra.example", "kim@example.org"))

    assert (report.added, report.held_back) == (1, {"manual": 1})


def test_every_row_counts_once(people: People, path: Path) -> None:
    people.join("there@example.org")
    people.leave(people.join("left@example.org"))
    people.suppress("bounced@example.org", SuppressionReason.HARD_BOUNCE)
    _write(
        path,
        "new@example.org;sv",
        "",
        "NEW@example.org;en",
        "there@example.org",
        "left@example.org",
        "bounced@example.org",
        "wrong@example",
    )

    report = _import(people, path)

    assert report.counts() == {
        "rows": 6,
        "added": 1,
        "pending": 0,
        "lowered": 0,
        "updated": 0,
        "unchanged": 1,
        "duplicates": 1,
        "held_back": {"hard_bounce": 1, "unsubscribed": 1},
        "errors": 1,
    }


def test_a_dry_run_reports_the_same_and_changes_nothing(people: People, path: Path) -> None:
    people.leave(people.join("left@example.org"))
    _write(path, "new@example.org", "new@example.org", "left@example.org", "wrong@example")
    before, before_files = _everything(people), _files(path)

    dry = _import(people, path, dry_run=True)

    assert _everything(people) == before
    assert _files(path) == before_files
    real = _import(people, path)
    assert (dry.counts(), dry.errors) == (real.counts(), real.errors)
    assert dry.batch == ""


def test_bad_rows_hurt_no_good_ones_and_go_to_a_file(people: People, path: Path) -> None:
    _write(
        path,
        "kim@example.org;sv",
        '"never closed@example.org;sv',
        "a@example.org,b@example.org",
        "=1+1;sv",
        "robin@example.org;sv",
    )

    report = _import(people, path)

    rejects = path.with_name("kontakter.fel.csv")
    lines = rejects.read_text(encoding="utf-8-sig").splitlines()
    assert people.mailable() == ["kim@example.org", "robin@example.org"]
    assert [(error.row, error.column) for error in report.errors] == [
        (3, "e-post"),
        (4, "e-post"),
        (5, "e-post"),
    ]
    assert report.error_file == rejects
    assert lines[0] == "e-post;språk;row;column;what is wrong"
    assert lines[2] == "a@example.org,b@example.org;;4;e-post;two addresses in one place"
    assert lines[3].startswith("'=1+1;")
    assert rejects.stat().st_mode & 0o077 == 0


def test_mended_rows_can_be_imported_from_the_file_of_errors(people: People, path: Path) -> None:
    _write(path, "kim@example.org;sv", "robin@example;sv")
    rejects = _import(people, path).error_file
    assert rejects is not None
    rejects.write_text(
        rejects.read_text(encoding="utf-8-sig").replace("robin@example", "robin@example.org"),
        encoding="utf-8",
    )

    report = _import(people, rejects)

    assert (report.added, report.errors) == (1, [])


def test_without_errors_there_is_no_file_of_errors(people: People, path: Path) -> None:
    report = _import(people, _write(path, "kim@example.org"))

    assert report.error_file is None
    assert not path.with_name("kontakter.fel.csv").exists()


def test_ten_thousand_rows_are_imported(people: People, path: Path) -> None:
    _write(path, *(f"reader{n}@mail{n % 40}.example.org" for n in range(10_000)))
    seen: list[Report] = []

    report = _import(people, path, last=seen)

    with people.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Subscriber.id))) == 10_000
        assert audit.verify(session) is None
    assert report.added == 10_000
    assert seen[-1].settled == report.rows == 10_000


def test_running_it_again_after_a_crash_finishes(people: People, path: Path) -> None:
    _write(path, *(f"reader{n}@example.org" for n in range(3 * chunks.FIRST)), "wrong@example")
    seen: list[Report] = []
    # One write for the batch, one for the first chunk.
    failing = FailingDatabase(people.database, writes=2)

    with pytest.raises(StorageError):
        _import(people, path, database=failing, last=seen)

    assert seen[-1].added == chunks.FIRST
    with people.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Subscriber.id))) == chunks.FIRST
        assert session.scalars(sa.select(ImportBatch)).one().counts["added"] == chunks.FIRST
    assert not [name for name in _files(path) if "fel" in name]

    again = _import(people, path)

    assert (again.batch, again.added, again.unchanged) == (
        "2026-11-20-2",
        2 * chunks.FIRST,
        chunks.FIRST,
    )


def test_a_file_of_errors_that_cannot_be_written_costs_only_itself(
    people: People, path: Path
) -> None:
    path.with_name("kontakter.fel.csv").mkdir()

    report = _import(people, _write(path, "kim@example.org", "wrong@example"))

    assert report.added == 1
    assert report.error_file is None
    assert report.error_file_failure
    assert not [name for name in _files(path) if name.startswith(".fel")]


def test_no_address_is_in_any_log(
    people: People, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    people.leave(people.join("left@example.org"), actor="robin")

    _import(people, _write(path, "kim@example.org", "left@example.org", "wrong@example"))

    with people.database.reading() as session:
        entries = session.execute(sa.select(AuditEntry.__table__)).all()
        batches = session.execute(sa.select(ImportBatch.__table__)).all()
    assert [entry.action for entry in entries][-2:] == ["import.begun", "import.finished"]
    assert "@" not in str(entries) + str(batches) + caplog.text
