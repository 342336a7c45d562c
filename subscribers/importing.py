"""Import a sheet of addresses, in chunks that are written whole or not at all.

An import only ever adds: whoever left, never confirmed or is suppressed is counted and left
alone. A crash leaves whole chunks; running the same file again finishes, since whoever is there
already is left alone too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import audit
from subscribers.adding import Candidate, Outcome, add_all, judge
from subscribers.addresses import without_addresses
from subscribers.candidates import Columns, RowError, candidate, columns
from subscribers.models import ConsentBasis, ImportBatch
from subscribers.rejects import Rejects
from subscribers.sheets import Sheet
from subscribers.tokens import Keys
from subscribers.wording import Sentence

#: Rows written in one transaction; about 60 ms on a small machine, and never over 250.
CHUNK = 250


class Sessions(Protocol):
    """Where sessions come from; `newsletter.database.Database` is one."""

    def reading(self) -> AbstractContextManager[Session]:
        """Open a session that only reads."""

    def writing(self) -> AbstractContextManager[Session]:
        """Open a session that is committed at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what grounds everybody in a sheet is added, and by whom."""

    newsletter_id: int
    basis: ConsentBasis
    #: How we know: "Paloma 2017-02-21".
    source: str
    #: For rows that say none: "sv" or "en".
    language: str
    #: OS user or signed-in user.
    actor: str


@dataclass(slots=True)
class Report:
    """What an import did, or in a dry run would do. Every row counts once."""

    dry_run: bool
    #: "2026-11-22-1"; empty in a dry run.
    batch: str = ""
    #: Rows below the column names that hold anything.
    rows: int = 0
    #: Rows whose address stands further up in the same file.
    duplicates: int = 0
    #: By `Added.word`, as far as it is committed.
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: list[RowError] = field(default_factory=list)
    #: Where the rows with errors were written; None: nowhere.
    error_file: Path | None = None
    #: Why they could not be written, in the words of the system.
    error_file_failure: str = ""

    @property
    def added(self) -> int:
        """How many are on the list now and were not before."""
        return self.outcomes[Outcome.ADDED.value]

    @property
    def unchanged(self) -> int:
        """How many were active already."""
        return self.outcomes[Outcome.UNCHANGED.value]

    @property
    def held_back(self) -> dict[str, int]:
        """How many were not added, by reason: "unsubscribed", "pending", "hard_bounce", …."""
        others = (Outcome.ADDED.value, Outcome.UNCHANGED.value)
        return {word: n for word, n in sorted(self.outcomes.items()) if word not in others}

    def counts(self) -> dict[str, Any]:
        """Return the numbers as they are kept with the batch."""
        return {
            "rows": self.rows,
            "added": self.added,
            # Nothing that is there is changed by an import yet.
            "updated": 0,
            "unchanged": self.unchanged,
            "duplicates": self.duplicates,
            "held_back": self.held_back,
            "errors": len(self.errors),
        }


def import_sheet(
    sheet: Sheet,
    terms: Terms,
    *,
    database: Sessions,
    keys: Keys,
    clock: Callable[[], datetime],
    today: date,
    say: Callable[[Sentence], str],
    dry_run: bool = False,
    progress: Callable[[Report], None] = lambda _report: None,
) -> Report:
    """Add everybody in a sheet who may be added, and return how it went.

    Rows with errors go to `<name>.fel.csv` beside the sheet, in the words of `say`; a dry run
    writes nothing anywhere. `progress` is told after every chunk.

    Raises SheetError: no column can be told to hold the address; nothing was done.
    """
    places = columns(sheet)
    report = Report(dry_run)
    with Rejects(sheet, say=say) as rejects:
        if not dry_run:
            with database.writing() as session:
                report.batch = _begin(session, terms, at=clock(), today=today)
        for chunk in _chunks(sheet, places, terms, keys, report, rejects):
            if dry_run:
                with database.reading() as session:
                    outcomes = judge(session, chunk, terms.newsletter_id, keys=keys)
                report.outcomes.update(added.word for added in outcomes)
            else:
                with database.writing() as session:
                    outcomes = add_all(
                        session,
                        chunk,
                        terms.newsletter_id,
                        keys=keys,
                        basis=terms.basis,
                        source=terms.source,
                        at=clock(),
                        actor=terms.actor,
                        batch_id=report.batch,
                    )
                    after = report.outcomes + Counter(added.word for added in outcomes)
                    _note(session, replace(report, outcomes=after))
                # Only what is committed is told of when the next chunk fails.
                report.outcomes = after
            progress(report)
        if not dry_run:
            with database.writing() as session:
                _note(session, report)
                audit.record(
                    session,
                    at=clock(),
                    actor=terms.actor,
                    action="import.finished",
                    subject=f"batch:{report.batch}",
                    count=report.added,
                    details=report.counts(),
                )
            report.error_file = rejects.keep()
            report.error_file_failure = rejects.failure
    return report


def _chunks(
    sheet: Sheet,
    places: Columns,
    terms: Terms,
    keys: Keys,
    report: Report,
    rejects: Rejects,
) -> Iterator[list[Candidate]]:
    """Yield the candidates of a sheet; count what is none."""
    seen: set[bytes] = set()
    chunk: list[Candidate] = []
    for row in sheet.rows():
        report.rows += 1
        found = candidate(row, sheet, places, language=terms.language)
        if isinstance(found, RowError):
            report.errors.append(found)
            if not report.dry_run:
                rejects.add(row, found)
            continue
        # The hash is shorter than most addresses, and there may be a million of them.
        mark = keys.address_hash(found.address.key)
        if mark in seen:
            report.duplicates += 1
            continue
        seen.add(mark)
        chunk.append(found)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _begin(session: Session, terms: Terms, *, at: datetime, today: date) -> str:
    """Make the batch, so that a crash leaves a trace of what was begun."""
    # Two imports begun at once wait for each other here, and get two numbers.
    audit.take_turn(session)
    taken = session.scalars(
        sa.select(ImportBatch.id).where(ImportBatch.id.startswith(f"{today.isoformat()}-"))
    )
    number = max((int(batch.rpartition("-")[2]) for batch in taken), default=0) + 1
    batch = ImportBatch(
        id=f"{today.isoformat()}-{number}",
        newsletter_id=terms.newsletter_id,
        at=at,
        source=without_addresses(terms.source),
        basis=terms.basis,
        actor=terms.actor,
        counts={},
    )
    session.add(batch)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=terms.actor,
        action="import.begun",
        subject=f"batch:{batch.id}",
        count=0,
        details={"basis": terms.basis.value, "source": terms.source},
    )
    return batch.id


def _note(session: Session, report: Report) -> None:
    session.execute(
        sa.update(ImportBatch).where(ImportBatch.id == report.batch).values(counts=report.counts())
    )
