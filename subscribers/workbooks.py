"""Read a sheet of an Excel workbook (.xlsx), and let no such file eat the machine.

A workbook is XML in a zip. What it would unpack to is known before anything is unpacked, and no
part of it may declare entities.
"""

from __future__ import annotations

import functools
import itertools
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from subscribers.errors import SheetError, UsageError
from subscribers.sheets import MOST_ROWS, Row, Sheet, too_many_rows, without_rows
from subscribers.wording import Sentence

#: Bytes that all parts may unpack to; a million rows of a few columns take about 200 million.
_LARGEST_UNPACKED = 300_000_000
#: Bytes of a part that is neither a worksheet nor its texts: these are read as a whole.
_LARGEST_OTHER_PART = 10_000_000
#: How many times its size a large part may unpack to; ordinary ones reach about 30.
_HIGHEST_RATIO = 200
#: Rows and columns that are looked at; a worksheet has no more rows.
_WORKSHEET_ROWS, _MOST_COLUMNS = 1_048_576, 100
#: Rows that are read in one go.
_AT_A_TIME = 500
#: Bytes at the beginning of a part where a declaration of its type would stand.
_HEAD = 4_096
_XML = (".xml", ".rels", ".vml")
_DECLARATIONS = tuple(
    "<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be")
)


def examine(path: Path, worksheet: str | None) -> Sheet:
    """Return how a worksheet is to be read; None takes the only one.

    Raises UsageError: there is no such worksheet, or several to choose from.
    Raises SheetError: it is empty, has too many rows, or is no workbook that can be trusted.
    """
    _refuse_bombs(path)
    name = _worksheet(path, worksheet)
    read = functools.partial(_rows, path, name)
    header: Row | None = None
    last = 0
    for row in read():
        # Excel keeps empty rows to the very end, where somebody gave a column a format.
        if not row.is_empty:
            last = row.number
            header = header or row
        if last > MOST_ROWS + 1 or row.number > _WORKSHEET_ROWS:
            raise too_many_rows(path)
    if header is None:
        raise without_rows(path)
    return Sheet(path, Sentence("workbook, worksheet {name}", name=name), ";", header, last, read)


def _refuse_bombs(path: Path) -> None:
    with _explained(path), zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        # Python reads no more of a part than is stated here.
        is_bomb = (
            sum(part.file_size for part in parts) > _LARGEST_UNPACKED
            or any(map(_swells, parts))
            or any(_declares(archive, part) for part in parts if part.filename.endswith(_XML))
        )
    if is_bomb:
        raise SheetError(
            "The file {path} is made so that reading it would overwhelm the machine. "
            "Nothing was imported. Save it anew from Excel, or as CSV, and import that.",
            path=str(path),
        )


def _swells(part: zipfile.ZipInfo) -> bool:
    holds_rows = part.filename.startswith(("xl/worksheets/", "xl/sharedStrings"))
    if not holds_rows and part.filename.endswith(_XML) and part.file_size > _LARGEST_OTHER_PART:
        return True
    is_large = part.file_size > _LARGEST_OTHER_PART
    return is_large and part.file_size > _HIGHEST_RATIO * max(part.compress_size, 1)


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with archive.open(part) as stream:
        head = stream.read(_HEAD)
    return any(declaration in head for declaration in _DECLARATIONS)


def _worksheet(path: Path, wanted: str | None) -> str:
    import openpyxl

    with _explained(path):
        book = openpyxl.load_workbook(path, read_only=True)
    names = [sheet.title for sheet in book.worksheets]
    book.close()
    if wanted is None and len(names) == 1:
        return str(names[0])
    for name in names:
        if wanted is not None and name.casefold() == wanted.strip().casefold():
            return str(name)
    raise UsageError(
        "Say which worksheet of {path} to import: --sheet NAME. Nothing was imported. "
        "There are: {names}.",
        path=str(path),
        names=", ".join(names) or "–",
    )


def _rows(path: Path, name: str) -> Iterator[Row]:
    import openpyxl

    with _explained(path):
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book[name]
        # What the file says of its own size is not believed.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True)
        number = 0
        while number <= _WORKSHEET_ROWS:
            with _explained(path):
                some = list(itertools.islice(rows, _AT_A_TIME))
            if not some:
                break
            for number, cells in enumerate(some, start=number + 1):  # noqa: B020
                yield Row(number, _without_end(tuple(map(_text, cells))) if any(cells) else ())
    finally:
        book.close()


def _without_end(cells: tuple[str, ...]) -> tuple[str, ...]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _text(cell: object) -> str:
    """Return a cell as a CSV would have it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    # openpyxl raises whatever a broken file makes it stumble over.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except OSError:
        raise
    except Exception as error:
        raise SheetError(
            "The file {path} is not a workbook that can be read ({cause}). Nothing was imported. "
            "Save it anew from Excel, or as CSV, and import that.",
            path=str(path),
            cause=type(error).__name__,
        ) from error
