"""Import a sheet: read it whole, then settle it in chunks that are written whole or not at all.

While the sheet is read nothing is written but a private copy, so a sheet that breaks off half-way
changes nothing. A crash after that leaves whole chunks under the number of the batch: undo it, or
run the same file again, which finishes, since whoever is there already is left alone.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime

import sqlalchemy as sa

from subscribers import addresses, audit, batches, judging, optins, settling
from subscribers.adding import Candidate
from subscribers.candidates import RowError, candidate
from subscribers.chunks import Pace
from subscribers.columns import Columns
from subscribers.import_reports import Report, Slip
from subscribers.models import BatchState
from subscribers.rejects import Rejects
from subscribers.sessions import Database, OneConnection
from subscribers.sheets import Sheet
from subscribers.staging import Staging
from subscribers.terms import Terms
from subscribers.tokens import Keys
from subscribers.wording import Sentence

#: Errors and slips that are told one by one; of more, only how many. The file has all errors.
TOLD = 1_000
#: How often a chunk is tried that somebody else got in the way of.
_TRIES = 5
#: Rows read between two words of progress.
_ROWS_BETWEEN = 5_000


def import_sheet(
    sheet: Sheet,
    columns: Columns,
    terms: Terms,
    *,
    database: Database,
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
    with Rejects(sheet, say=say) as rejects, database.on_one_connection() as ours:
        with ours.reading() as session:
            due = (
                itertools.repeat(None)
                if optins_per_hour is None
                else optins.times(session, at=clock(), per_hour=optins_per_hour)
            )
        staging = Staging(ours, keys=keys, optins=due)
        staging.fill(_candidates(sheet, terms, report, rejects, today=today, progress=progress))
        report.duplicates = staging.duplicates
        if not dry_run:
            with ours.writing() as session:
                report.batch = batches.begin(session, terms, at=clock(), today=today)
        pace, done = Pace(), 0
        while done < staging.count:
            places = range(done + 1, min(done + pace.size, staging.count) + 1)
            if dry_run:
                with ours.reading() as session:
                    report.outcomes += judging.judge(session, places, terms)
            else:
                report.outcomes = _settle(ours, pace, places, terms, report, at=clock())
            pace.wrote(len(places))
            report.longest_write = pace.longest
            done += len(places)
            progress(report)
        if not dry_run:
            _finish(ours, terms, report, at=clock())
            report.error_file = rejects.keep()
            report.error_file_failure = rejects.failure
    return report


def _candidates(
    sheet: Sheet,
    terms: Terms,
    report: Report,
    rejects: Rejects,
    *,
    today: date,
    progress: Callable[[Report], None],
) -> Iterator[Candidate]:
    """Yield the candidates of a sheet; count and keep what is none."""
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
            yield found
            report.needs_smtputf8 += found.address.needs_smtputf8
            meant = addresses.hint(found.address)
            if meant is not None and len(report.slips) < TOLD:
                report.slips.append(Slip(row.number, found.address.domain, meant))
        if report.rows % _ROWS_BETWEEN == 0:
            progress(report)


def _settle(
    database: OneConnection,
    pace: Pace,
    places: range,
    terms: Terms,
    report: Report,
    *,
    at: datetime,
) -> Counter[str]:
    """Settle one chunk and note it with the batch, in one transaction; return all outcomes."""
    for attempt in range(1, _TRIES + 1):
        try:
            with pace.writing(database) as session:
                outcomes = settling.settle(session, places, terms, batch_id=report.batch, at=at)
                after = report.outcomes + outcomes
                batches.note(session, report.batch, replace(report, outcomes=after).counts())
        except sa.exc.IntegrityError:
            # Somebody else added one of them between our look and our insert.
            if attempt == _TRIES:
                raise
        else:
            break
    return after


def _finish(database: OneConnection, terms: Terms, report: Report, *, at: datetime) -> None:
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
