"""`subscribers export`: the list as a file, which then holds personal data."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from rich import progress as bars
from rich.console import Console

from newsletter.cli.command import Common, Output
from newsletter.cli.files import new_file
from newsletter.errors import UsageError
from subscribers import audit, exporting, listing, segments
from subscribers.listing import Listed, Status

#: Seconds an export may take without showing how far it has come.
_PATIENCE = 2


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
        with app.database.reading() as session, _Counted(output, expected) as counted:
            people = counted(
                exporting.people(session, app.newsletter_id, at=now, status=status, within=within)
            )
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
    """Counts the people who pass, and shows how far it has come where somebody looks on."""

    def __init__(self, output: Output, expected: int) -> None:
        self.n = 0
        self._expected = expected
        console = Console(stderr=True)
        self._is_seen = console.is_terminal and not output.as_json
        self._bar = bars.Progress(
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TextColumn("{task.fields[rate]}"),
            bars.TimeRemainingColumn(),
            console=console,
        )
        self._number = output.language.number

    def __call__(self, people: Iterable[Listed]) -> Iterator[Listed]:
        since = time.monotonic()
        task: bars.TaskID | None = None
        for person in people:
            yield person
            self.n += 1
            if self._is_seen and self.n % 1_000 == 0:
                took = time.monotonic() - since
                if task is None and took > _PATIENCE:
                    self._bar.start()
                    task = self._bar.add_task("", total=self._expected, rate="")
                if task is not None:
                    rate = f"{self._number(round(self.n / took))}/s"
                    self._bar.update(task, completed=self.n, rate=rate)

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
