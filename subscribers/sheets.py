"""Read a sheet: a CSV file with a row of column names, however Excel happened to save it.

A sheet is looked at twice: `examine` finds out how it is written and that it can be read to its
end; `rows` then streams it, so that nothing is imported from a file that breaks off half-way.
"""

from __future__ import annotations

import csv
import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from subscribers.errors import SheetError, UsageError
from subscribers.wording import Sentence

#: Bytes.
LARGEST_SHEET = 100_000_000
#: Rows below the column names.
MOST_ROWS = 1_000_000
#: Lines a quoted cell may reach over; after that its quote is taken for a slip of the pen.
_LONGEST_CELL = 50
_DELIMITERS = ";,\t"
#: Tried in this order; nearly any bytes are valid Windows-1252.
_ENCODINGS = ("utf-8-sig", "cp1252")
#: How files of other kinds begin.
_XLSX, _XLS, _UTF16 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", (b"\xff\xfe", b"\xfe\xff")
#: Bytes at the beginning that are looked at to tell text from anything else.
_HEAD = 65_536


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the sheet."""

    #: As a spreadsheet counts: the row of column names is 1.
    number: int
    cells: tuple[str, ...]
    #: A quote is opened and never closed, so the row cannot be told from the next.
    is_broken: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing in it but blanks and delimiters."""
        return not any(cell.strip(_DELIMITERS + " \n") for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that can be read, and how."""

    path: Path
    #: "utf-8-sig" or "cp1252".
    encoding: str
    #: ";", "," or a tab.
    delimiter: str
    #: The column names and their place.
    header: Row
    #: Lines in the file, for showing progress; about the number of rows.
    lines: int

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the column names, empty ones left out."""
        for row in _rows(self.path, self.encoding, self.delimiter):
            if row.number > self.header.number and not row.is_empty:
                yield row


def examine(path: Path) -> Sheet:
    """Return how a file is to be read: its encoding, delimiter and column names.

    Raises UsageError: there is no such file, or it may not be read.
    Raises SheetError: it is empty, too large, or no CSV file.
    """
    try:
        _refuse_other_kinds(path)
        encoding, lines = _encoding(path)
        delimiter, header = _header(path, encoding)
    except OSError as error:
        raise UsageError(
            "The file {path} cannot be read ({cause}). Nothing was imported. "
            "Check its name and permissions.",
            path=str(path),
            cause=error.strerror or str(error),
        ) from error
    return Sheet(path, encoding, delimiter, header, lines)


def _refuse_other_kinds(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise UsageError(
            "{path} is not an ordinary file. Nothing was imported. Save the list as a file first.",
            path=str(path),
        )
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if path.stat().st_size > LARGEST_SHEET:
        raise SheetError(
            "The file {path} is larger than {n} megabytes. Nothing was imported. "
            "Divide it and import the parts one after the other.",
            path=str(path),
            n=LARGEST_SHEET // 1_000_000,
        )
    if head.startswith((_XLSX, _XLS)):
        raise SheetError(
            "The file {path} is an Excel workbook, which cannot be read yet. Nothing was imported. "
            "Save it from Excel as “CSV UTF-8 (comma delimited)” and import that.",
            path=str(path),
        )
    if head.startswith(_UTF16):
        raise SheetError(
            "The file {path} is text in UTF-16, which cannot be read. Nothing was imported. "
            "Save it from Excel as “CSV UTF-8 (comma delimited)” and import that.",
            path=str(path),
        )
    if b"\0" in head:
        raise SheetError(
            "The file {path} is not a text file. Nothing was imported. "
            "Save the list as “CSV UTF-8 (comma delimited)” and import that.",
            path=str(path),
        )


def _encoding(path: Path) -> tuple[str, int]:
    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding) as stream:
                lines = sum(1 for _ in stream)
        except UnicodeDecodeError:
            continue
        if lines > MOST_ROWS + 1:
            raise SheetError(
                "The file {path} has more than {n} rows. Nothing was imported. "
                "Divide it and import the parts one after the other.",
                path=str(path),
                n=MOST_ROWS,
            )
        return encoding, lines
    raise SheetError(
        "The file {path} is neither UTF-8 nor Windows-1252. Nothing was imported. "
        "Save the list as “CSV UTF-8 (comma delimited)” and import that.",
        path=str(path),
    )


def _header(path: Path, encoding: str) -> tuple[str, Row]:
    # The delimiter that makes the most of the column names is the one.
    headers = [
        (delimiter, row)
        for delimiter in _DELIMITERS
        for row in itertools.islice(
            (row for row in _rows(path, encoding, delimiter) if not row.is_empty), 1
        )
    ]
    if not headers:
        raise SheetError(
            "The file {path} is empty. Nothing was imported. "
            "It needs a row of column names, one of them e-postadress, and rows below it.",
            path=str(path),
        )
    return max(headers, key=lambda header: len(header[1].cells))


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    with path.open(encoding=encoding) as lines:
        for number, (cells, is_broken) in enumerate(_records(lines, delimiter), start=1):
            yield Row(number, tuple(cells), is_broken)


def _records(lines: Iterator[str], delimiter: str) -> Iterator[tuple[list[str], bool]]:
    """Yield the cells of each row, and whether a quote in it is never closed.

    Python's reader would take everything after such a quote for one cell. Here only the line with
    the quote is lost, and said to be.
    """
    waiting: deque[str] = deque()
    while True:
        taken: list[str] = []
        cells: list[str] = []
        is_open = True
        while is_open and len(taken) < _LONGEST_CELL:
            line = waiting.popleft() if waiting else next(lines, None)
            if line is None:
                break
            taken.append(line)
            cells, is_open = _parsed(taken, delimiter)
        if not taken:
            return
        if is_open:
            waiting.extendleft(reversed(taken[1:]))
            cells = taken[0].rstrip("\n").split(delimiter)
        yield cells, is_open


def _parsed(lines: list[str], delimiter: str) -> tuple[list[str], bool]:
    if len(lines) == 1 and '"' not in lines[0]:
        return lines[0].rstrip("\n").split(delimiter), False
    # A reader that still wants more than it was given is inside a quoted cell.
    reader = csv.reader([*lines, ""], delimiter=delimiter)
    try:
        cells = next(reader)
    except csv.Error:
        # A cell longer than any cell should be.
        return ["".join(lines).rstrip("\n")], True
    return cells, reader.line_num > len(lines)


#: How encodings and delimiters are called when a sheet is described.
NAMES = {
    "utf-8-sig": Sentence("UTF-8"),
    "cp1252": Sentence("Windows-1252"),
    ";": Sentence("semicolon"),
    ",": Sentence("comma"),
    "\t": Sentence("tab"),
}
