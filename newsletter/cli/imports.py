"""`subscribers import`: put a sheet of addresses on the list."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeRemainingColumn

from newsletter.cli.command import DONE, PARTLY, Common, Output
from newsletter.errors import ExplainedError, UsageError
from subscribers import importing, sheets
from subscribers.importing import Report, Terms
from subscribers.models import ConsentBasis, SuppressionReason
from subscribers.sheets import Sheet
from subscribers.suppression import REASON_NAMES
from subscribers.wording import Sentence

#: What --basis may say.
_BASES = {
    "samtycke": ConsentBasis.CONSENT,
    "consent": ConsentBasis.CONSENT,
    "allmant-intresse": ConsentBasis.PUBLIC_INTEREST,
    "allmänt-intresse": ConsentBasis.PUBLIC_INTEREST,
    "public-interest": ConsentBasis.PUBLIC_INTEREST,
}
#: Errors printed; the file has them all.
_PRINTED_ERRORS = 20
#: Seconds an import may take without showing how far it has come.
_PATIENCE = 2


def import_(
    file: Path,
    /,
    *,
    basis: str | None = None,
    source: str | None = None,
    language: Annotated[Literal["sv", "en"] | None, Parameter(name="--language")] = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> int:
    """Put everybody in a CSV file on the list who may be, as active.

    Example: subscribers import kontakter.csv --basis samtycke --source "Paloma 2026" --dry-run

    The first row names the columns: one is called e-postadress, e-post, epost, email or address,
    and one may be called språk or language. Whoever has left, has not confirmed or is suppressed
    is not added. Rows with errors are saved beside the file, as NAME.fel.csv.

    Parameters
    ----------
    file
        CSV in UTF-8 or Windows-1252, with comma, semicolon or tab.
    basis
        Why we may mail: samtycke (consent) or allmant-intresse (public-interest).
    source
        How we know: where the list comes from, and from when.
    language
        For rows that say none: sv or en.
    dry_run
        Say what would be done, and do nothing.
    """
    app, out = (common or Common()).open()
    ground, origin = grounds(basis, source)
    sheet = sheets.examine(file)
    terms = Terms(
        newsletter_id=app.newsletter_id,
        basis=ground,
        source=origin,
        language=language or app.settings.newsletter.language,
        actor=app.actor,
    )
    with _Bar(sheet.lines, out) as bar:
        try:
            report = importing.import_sheet(
                sheet,
                terms,
                database=app.database,
                keys=app.keys,
                clock=app.clock,
                today=app.today,
                say=out.language.say,
                dry_run=dry_run,
                progress=bar.show,
            )
        except (ExplainedError, KeyboardInterrupt):
            _print_broken_off(out, bar.last)
            raise
    _print_report(out, sheet, report)
    out.result(_as_json(out, report))
    return PARTLY if report.errors and not dry_run else DONE


def grounds(basis: str | None, source: str | None) -> tuple[ConsentBasis, str]:
    """Return why we may mail, from what was said after --basis and --source.

    Raises UsageError: one of them is missing, or says nothing.
    """
    if basis is None or source is None:
        raise UsageError(
            "Say why we may mail: --basis samtycke|allmant-intresse and --source “…”. "
            "Nothing was done."
        )
    ground = _BASES.get(basis.strip().casefold().replace("_", "-"))
    if ground is None:
        raise UsageError(
            "There is no basis {basis}. Nothing was done. "
            "It is samtycke (consent) or allmant-intresse (public-interest).",
            basis=ascii(basis),
        )
    return ground, plain_text("--source", source)


def plain_text(option: str, text: str) -> str:
    """Return what was said after an option, blanks around it taken off.

    Raises UsageError: it is empty, or holds what cannot be shown.
    """
    trimmed = text.strip()
    if not trimmed:
        raise UsageError(
            "{option} says nothing. Nothing was done. Write a few words after it, in quotes.",
            option=option,
        )
    if not trimmed.isprintable():
        raise UsageError(
            "{option} holds characters that cannot be shown. Nothing was done. "
            "Write it anew, on one line.",
            option=option,
        )
    return trimmed


def _print_report(out: Output, sheet: Sheet, report: Report) -> None:
    out.say(
        "File: {name} ({delimiter}, {encoding}, {n} row)",
        plural="File: {name} ({delimiter}, {encoding}, {n} rows)",
        name=sheet.path.name,
        delimiter=sheets.NAMES[sheet.delimiter],
        encoding=sheets.NAMES[sheet.encoding],
        n=report.rows,
    )
    number = out.language.number
    if report.dry_run:
        out.say("If you run it in earnest:")
    for n, meaning in _counts(report):
        out.plain(f"{number(n):>9}  {out.language.say(meaning)}")
    if report.errors:
        out.table(
            ("row", "column", "what is wrong"),
            [
                (error.row, error.column, out.language.say(error.problem))
                for error in report.errors[:_PRINTED_ERRORS]
            ],
        )
    if len(report.errors) > _PRINTED_ERRORS:
        out.say("… and {n} more.", n=len(report.errors) - _PRINTED_ERRORS)
    if report.dry_run:
        out.say(
            "Nothing was changed. Run without --dry-run to import {n} address.",
            plural="Nothing was changed. Run without --dry-run to import {n} addresses.",
            n=report.added,
        )
        return
    out.say(
        "Imported {added}, skipped {skipped}, errors {errors}. Batch {batch}.",
        added=number(report.added),
        skipped=number(report.unchanged + report.duplicates + sum(report.held_back.values())),
        errors=number(len(report.errors)),
        batch=report.batch,
    )
    if report.error_file is not None:
        out.say("The rows with errors are saved in {path}.", path=str(report.error_file))
    elif report.error_file_failure:
        out.say(
            "The rows with errors could not be saved ({cause}); everything else is done. "
            "Run the same command again to see them all.",
            cause=report.error_file_failure,
        )


def _counts(report: Report) -> list[tuple[int, Sentence]]:
    others = (
        (report.unchanged, Sentence("on the list already, unchanged")),
        (report.duplicates, Sentence("further up in the file already")),
        *((n, _held_back_meaning(reason)) for reason, n in report.held_back.items()),
        (len(report.errors), Sentence("with errors, are NOT added")),
    )
    return [
        (report.added, Sentence("new, are added")),
        *((n, meaning) for n, meaning in others if n),
    ]


def _held_back_meaning(reason: str) -> Sentence:
    if reason == "unsubscribed":
        return Sentence("have left earlier, are NOT added")
    if reason == "pending":
        return Sentence("have not confirmed, are NOT added")
    return Sentence(
        "suppressed ({reason}), are NOT added", reason=REASON_NAMES[SuppressionReason(reason)]
    )


def _print_broken_off(out: Output, report: Report | None) -> None:
    if report is not None and not report.dry_run:
        out.say(
            "{n} address was imported before that, as batch {batch}. "
            "Run the same command again to finish.",
            plural="{n} addresses were imported before that, as batch {batch}. "
            "Run the same command again to finish.",
            n=report.added,
            batch=report.batch,
        )


def _as_json(out: Output, report: Report) -> dict[str, object]:
    return {
        "batch": report.batch or None,
        "dry_run": report.dry_run,
        **report.counts(),
        "errors": [
            {
                "row": error.row,
                "column": error.column,
                "message": out.language.say(error.problem),
            }
            for error in report.errors
        ],
        "error_file": str(report.error_file) if report.error_file else None,
    }


class _Bar:
    """Shows how far an import has come, once it has taken a while, to people who look on."""

    def __init__(self, lines: int, out: Output) -> None:
        #: How things stood after the last chunk.
        self.last: Report | None = None
        self._lines = lines
        self._since = time.monotonic()
        console = Console(stderr=True)
        self._is_seen = console.is_terminal and not out.as_json
        self._progress = Progress(
            BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
        )
        self._task: TaskID | None = None

    def show(self, report: Report) -> None:
        self.last = report
        if not self._is_seen or time.monotonic() - self._since < _PATIENCE:
            return
        if self._task is None:
            self._progress.start()
            self._task = self._progress.add_task("", total=max(self._lines - 1, 1))
        self._progress.update(self._task, completed=report.rows)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._progress.stop()
