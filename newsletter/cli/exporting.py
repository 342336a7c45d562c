"""`subscribers export`: the list as a file, which then holds personal data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from newsletter.cli.command import Common
from newsletter.cli.files import new_file
from newsletter.cli.progress import Progress
from newsletter.errors import UsageError
from subscribers import audit, exporting, listing, segments
from subscribers.listing import Listed, Status


def export(
    *,
    out: Path,
    state: Literal["active", "pending", "unsubscribed", "suppressed"] | None = None,
    segment: str | None = None,
    common: Common | None = None,
) -> None:
    """Write the list to a file: .csv for Excel, .xlsx or .json, by its name.

    The file holds whole addresses: that it was made is written to the audit log first. Only its
    owner can read it, and a file that is there is never written over.

    Example: subscribers export --state active --out aktiva.csv

    Parameters
    ----------
    out
        The file to write; its ending says the format.
    state
        Only who stands so.
    segment
        Only who is in this segment.
    """
    app, output = (common or Common()).open()
    if out.suffix.lower() not in (".csv", ".xlsx", ".json"):
        raise UsageError(
            "The name {path} does not say a format. Nothing was written. "
            "Let it end in .csv, .xlsx or .json.",
            path=str(out),
        )
    status, now = Status(state) if state else None, app.clock()
    with app.database.reading() as session:
        within = None
        if segment is not None:
            kept = segments.find(session, app.newsletter_id, segment)
            within = segments.describe(kept, app.settings.zone).clause()
        expected = listing.counted(session, app.newsletter_id, at=now, status=status, within=within)
    if out.suffix.lower() == ".xlsx" and expected >= exporting.WORKSHEET_ROWS:
        raise UsageError(
            "{n} people are more than a worksheet has rows. Nothing was written. "
            "Let the name end in .csv, or narrow it with --state or --segment.",
            n=output.language.number(expected),
        )
    with new_file(out) as file:
        with app.database.writing() as session:
            # First the line in the log: whatever becomes of the file, it is known that it began.
            audit.record(
                session,
                at=now,
                actor=app.actor,
                action="addresses.exported",
                subject=f"newsletter:{app.newsletter_id}",
                count=expected,
                details={"state": state or "", "segment": segment or "", "format": out.suffix},
            )
        say, zone = output.language.say, app.settings.zone
        with (
            app.database.reading() as session,
            listing.everybody(
                session, app.newsletter_id, at=now, status=status, within=within
            ) as everybody,
            Progress(output, total=max(expected, 1)) as bar,
        ):
            counted = _Counted(bar)
            people = counted(everybody)
            if out.suffix.lower() == ".csv":
                exporting.write_csv(people, file, say=say, zone=zone)
            elif out.suffix.lower() == ".xlsx":
                exporting.write_workbook(people, file, say=say, zone=zone)
            else:
                exporting.write_json(people, file)
    output.say(
        "{n} row in {path}.",
        plural="{n} rows in {path}.",
        n=counted.n,
        path=str(out),
    )
    if out.suffix.lower() == ".csv":
        output.say("UTF-8 with byte order mark and semicolons: it opens right in Excel.")
    output.say(
        "It holds personal data. Delete it when it has served; before it is handed to anybody "
        "else, secrecy must be considered (OSL 21:7)."
    )
    output.result({"path": str(out), "rows": counted.n})


class _Counted:
    """Counts the people who pass, and tells how far it has come."""

    def __init__(self, bar: Progress) -> None:
        self.n = 0
        self._bar = bar

    def __call__(self, people: Iterable[Listed]) -> Iterator[Listed]:
        for person in people:
            yield person
            self.n += 1
            if self.n % 1_000 == 0:
                self._bar.reached(self.n)
