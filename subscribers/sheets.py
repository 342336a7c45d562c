"""Read a sheet: a file with a row of column names, however a spreadsheet happened to save it.

A sheet is looked at twice: `examine` finds out how it is written and that it can be read to its
end; `rows` then streams it, so that nothing is imported from a file that breaks off half-way.
`text_sheets` reads CSV, `workbooks` reads XLSX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from subscribers.errors import SheetError, UsageError
from subscribers.wording import Sentence

#: Bytes.
LARGEST_SHEET = 100_000_000
#: Rows below the column names.
MOST_ROWS = 1_000_000
#: What stands between cells, in the order in which they are tried.
DELIMITERS = ";,\t"
#: How files of other kinds begin.
_XLSX, _XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class Row(NamedTuple):
    """One row as it stands in the sheet; a tuple, since a sheet has a million."""

    #: As a spreadsheet counts: the row of column names is 1.
    number: int
    cells: tuple[str, ...]
    #: A quote is opened and never closed, so the row cannot be told from the next.
    is_broken: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing in it but blanks and delimiters."""
        return not "".join(self.cells).strip(DELIMITERS + " \n")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that can be read, and how."""

    path: Path
    #: For people: "semicolon, UTF-8".
    form: Sentence
    #: ";", "," or a tab; how its rows are written out again.
    delimiter: str
    #: The column names and their place.
    header: Row
    #: Lines in the file, for showing progress; about the number of rows.
    lines: int
    #: Every row from the first, empty ones too.
    read: Callable[[], Iterator[Row]]

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the column names, empty ones left out."""
        for row in self.read():
            if row.number > self.header.number and not row.is_empty:
                yield row


def examine(path: Path, *, worksheet: str | None = None) -> Sheet:
    """Return how a file is to be read: its kind, column names, encoding and delimiter.

    `worksheet` names one of a workbook's; None takes the only one.

    Raises UsageError: there is no such file or worksheet, or it may not be read.
    Raises SheetError: it is empty, too large, or no list.
    """
    # Each asks this module what a row is.
    from subscribers import text_sheets, workbooks

    try:
        if path.exists() and not path.is_file():
            raise UsageError(
                "{path} is not an ordinary file. Nothing was imported. "
                "Save the list as a file first.",
                path=str(path),
            )
        with path.open("rb") as stream:
            head = stream.read(4)
        if path.stat().st_size > LARGEST_SHEET:
            raise SheetError(
                "The file {path} is larger than {n} megabytes. Nothing was imported. "
                "Divide it and import the parts one after the other.",
                path=str(path),
                n=LARGEST_SHEET // 1_000_000,
            )
        if head == _XLS:
            raise SheetError(
                "The file {path} is an Excel workbook from before 2007. Nothing was imported. "
                "Save it from Excel as .xlsx or .csv and import that.",
                path=str(path),
            )
        if head == _XLSX:
            return workbooks.examine(path, worksheet)
        if worksheet is not None:
            raise UsageError(
                "{path} is no workbook, so it has no worksheet to choose. Nothing was imported. "
                "Leave out --sheet.",
                path=str(path),
            )
        return text_sheets.examine(path)
    except OSError as error:
        raise UsageError(
            "The file {path} cannot be read ({cause}). Nothing was imported. "
            "Check its name and permissions.",
            path=str(path),
            cause=error.strerror or str(error),
        ) from error


def too_many_rows(path: Path) -> SheetError:
    """Return the error for a sheet with more rows than `MOST_ROWS`."""
    return SheetError(
        "The file {path} has more than {n} rows. Nothing was imported. "
        "Divide it and import the parts one after the other.",
        path=str(path),
        n=MOST_ROWS,
    )


def without_rows(path: Path) -> SheetError:
    """Return the error for a sheet with nothing in it."""
    return SheetError(
        "The file {path} is empty. Nothing was imported. "
        "It needs a row of column names, one of them e-postadress, and rows below it.",
        path=str(path),
    )
