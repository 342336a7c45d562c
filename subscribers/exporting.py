"""Write a list out: CSV that opens right in a Swedish Excel, a workbook, or JSON.

A million people pass through and take no memory. What stands first in a CSV cell and would make a
spreadsheet calculate is disarmed.
"""

from __future__ import annotations

import csv
import functools
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from subscribers import listing
from subscribers.listing import Listed, Status
from subscribers.wording import Sentence

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

#: The heads of the columns; an import knows the first and the third by these names.
COLUMNS = (
    Sentence("e-mail address"),
    Sentence("status"),
    Sentence("language"),
    Sentence("since"),
    Sentence("source"),
    Sentence("paused until"),
)
#: Rows of a worksheet, its heads among them.
WORKSHEET_ROWS = 1_048_576
#: What makes a spreadsheet take text for something to calculate (OWASP, CSV injection).
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")

Say = Callable[[Sentence], str]


def write_csv(rows: Iterable[Listed], file: IO[bytes], *, say: Say, zone: ZoneInfo) -> None:
    """Write semicolons, CRLF and UTF-8 with a byte order mark."""
    with _text(file, "utf-8-sig") as text:
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(say(column) for column in COLUMNS)
        for address, status, language, since, source, paused in _rows(rows, say=say, zone=zone):
            # Only these two were written by somebody else.
            writer.writerow((disarmed(address), status, language, since, disarmed(source), paused))


def write_json(rows: Iterable[Listed], file: IO[bytes]) -> None:
    """Write a list of objects, one on each line; times with zone."""
    with _text(file, "utf-8") as text:
        before = "[\n"
        for person in rows:
            text.write(before + json.dumps(as_json(person), ensure_ascii=False))
            before = ",\n"
        text.write("[]\n" if before.startswith("[") else "\n]\n")


def write_workbook(rows: Iterable[Listed], file: IO[bytes], *, say: Say, zone: ZoneInfo) -> None:
    """Write an Excel workbook of one worksheet, every cell as text.

    The caller sees to it that they fit in `WORKSHEET_ROWS`.
    """
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([say(column) for column in COLUMNS])
    for cells in _rows(rows, say=say, zone=zone):
        sheet.append([_as_text(sheet, cell) for cell in cells])
    book.save(file)


def as_json(person: Listed) -> dict[str, Any]:
    """Return one person as a program reads them, with the whole address."""
    return {
        "id": person.subscriber_id,
        "address": person.address,
        "state": person.status.value,
        "suppressed": person.suppressed.value if person.suppressed else None,
        "language": person.language,
        "since": person.since.isoformat(),
        "source": person.source,
        "paused_until": person.paused_until.isoformat() if person.paused_until else None,
    }


def disarmed(cell: str) -> str:
    """Return the text of a CSV cell that no spreadsheet takes for a formula.

    >>> disarmed("=1+1"), disarmed("kim@example.org")
    ("'=1+1", 'kim@example.org')
    """
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def _rows(
    rows: Iterable[Listed], *, say: Say, zone: ZoneInfo
) -> Iterator[tuple[str, str, str, str, str, str]]:
    statuses = {status: say(listing.STATUS_NAMES[status]) for status in Status}

    # Whole imports came in at one moment.
    @functools.lru_cache(maxsize=1_000)
    def day(moment: datetime | None) -> str:
        return "" if moment is None else moment.astimezone(zone).date().isoformat()

    for person in rows:
        yield (
            person.address,
            statuses[person.status],
            person.language,
            day(person.since),
            person.source,
            day(person.paused_until),
        )


def _as_text(sheet: Worksheet, cell: str) -> Any:
    if not cell.startswith("="):
        return cell
    from openpyxl.cell import WriteOnlyCell

    formula = WriteOnlyCell(sheet, cell)
    formula.data_type = "s"
    return formula


@contextmanager
def _text(file: IO[bytes], encoding: str) -> Iterator[IO[str]]:
    """Open text over bytes that stay open for the caller."""
    over = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield over
    finally:
        over.detach()
