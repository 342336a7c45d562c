"""How an import is told of: the same for a dry run and for the real one."""

from __future__ import annotations

from newsletter.cli.command import Output
from subscribers.columns import Confidence, Field
from subscribers.import_reports import Report
from subscribers.models import ImportPurpose, SuppressionReason
from subscribers.sheets import Sheet
from subscribers.suppression import REASON_NAMES
from subscribers.terms import Terms
from subscribers.wording import Sentence

#: Errors and slips printed; the file has all errors.
_PRINTED = 20
_CONFIDENCES = {
    Confidence.SURE: Sentence("sure"),
    Confidence.SAID: Sentence("as you said"),
}
_ADDED = {
    ImportPurpose.SUBSCRIBE: Sentence("new, is added as active", plural="new, are added as active"),
    ImportPurpose.UNSUBSCRIBE: Sentence(
        "was unknown here, is kept as unsubscribed",
        plural="were unknown here, are kept as unsubscribed",
    ),
    ImportPurpose.SUPPRESS: Sentence(
        "is suppressed, was not active here", plural="are suppressed, were not active here"
    ),
}
_LOWERED = {
    ImportPurpose.UNSUBSCRIBE: Sentence(
        "was active or pending, is unsubscribed", plural="were active or pending, are unsubscribed"
    ),
    ImportPurpose.SUPPRESS: Sentence(
        "was active, is suppressed", plural="were active, are suppressed"
    ),
}
_UNCHANGED = {
    ImportPurpose.SUBSCRIBE: Sentence(
        "is on the list already, unchanged", plural="on the list already, unchanged"
    ),
    ImportPurpose.UNSUBSCRIBE: Sentence(
        "was out already, unchanged", plural="had left already, unchanged"
    ),
    ImportPurpose.SUPPRESS: Sentence(
        "was suppressed already, unchanged", plural="were suppressed already, unchanged"
    ),
}


def print_report(
    out: Output, sheet: Sheet, terms: Terms, report: Report, *, is_asked: bool
) -> None:
    """Print what an import did, or would do."""
    number = out.language.number
    out.say(
        "File: {name} ({form}, {n} row)",
        plural="File: {name} ({form}, {n} rows)",
        name=sheet.path.name,
        form=sheet.form,
        n=report.rows,
    )
    _print_columns(out, report)
    if report.dry_run:
        out.say("If you run it in earnest:")
    else:
        out.say("What was done:")
    for n, meaning in _counts(terms, report):
        out.plain(f"{number(n):>9}  {out.language.say(meaning.counting(n))}")
    _print_rows(out, report)
    if report.pending and not is_asked:
        out.say(
            "Those who are pending get no issue before they have confirmed. "
            "Nobody asks them unless you import with --send-optin."
        )
    if report.needs_smtputf8:
        out.say(
            "{n} address has letters such as å, ä and ö before the @: it is kept, but no issue can "
            "be sent to it yet.",
            plural="{n} addresses have letters such as å, ä and ö before the @: they are kept, but "
            "no issue can be sent to them yet.",
            n=report.needs_smtputf8,
        )
    would_change = report.added + report.lowered + report.updated
    if not report.dry_run:
        _print_end(out, report)
    elif would_change:
        out.say(
            "Nothing was changed. Run without --dry-run to import {n} address.",
            plural="Nothing was changed. Run without --dry-run to import {n} addresses.",
            n=would_change,
        )
    else:
        out.say("Nothing was changed, and an import would change nothing.")


def print_broken_off(out: Output, report: Report | None) -> None:
    """Say what is left of an import that was broken off."""
    if report is None or report.dry_run or not report.batch:
        return
    out.say(
        "{n} row was done with before that, as batch {batch}. Run the same command again to "
        "finish, or take it back with: subscribers import --undo {batch}",
        plural="{n} rows were done with before that, as batch {batch}. Run the same command again "
        "to finish, or take it back with: subscribers import --undo {batch}",
        n=report.settled,
        batch=report.batch,
    )


