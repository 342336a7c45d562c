"""However a sheet was saved, its rows come out; what is no sheet is refused with a reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscribers import sheets
from subscribers.errors import ExplainedError, SheetError, UsageError
from subscribers.sheets import Row

HEADER = "e-post;namn\n"


def _rows(path: Path, content: str | bytes) -> list[Row]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(sheets.examine(path).rows())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kontakter.csv"


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_sheet_is_read_however_it_was_saved(
    path: Path, delimiter: str, encoding: str, line_end: str
) -> None:
    lines = [("E-post", "Språk"), ("kim@example.org", "på svenska"), ("robin@example.org", "")]
    path.write_bytes("".join(delimiter.join(cells) + line_end for cells in lines).encode(encoding))

    sheet = sheets.examine(path)

    assert sheet.header.cells == ("E-post", "Språk")
    assert [row.cells for row in sheet.rows()] == [tuple(cells) for cells in lines[1:]]


def test_a_column_of_its_own_needs_no_delimiter(path: Path) -> None:
    rows = _rows(path, "epost\nkim@example.org\nrobin@example.org")

    assert [row.cells for row in rows] == [("kim@example.org",), ("robin@example.org",)]


def test_rows_are_counted_as_a_spreadsheet_counts_them(path: Path) -> None:
    rows = _rows(path, '\ne-post;namn\na@example.org;"två\nrader"\n\n;\nb@example.org;x\n')

    assert [(row.number, row.cells[0]) for row in rows] == [
        (3, "a@example.org"),
        (6, "b@example.org"),
    ]


def test_delimiters_and_quotes_in_quotes_are_text(path: Path) -> None:
    [row] = _rows(path, HEADER + '"kim@example.org";"Kim ""K"" Exempel; redaktör"\n')

    assert row.cells == ("kim@example.org", 'Kim "K" Exempel; redaktör')


def test_a_quote_that_is_never_closed_costs_one_row(path: Path) -> None:
    rest = "".join(f"reader{n}@example.org;x\n" for n in range(200))

    rows = _rows(path, HEADER + 'first@example.org;x\n"slip@example.org;x\n' + rest)

    assert [row.is_broken for row in rows] == [False, True] + [False] * 200
    assert rows[1].cells == ('"slip@example.org', "x")
    assert rows[-1].cells[0] == "reader199@example.org"


def test_a_quote_open_at_the_end_costs_one_row(path: Path) -> None:
    rows = _rows(path, HEADER + 'first@example.org;"x\nlast@example.org;y\n')

    assert [(row.cells[0], row.is_broken) for row in rows] == [
        ("first@example.org", True),
        ("last@example.org", False),
    ]


def test_a_cell_longer_than_any_cell_should_be_costs_one_row(path: Path) -> None:
    rows = _rows(path, HEADER + f'"{"x" * 200_000}";y\nlast@example.org;y\n')

    assert [row.is_broken for row in rows] == [True, False]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n;;\n", "is empty"),
        (b"PK\x03\x04 and so on", "not a workbook"),
        (b"\xd0\xcf\x11\xe0 and so on", "before 2007"),
        (b"\xff\xfee\x00-", "neither UTF-8, UTF-16 nor"),
        (b"e-post\n\0\0\0", "not a text file"),
        (b"e-post\n\x81\x8d\x8f\n", "neither UTF-8, UTF-16 nor Windows-1252"),
    ],
)
def test_what_is_no_sheet_is_refused_with_a_reason(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)

    with pytest.raises(SheetError, match=words) as refusal:
        sheets.examine(path)

    assert "Nothing was imported." in str(refusal.value)


def test_a_file_that_is_not_there_or_no_file_is_a_slip_of_the_command(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for name in ("missing.csv", "pipe", "."):
        with pytest.raises(UsageError):
            sheets.examine(tmp_path / name)


def test_a_sheet_that_is_too_large_is_refused_before_it_is_read(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(sheets.LARGEST_SHEET + 1)

    with pytest.raises(SheetError, match="100 megabytes"):
        sheets.examine(path)


def test_a_sheet_with_too_many_rows_is_refused_as_a_whole(path: Path) -> None:
    path.write_bytes(b"e-post\n" + b"k@a.se\n" * (sheets.MOST_ROWS + 1))

    with pytest.raises(SheetError, match="1000000 rows"):
        sheets.examine(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(), st.text(alphabet='ab@.;,\t"\n\r å').map(str.encode)))
def test_any_bytes_are_a_sheet_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    try:
        rows = list(sheets.examine(path).rows())
    except ExplainedError:
        return

    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))
