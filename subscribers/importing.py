"""Import a sheet: read it whole, then settle it in chunks that are written whole or not at all.

While the sheet is read nothing is written but a private copy, so a sheet that breaks off half-way
changes nothing. A crash after that leaves whole chunks under the number of the batch: undo it, or
run the same file again, which finishes, since whoever is there already is left alone.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from subscribers import addresses, audit, batches, optins, settling
from subscribers.candidates import RowError, candidate
from subscribers.chunks import Pace, Sessions
from subscribers.columns import Columns
from subscribers.models import BatchState, SuppressionReason
from subscribers.rejects import Rejects
from subscribers.settling import Outcome, Terms
from subscribers.sheets import Sheet
from subscribers.staging import Staged, Staging
from subscribers.tokens import Keys
from subscribers.wording import Sentence

#: Errors and slips that are told one by one; of more, only how many. The file has all errors.
TOLD = 1_000
#: How often a chunk is tried that somebody else got in the way of.
_TRIES = 5
#: Rows read between two words of progress.
_ROWS_BETWEEN = 5_000


@dataclass(frozen=True, slots=True)
class Slip:
    """An address whose domain looks like a slip of the pen; it is taken all the same."""

    row: int
    domain: str
    meant: str


@dataclass(slots=True)
class Report:
    """What an import did, or in a dry run would do. Every row counts once."""

    dry_run: bool
    columns: Columns
    #: "2026-11-22-1"; empty in a dry run.
    batch: str = ""
    #: Rows below the column names that hold anything.
    rows: int = 0
    #: Rows with errors; `errors` tells the first of them.
    wrong: int = 0
    #: Rows whose address stands further up in the same file.
    duplicates: int = 0
    #: By `settling.Outcome` or the reason of a suppression, as far as it is committed.
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: list[RowError] = field(default_factory=list)
    slips: list[Slip] = field(default_factory=list)
    #: How many have an address that only servers with SMTPUTF8 can take.
    needs_smtputf8: int = 0
    #: See `chunks.Pace.longest`.
    longest_write: float = 0
    #: Where the rows with errors were written; None: nowhere.
    error_file: Path | None = None
    #: Why they could not be written, in the words of the system.
    error_file_failure: str = ""

    @property
    def added(self) -> int:
        """How many stand on the list as the import says, and were not there before."""
        return self._of(Outcome.ADDED, Outcome.ADDED_AS_PENDING)

    @property
    def pending(self) -> int:
        """How many of those added are pending."""
        return self._of(Outcome.ADDED_AS_PENDING)

    @property
    def lowered(self) -> int:
        """How many were active, and now have left or are suppressed."""
        return self._of(Outcome.LOWERED)

    @property
    def updated(self) -> int:
        """How many got another language."""
        return self._of(Outcome.UPDATED)

    @property
    def unchanged(self) -> int:
        """How many stood so already, those that could be updated among them."""
        return self._of(Outcome.UNCHANGED, Outcome.COULD_BE_UPDATED)

    @property
    def could_be_updated(self) -> int:
        """How many would get another language, had it been asked for."""
        return self._of(Outcome.COULD_BE_UPDATED)

    @property
    def held_back(self) -> dict[str, int]:
        """How many were not added, by reason: "unsubscribed", "pending", "hard_bounce", …."""
        reasons = {Outcome.UNSUBSCRIBED.value, Outcome.PENDING.value} | {
            reason.value for reason in SuppressionReason
        }
        return {word: n for word, n in sorted(self.outcomes.items()) if word in reasons and n}

    @property
    def settled(self) -> int:
        """How many rows are done with."""
        return self.wrong + self.duplicates + self.outcomes.total()

    def counts(self) -> dict[str, Any]:
        """Return the numbers as they are kept with the batch."""
        return {
            "rows": self.rows,
            "added": self.added,
            "pending": self.pending,
            "lowered": self.lowered,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "duplicates": self.duplicates,
            "held_back": self.held_back,
            "errors": self.wrong,
        }

    def _of(self, *outcomes: Outcome) -> int:
        return sum(self.outcomes[outcome.value] for outcome in outcomes)


def import_sheet(
    sheet: Sheet,
    columns: Columns,
    terms: Terms,
    *,
    database: Sessions,
    keys: Keys,
    clock: Callable[[], datetime],
    today: date,
    say: Callable[[Sentence], str],
    dry_run: bool = False,
    optins_per_hour: int | None = None,
    progress: Callable[[Report], None] = lambda _report: None,
) -> Report:
    """Do with everybody in a sheet what the terms say, as far as they may, and tell how it went.

    Rows with errors go to `<name>.fel.csv` beside the sheet, in the words of `say`; a dry run
    writes nothing anywhere. With `optins_per_hour` those added as pending are to be asked to
    confirm, so many an hour; None asks nobody. `progress` is told now and then.

    Raises BusyError: somebody undoes it; ExplainedError: it could not go on. What was done before
    is whole, under the number of the batch.
    """
    report = Report(dry_run, columns)
    with Rejects(sheet, say=say) as rejects, Staging() as staging:
        _read(sheet, terms, staging, report, rejects, today=today, progress=progress)
        if not dry_run:
            with database.writing() as session:
                report.batch = batches.begin(session, terms, at=clock(), today=today)
        with database.reading() as session:
            due = (
                itertools.repeat(None)
                if optins_per_hour is None
                else optins.times(session, at=clock(), per_hour=optins_per_hour)
            )
        people = _people(staging, keys, due)
        pace = Pace()
        while chunk := list(itertools.islice(people, pace.size)):
            if dry_run:
                with database.reading() as session:
                    report.outcomes += settling.judge(session, chunk, terms)
            else:
                report.outcomes = _settle(database, pace, chunk, terms, report, at=clock())
            pace.wrote(len(chunk))
            report.longest_write = pace.longest
            report.duplicates = staging.duplicates
            progress(report)
        report.duplicates = staging.duplicates
        if not dry_run:
            _finish(database, terms, report, at=clock())
            report.error_file = rejects.keep()
            report.error_file_failure = rejects.failure
    return report


def _read(
    sheet: Sheet,
    terms: Terms,
    staging: Staging,
    report: Report,
    rejects: Rejects,
    *,
    today: date,
    progress: Callable[[Report], None],
) -> None:
    """Stage the candidates of a sheet; count and keep what is none."""
    for row in sheet.rows():
        report.rows += 1
        found = candidate(row, sheet, report.columns, language=terms.language, today=today)
        if isinstance(found, RowError):
            report.wrong += 1
            if len(report.errors) < TOLD:
                report.errors.append(found)
            if not report.dry_run:
                rejects.add(row, found)
        else:
            staging.add(found)
            report.needs_smtputf8 += found.address.needs_smtputf8
            meant = addresses.hint(found.address)
            if meant is not None and len(report.slips) < TOLD:
                report.slips.append(Slip(row.number, found.address.domain, meant))
        if report.rows % _ROWS_BETWEEN == 0:
            progress(report)


def _people(staging: Staging, keys: Keys, due: Iterator[datetime | None]) -> Iterator[Staged]:
    for key, address, domain, smtputf8, language, is_stated, day in staging.sorted_by_key():
        yield Staged(
            key,
            address,
            domain,
            bool(smtputf8),
            language,
            bool(is_stated),
            day,
            keys.address_hash(key),
            # Whoever says when they said yes need not be asked.
            None if day else next(due),
        )


def _settle(
    database: Sessions,
    pace: Pace,
    chunk: list[Staged],
    terms: Terms,
    report: Report,
    *,
    at: datetime,
) -> Counter[str]:
    """Settle one chunk and note it with the batch, in one transaction; return all outcomes."""
    for attempt in range(1, _TRIES + 1):
        try:
            with pace.writing(database) as session:
                outcomes = settling.settle(session, chunk, terms, batch_id=report.batch, at=at)
                after = report.outcomes + outcomes
                batches.note(session, report.batch, replace(report, outcomes=after).counts())
        except sa.exc.IntegrityError:
            # Somebody else added one of them between our look and our insert.
            if attempt == _TRIES:
                raise
        else:
            break
    return after


def _finish(database: Sessions, terms: Terms, report: Report, *, at: datetime) -> None:
    with database.writing() as session:
        batches.note(session, report.batch, report.counts(), state=BatchState.DONE)
        audit.record(
            session,
            at=at,
            actor=terms.actor,
            action="import.finished",
            subject=f"batch:{report.batch}",
            count=report.added + report.lowered + report.updated,
            details=report.counts(),
        )
