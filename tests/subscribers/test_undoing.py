"""Undoing an import restores what stood before, and takes nothing back that a person did."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from subscribers import columns, erasure, importing, preferences, sheets, undoing
from subscribers.erasure import Checksum
from subscribers.errors import BusyError, ExplainedError, UsageError
from subscribers.fates import Fate
from subscribers.import_reports import Report
from subscribers.models import (
    ConsentBasis,
    ConsentEvent,
    ImportChange,
    ImportPurpose,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from subscribers.terms import Terms, Updating
from subscribers.undoing import Undone
from tests.subscribers.conftest import People

#: What an import may change; the ledger of consent and the audit log only grow.
LIST = (Subscriber, Subscription, Suppression)


def _import(
    people: People,
    folder: Path,
    *rows: str,
    purpose: ImportPurpose = ImportPurpose.SUBSCRIBE,
    basis: ConsentBasis = ConsentBasis.CONSENT,
    updating: Updating = Updating.NO,
    optins_per_hour: int | None = None,
) -> Report:
    path = folder / "kontakter.csv"
    path.write_text("e-post;språk;consent date\n" + "\n".join(rows), encoding="utf-8")
    sheet = sheets.examine(path)
    return importing.import_sheet(
        sheet,
        columns.read(sheet),
        Terms(
            newsletter_id=people.newsletter_id,
            basis=basis,
            source="Paloma",
            language="sv",
            actor="robin",
            purpose=purpose,
            updating=updating,
        ),
        database=people.database,
        keys=people.keys,
        clock=people.clock,
        today=date(2026, 11, 20),
        say=str,
        optins_per_hour=optins_per_hour,
    )


def _undo(people: People, report: Report, *, dry_run: bool = False) -> Undone:
    return undoing.undo(
        report.batch,
        people.newsletter_id,
        database=people.database,
        clock=people.clock,
        actor="robin",
        dry_run=dry_run,
    )


def _list(people: People) -> str:
    with people.database.reading() as session:
        return "\n".join(
            repr(row)
            for table in LIST
            for row in session.execute(sa.select(table.__table__).order_by(table.id)).all()
        )


def _states(people: People) -> dict[str, SubscriptionState]:
    with people.database.reading() as session:
        rows = session.execute(
            sa.select(Subscriber.address_key, Subscription.state)
            .join(Subscription)
            .where(Subscription.newsletter_id == people.newsletter_id)
        )
        return {row.address_key: row.state for row in rows}


def _some(people: People) -> None:
    """A list on which everybody stands differently."""
    people.join("active@example.org")
    people.leave(people.join("left@example.org"))
    people.add("pending@example.org", state=SubscriptionState.PENDING)
    people.suppress("bounced@example.org")
    people.add("other@example.org", newsletter_id=people.other_newsletter_id)


EVERYBODY = tuple(
    f"{name}@example.org;en;2026-01-01"
    for name in ("active", "left", "pending", "bounced", "other", "new")
)


@pytest.mark.parametrize("purpose", ImportPurpose)
@pytest.mark.parametrize("updating", Updating)
def test_what_an_import_did_is_undone_exactly(
    people: People, tmp_path: Path, purpose: ImportPurpose, updating: Updating
) -> None:
    _some(people)
    before = _list(people)
    people.clock.forward(days=1)
    report = _import(people, tmp_path, *EVERYBODY, purpose=purpose, updating=updating)
    assert _list(people) != before
    people.clock.forward(days=1)

    dry = _undo(people, report, dry_run=True)
    undone = _undo(people, report)

    assert _list(people) == before
    assert undone.fates == dry.fates
    with people.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ImportChange)) == 0


def test_no_import_of_any_kind_lifts_anybody(people: People, tmp_path: Path) -> None:
    _some(people)

    for purpose in ImportPurpose:
        _import(people, tmp_path, *EVERYBODY, purpose=purpose, updating=Updating.ALL)

        states = _states(people)
        assert states["left@example.org"] is SubscriptionState.UNSUBSCRIBED
        assert states["pending@example.org"] is not SubscriptionState.ACTIVE
        assert "bounced@example.org" not in people.mailable()


def test_without_a_day_of_consent_people_become_pending(people: People, tmp_path: Path) -> None:
    report = _import(people, tmp_path, "kim@example.org;;2026-01-01", "lo@example.org;;")

    assert (report.added, report.pending) == (2, 1)
    assert people.mailable() == ["kim@example.org"]
    with people.database.reading() as session:
        days = session.scalars(sa.select(ConsentEvent.consented_on).order_by(ConsentEvent.id))
        assert days.all() == [date(2026, 1, 1), None]
        assert session.scalars(sa.select(Subscription.optin_due_at)).all() == [None, None]


def test_pending_people_are_asked_a_few_at_a_time(people: People, tmp_path: Path) -> None:
    rows = [f"reader{n}@example.org;;" for n in range(3)]
    _import(people, tmp_path, *rows, "kim@example.org;;2026-01-01", optins_per_hour=60)
    _import(people, tmp_path, "late@example.org;;", optins_per_hour=60)

    with people.database.reading() as session:
        due = session.scalars(
            sa.select(Subscription.optin_due_at)
            .where(Subscription.optin_due_at.is_not(None))
            .order_by(Subscription.optin_due_at)
        ).all()
    assert [(at - people.clock()).total_seconds() for at in due if at] == [0, 60, 120, 180]


def test_whoever_left_after_the_import_stays_away(people: People, tmp_path: Path) -> None:
    report = _import(people, tmp_path, "kim@example.org;;2026-01-01", "lo@example.org;;2026-01-01")
    with people.database.reading() as session:
        kim = session.scalar(sa.select(Subscriber.id).where(Subscriber.address_key.like("kim%")))
    assert kim is not None
    people.leave(kim)

    undone = _undo(people, report)

    assert (undone.fates[Fate.KEPT], undone.fates[Fate.DELETED]) == (1, 1)
    assert _states(people) == {"kim@example.org": SubscriptionState.UNSUBSCRIBED}


def test_whoever_left_by_themselves_too_is_not_brought_back(people: People, tmp_path: Path) -> None:
    kim = people.join("kim@example.org")
    report = _import(people, tmp_path, "kim@example.org", purpose=ImportPurpose.UNSUBSCRIBE)
    people.leave(kim)

    _undo(people, report)

    assert people.mailable() == []


def test_whom_another_list_took_off_too_is_not_brought_back(people: People, tmp_path: Path) -> None:
    people.join("kim@example.org")
    first = _import(people, tmp_path, "kim@example.org", purpose=ImportPurpose.UNSUBSCRIBE)
    second = _import(people, tmp_path, "kim@example.org", purpose=ImportPurpose.UNSUBSCRIBE)
    assert (first.lowered, second.unchanged) == (1, 1)

    _undo(people, first)

    assert people.mailable() == []


def test_what_an_erasure_suppressed_is_not_lifted_by_undoing_an_import(
    people: People, tmp_path: Path
) -> None:
    kim = people.join("kim@example.org")
    report = _import(people, tmp_path, "kim@example.org", purpose=ImportPurpose.SUPPRESS)
    with people.database.writing() as session:
        erasure.erase(session, [kim], at=people.clock(), others=[], checksum=Checksum.LEAVE)

    _undo(people, report)

    assert people.add("kim@example.org").suppressed is SuppressionReason.MANUAL


def test_a_language_somebody_chose_since_then_is_kept(people: People, tmp_path: Path) -> None:
    kim = people.join("kim@example.org")
    report = _import(people, tmp_path, "kim@example.org;en;", updating=Updating.EMPTY)
    with people.database.writing() as session:
        preferences.set_language(session, kim, "sv", at=people.clock(), actor="robin")

    again = _import(people, tmp_path, "kim@example.org;en;", updating=Updating.EMPTY)
    _undo(people, report)

    assert (report.updated, again.could_be_updated) == (1, 1)
    with people.database.reading() as session:
        assert session.scalar(sa.select(Subscriber.language)) == "sv"


def test_an_undo_that_was_broken_off_goes_on(people: People, tmp_path: Path) -> None:
    report = _import(people, tmp_path, *(f"r{n}@example.org;;2026-01-01" for n in range(1200)))

    def stop(_undone: Undone) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undoing.undo(
            report.batch,
            people.newsletter_id,
            database=people.database,
            clock=people.clock,
            actor="robin",
            progress=stop,
        )
    assert 0 < len(_states(people)) < 1200

    _undo(people, report)

    assert _states(people) == {}
    with pytest.raises(ExplainedError, match="undone already"):
        _undo(people, report)


def test_an_import_that_is_undone_while_it_runs_stops(people: People, tmp_path: Path) -> None:
    path = tmp_path / "kontakter.csv"
    path.write_text("e-post\n" + "\n".join(f"r{n}@example.org" for n in range(2000)), "utf-8")
    sheet = sheets.examine(path)

    def undo(report: Report) -> None:
        if report.added:
            _undo(people, report)

    with pytest.raises(BusyError, match="being undone"):
        importing.import_sheet(
            sheet,
            columns.read(sheet),
            Terms(
                newsletter_id=people.newsletter_id,
                basis=ConsentBasis.PUBLIC_INTEREST,
                source="Paloma",
                language="sv",
                actor="robin",
            ),
            database=people.database,
            keys=people.keys,
            clock=people.clock,
            today=date(2026, 11, 20),
            say=str,
            progress=undo,
        )

    assert _states(people) == {}


def test_an_import_nobody_made_cannot_be_undone(people: People) -> None:
    with pytest.raises(UsageError, match="There is no import"):
        undoing.undo(
            "2026-11-20-9",
            people.newsletter_id,
            database=people.database,
            clock=people.clock,
            actor="robin",
        )