def as_json(out: Output, report: Report) -> dict[str, object]:
    """Return an import as programs read it; of many errors the first thousand."""
    return {
        "batch": report.batch or None,
        "dry_run": report.dry_run,
        **report.counts(),
        "columns": [
            {
                "name": column.name,
                "field": column.field.value,
                "confidence": column.confidence.value,
            }
            for column in report.columns.every
        ],
        "error_count": report.wrong,
        "errors": [
            {
                "row": error.row,
                "column": error.column,
                "message": out.language.say(error.problem),
            }
            for error in report.errors
        ],
        "slips": [
            {"row": slip.row, "domain": slip.domain, "meant": slip.meant} for slip in report.slips
        ],
        "longest_write_ms": round(report.longest_write * 1000),
        "error_file": str(report.error_file) if report.error_file else None,
    }


def _print_columns(out: Output, report: Report) -> None:
    out.say("Columns")
    width = max(len(column.name) for column in report.columns.every)
    for column in report.columns.every:
        if column.confidence is Confidence.UNUSED:
            held, how = "", Sentence("not used")
        elif column.confidence is Confidence.GUESS:
            held = column.field.value
            how = Sentence(
                "a guess, confirm it with --map “{name}={field}”",
                name=column.name,
                field=column.field.value,
            )
        else:
            held, how = column.field.value, _CONFIDENCES[column.confidence]
        if column.field is Field.CONSENT_DATE and column.confidence in _CONFIDENCES:
            how = Sentence("{how} (YYYY-MM-DD)", how=how)
        held = f"{held:<13}" if held else ""
        out.plain(f"  {column.name:<{width}}  → {held}{out.language.say(how)}")


def _counts(terms: Terms, report: Report) -> list[tuple[int, Sentence]]:
    purpose = terms.purpose
    active = report.added - report.pending
    rest = (
        (
            report.pending,
            Sentence(
                "new, without a day of consent, is added as pending",
                plural="new, without a day of consent, are added as pending",
            ),
        ),
        (report.lowered, _LOWERED.get(purpose, Sentence(""))),
        (report.updated, Sentence("on the list already, get another language")),
        (
            report.could_be_updated,
            Sentence(
                "on the list already, would get another language (only with --update or "
                "--overwrite)"
            ),
        ),
        (report.unchanged - report.could_be_updated, _UNCHANGED[purpose]),
        (report.duplicates, Sentence("further up in the file already")),
        *((n, _held_back_meaning(reason)) for reason, n in report.held_back.items()),
        (
            report.wrong,
            Sentence("with an error, is NOT added", plural="with errors, are NOT added"),
        ),
    )
    return [(active, _ADDED[purpose]), *((n, meaning) for n, meaning in rest if n)]


def _held_back_meaning(reason: str) -> Sentence:
    if reason == "unsubscribed":
        return Sentence("has left earlier, is NOT added", plural="have left earlier, are NOT added")
    if reason == "pending":
        return Sentence(
            "has not confirmed, is NOT added", plural="have not confirmed, are NOT added"
        )
    return Sentence(
        "suppressed ({reason}), is NOT added",
        plural="suppressed ({reason}), are NOT added",
        reason=REASON_NAMES[SuppressionReason(reason)],
    )


def _print_rows(out: Output, report: Report) -> None:
    if report.errors:
        out.table(
            ("row", "column", "what is wrong"),
            [
                (error.row, error.column, out.language.say(error.problem))
                for error in report.errors[:_PRINTED]
            ],
        )
    if report.wrong > _PRINTED:
        out.say("… and {n} more.", n=out.language.number(report.wrong - _PRINTED))
    for slip in report.slips[:_PRINTED]:
        out.say(
            "Row {row}: is {domain} a slip? Many mean {meant}. It is taken as it stands.",
            row=slip.row,
            domain=slip.domain,
            meant=slip.meant,
        )
    if len(report.slips) > _PRINTED:
        out.say("… and {n} more.", n=out.language.number(len(report.slips) - _PRINTED))


def _print_end(out: Output, report: Report) -> None:
    number = out.language.number
    out.say(
        "Imported {added}, skipped {skipped}, errors {errors}. Batch {batch}.",
        added=number(report.added + report.lowered + report.updated),
        skipped=number(report.unchanged + report.duplicates + sum(report.held_back.values())),
        errors=number(report.wrong),
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
    out.say("Take it back with: subscribers import --undo {batch}", batch=report.batch)
