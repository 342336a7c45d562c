"""Read a sheet that is text: CSV in any of the ways in which Excel saves it."""

from __future__ import annotations

import csv
import functools
import itertools
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from subscribers.errors import SheetError
from subscribers.sheets import DELIMITERS, MOST_ROWS, Row, Sheet, too_many_rows, without_rows
from subscribers.wording import Sentence

#: Lines a quoted cell may reach over; after that its quote is taken for a slip of the pen.
_LONGEST_CELL = 50
#: Tried in this order; nearly any bytes are valid Windows-1252.
_ENCODINGS = ("utf-8-sig", "cp1252")
#: How text in UTF-16 begins ("Unicode text" in Excel).
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
#: Bytes at the beginning that are looked at to tell text from anything else.
_HEAD = 65_536
_NAMES = {
    "utf-8-sig": Sentence("UTF-8"),
    "cp1252": Sentence("Windows-1252"),
    "utf-16": Sentence("UTF-16"),
    ";": Sentence("semicolon"),
    ",": Sentence("comma"),
    "\t": Sentence("tab"),
}


def examine(path: Path) -> Sheet:
    """Return how a text file is to be read.

    Raises SheetError: it is empty, has too many rows, or is no text; OSError: it cannot be read.
    """
    encoding, lines = _encoding(path)
    delimiter, header = _header(path, encoding)
    return Sheet(
        path,
        Sentence("{delimiter}, {encoding}", delimiter=_NAMES[delimiter], encoding=_NAMES[encoding]),
        delimiter,
        header,
        lines,
        functools.partial(_rows, path, encoding, delimiter),
    )


def _encoding(path: Path) -> tuple[str, int]:
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    is_utf16 = head.startswith(_UTF16)
    if b"\0" in head and not is_utf16:
        raise SheetError(
            "The file {path} is not a text file. Nothing was imported. "
            "Save the list as “CSV UTF-8 (comma delimited)” and import that.",
            path=str(path),
        )
    for encoding in ("utf-16",) if is_utf16 else _ENCODINGS:
        try:
            with path.open(encoding=encoding) as lines:
                count = sum(1 for _ in lines)
        except UnicodeError:
            continue
        if count > MOST_ROWS + 1:
            raise too_many_rows(path)
        return encoding, count
    raise SheetError(
        "The file {path} is neither UTF-8, UTF-16 nor Windows-1252. Nothing was imported. "
        "Save the list as “CSV UTF-8 (comma delimited)” and import that.",
        path=str(path),
    )


def _header(path: Path, encoding: str) -> tuple[str, Row]:
    # The delimiter that makes the most of the column names is the one.
    headers = [
        (delimiter, row)
        for delimiter in DELIMITERS
        for row in itertools.islice(
            (row for row in _rows(path, encoding, delimiter) if not row.is_empty), 1
        )
    ]
    if not headers:
        raise without_rows(path)
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
