"""A worksheet is read as a CSV would be, and no workbook eats the machine."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from subscribers import sheets
from subscribers.errors import SheetError, UsageError

CONTENT = "xl/worksheets/sheet1.xml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kontakter.xlsx"


def _write(path: Path, *rows: Sequence[object], more: Sequence[str] = ()) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Prenumeranter"
    for row in rows:
        book.active.append(list(row))
    for name in more:
        book.create_sheet(name).append(["e-post"])
    book.save(path)


def _replace(path: Path, name: str, content: bytes) -> None:
    """Write one part of a workbook anew."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, old in (parts | {name: content}).items():
            archive.writestr(other, content if other == name else old)


def test_cells_come_out_as_a_csv_would_have_them(path: Path) -> None:
    _write(
        path,
        ("E-post", "Datum", "Nummer", "Tom"),
        ("pär@example.org", date(2017, 2, 21), 7.0, None),
        (),
        ("kim@example.org", "2017-02-21", "=1+1", ""),
    )

    sheet = sheets.examine(path)

    assert sheet.header.cells == ("E-post", "Datum", "Nummer", "Tom")
    assert [(row.number, row.cells) for row in sheet.rows()] == [
        (2, ("pär@example.org", "2017-02-21", "7")),
        (4, ("kim@example.org", "2017-02-21")),
    ]


def test_one_of_several_worksheets_is_chosen_by_name(path: Path) -> None:
    _write(path, ("address",), more=["Avregistrerade"])

    assert sheets.examine(path, worksheet="avregistrerade").header.cells == ("e-post",)
    for wanted in (None, "Andra"):
        with pytest.raises(UsageError, match="Prenumeranter, Avregistrerade"):
            sheets.examine(path, worksheet=wanted)


def test_text_has_no_worksheets(tmp_path: Path) -> None:
    file = tmp_path / "kontakter.csv"
    file.write_text("e-post\n")

    with pytest.raises(UsageError, match="no workbook"):
        sheets.examine(file, worksheet="Blad1")


@pytest.mark.parametrize(
    ("part", "content"),
    [
        (CONTENT, b"<worksheet>" + b" " * 20_000_000),
        ("xl/styles.xml", b"<styleSheet>" + bytes(range(32, 127)) * 120_000),
        (CONTENT, b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'),
        (CONTENT, '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a>'.encode("utf-16")),
    ],
)
def test_a_file_made_to_overwhelm_is_refused(path: Path, part: str, content: bytes) -> None:
    _write(path, ("e-post",), ("kim@example.org",))
    _replace(path, part, content)

    with pytest.raises(SheetError, match="overwhelm the machine"):
        sheets.examine(path)


def test_a_row_far_down_does_not_make_a_million_rows(path: Path) -> None:
    _write(path, ("e-post",))
    _replace(
        path,
        CONTENT,
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="99999999"><c r="A99999999" t="inlineStr"><is><t>e-post</t></is></c></row>'
        b"</sheetData></worksheet>",
    )

    with pytest.raises(SheetError, match="more than 1000000 rows"):
        sheets.examine(path)


@pytest.mark.parametrize("content", [b"", b"<worksheet", b"\xff\xfe\0", b"<a/>"])
def test_a_broken_worksheet_is_refused_in_words(path: Path, content: bytes) -> None:
    _write(path, ("e-post",))
    _replace(path, CONTENT, content)

    with pytest.raises(SheetError, match=r"Nothing was imported\."):
        sheets.examine(path)


def test_a_workbook_cut_short_is_refused_in_words(path: Path) -> None:
    _write(path, ("e-post",), ("kim@example.org",))
    whole = path.read_bytes()

    for length in range(4, len(whole), 997):
        path.write_bytes(whole[:length])
        with pytest.raises(SheetError, match="not a workbook"):
            sheets.examine(path)
