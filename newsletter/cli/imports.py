"""`subscribers import`: put a file of addresses on the list, or take an import back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from newsletter.app import App
from newsletter.cli import batches, imports_shown
from newsletter.cli.command import DONE, PARTLY, Common
from newsletter.cli.progress import Progress
from newsletter.errors import ExplainedError, UsageError
from subscribers import columns, importing, sheets
from subscribers.import_reports import Report
from subscribers.models import ConsentBasis, ImportPurpose
from subscribers.terms import Terms, Updating

#: What --basis may say.
_BASES = {
    "samtycke": ConsentBasis.CONSENT,
    "consent": ConsentBasis.CONSENT,
    "allmant-intresse": ConsentBasis.PUBLIC_INTEREST,
    "allmänt-intresse": ConsentBasis.PUBLIC_INTEREST,
    "public-interest": ConsentBasis.PUBLIC_INTEREST,
}
#: What --as may say.
_PURPOSES = {
    None: ImportPurpose.SUBSCRIBE,
    "unsubscribed": ImportPurpose.UNSUBSCRIBE,
    "suppressed": ImportPurpose.SUPPRESS,
}


def import_(
    file: Path | None = None,
    /,
    *,
    basis: str | None = None,
    source: str | None = None,
    map: Annotated[list[str] | None, Parameter(name="--map")] = None,  # noqa: A002
    sheet: Annotated[str | None, Parameter(name="--sheet")] = None,
    as_: Annotated[Literal["unsubscribed", "suppressed"] | None, Parameter(name="--as")] = None,
    language: Annotated[Literal["sv", "en"] | None, Parameter(name="--language")] = None,
    update: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    send_optin: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    undo: str | None = None,
    list_: Annotated[bool, Parameter(name="--list", negative="")] = False,
    common: Common | None = None,
) -> int:
    """Put everybody in a file on the list who may be, or take back an import.

    Example: subscribers import kontakter.csv --basis samtycke --source "Paloma 2026" --dry-run

    The first row names the columns: e-postadress, and perhaps språk and datum samtycke. With the
    basis samtycke, whoever has no day of consent becomes pending and gets no issue before they
    have confirmed. Whoever has left, has not confirmed or is suppressed is not added. Rows with
    errors are saved beside the file, as NAME.fel.csv.

    Parameters
    ----------
    file
        CSV in UTF-8, UTF-16 or Windows-1252, with comma, semicolon or tab; or an Excel workbook.
    basis
        Why we may mail: samtycke (consent) or allmant-intresse (public-interest).
    source
        How we know: where the list comes from, and from when.
    map
        What a column holds: "Kategori=language". Fields: email, language, consent_date, nothing.
    sheet
        Which worksheet of a workbook.
    as_
        The file lists people not to mail: note them as unsubscribed, or suppress their addresses.
    language
        For rows that say none: sv or en.
    update
        Give people who are there the language of their row, where nobody has said one before.
    overwrite
        The same, whatever was said before.
    send_optin
        Let those who become pending be asked to confirm, a few at a time (optin_mails_per_hour).
    dry_run
        Say what would be done, and do nothing.
    undo
        Take back the import of this number; people keep what they changed themselves.
    list_
        List the imports and their numbers.
    """
    if list_:
        return batches.show_all(common)
    if undo is not None:
        return batches.undo(undo, dry_run=dry_run, common=common)
    if file is None:
        raise UsageError("Say which file to import, or --undo NUMBER. Nothing was done.")
    app, out = (common or Common()).open()
    terms = _terms(
        app,
        basis=basis,
        source=source,
        purpose=_PURPOSES[as_],
        language=language,
        updating=Updating.ALL if overwrite else Updating.EMPTY if update else Updating.NO,
    )
    if send_optin and terms.basis is not ConsentBasis.CONSENT:
        raise UsageError(
            "--send-optin asks people to confirm a consent, so it goes with --basis samtycke. "
            "Nothing was done."
        )
    read = sheets.examine(file, worksheet=sheet)
    found = columns.read(read, _mapping(map or []))
    with Progress(out, total=2 * max(read.lines - 1, 1)) as bar:
        shown: Report | None = None

        def show(report: Report) -> None:
            nonlocal shown
            shown = report
            bar.reached(report.rows + report.settled)

        try:
            report = importing.import_sheet(
                read,
                found,
                terms,
                database=app.database,
                keys=app.keys,
                clock=app.clock,
                today=app.today,
                say=out.language.say,
                dry_run=dry_run,
                optins_per_hour=app.settings.optin_mails_per_hour if send_optin else None,
                progress=show,
            )
        except (ExplainedError, KeyboardInterrupt):
            imports_shown.print_broken_off(out, shown)
            raise
    imports_shown.print_report(out, read, terms, report, is_asked=send_optin)
    out.result(imports_shown.as_json(out, report))
    return PARTLY if report.wrong and not dry_run else DONE


def _terms(
    app: App,
    *,
    basis: str | None,
    source: str | None,
    purpose: ImportPurpose,
    language: str | None,
    updating: Updating,
) -> Terms:
    if purpose is ImportPurpose.SUBSCRIBE:
        ground, origin = grounds(basis, source)
    elif source is None:
        raise UsageError("Say where the list comes from: --source “…”. Nothing was done.")
    else:
        # A list of people not to mail is kept because the law says so, whatever basis is named.
        ground, origin = ConsentBasis.LEGAL_OBLIGATION, plain_text("--source", source)
    return Terms(
        newsletter_id=app.newsletter_id,
        basis=ground,
        source=origin,
        language=language or app.settings.newsletter.language,
        actor=app.actor,
        purpose=purpose,
        updating=updating,
    )


def _mapping(said: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for one in said:
        name, equals, field = one.rpartition("=")
        if not equals:
            raise UsageError(
                "{what} says no field. Nothing was done. Write it like --map “Kategori=language”.",
                what=ascii(one),
            )
        mapping[name] = field.strip()
    return mapping


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
