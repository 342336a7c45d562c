"""A row becomes a candidate, or an error that says where and what, and repeats nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import candidates, columns
from subscribers.adding import Candidate
from subscribers.candidates import RowError
from subscribers.sheets import Row, Sheet
from subscribers.wording import Sentence


def _read(*cells: str, names: tuple[str, ...] = ("E-post", "Språk")) -> Candidate | RowError:
    header = Row(1, names)
    sheet = Sheet(
        Path("kontakter.csv"), Sentence("UTF-8"), ";", header, lines=1, read=lambda: iter(())
    )
    return candidates.candidate(
        Row(7, cells), sheet, columns.read(sheet), language="sv", today=date(2026, 11, 20)
    )


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("sv", "sv"), ("Svenska", "sv"), ("EN", "en"), ("engelska", "en"), ("", "sv"), (" ", "sv")],
)
def test_a_language_is_understood_by_name_and_code(wanted: str, language: str) -> None:
    found = _read("kim@example.org", wanted)

    assert isinstance(found, Candidate)
    assert found.language == language


def test_a_row_that_ends_early_lacks_only_what_it_lacks() -> None:
    assert isinstance(_read("kim@example.org"), Candidate)


@pytest.mark.parametrize(
    ("cells", "column", "problem"),
    [
        (("", "sv"), "E-post", "the address is missing"),
        (("kim@example", "sv"), "E-post", "the top-level domain is missing"),
        (("a@example.org\nb@example.org", ""), "E-post", "two addresses in one place"),
        (("kim@example.org", "tyska"), "Språk", "not a language we have: sv or en"),
        (("kim@example.org", "", "b@example.org"), "E-post", "more cells than column names"),
        (("900101-1234@example.org", ""), "E-post", "holds a personal identity number"),
        (("kim@example.org", "19900101-1234"), "Språk", "holds a personal identity number"),
    ],
)
def test_an_error_says_where_and_what(cells: tuple[str, ...], column: str, problem: str) -> None:
    error = _read(*cells)

    assert isinstance(error, RowError)
    assert (error.row, error.column) == (7, column)
    assert error.problem.in_english() == problem


@pytest.mark.parametrize(
    "text",
    [
        "19121212-1212",
        "191212121212",
        "121212-1212",
        "121212+1212",
        "1212121212",
        "19900161-1234",
        "kim.19900101-1234@example.org",
    ],
)
def test_what_looks_like_a_personal_identity_number_is_found(text: str) -> None:
    assert candidates.looks_like_personnummer(text)


@pytest.mark.parametrize(
    "text",
    ["", "kim@example.org", "0701234567@example.org", "20261120@example.org", "1234567890123456"],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not candidates.looks_like_personnummer(text)


@given(st.lists(st.text(), max_size=4))
def test_any_row_is_a_candidate_or_an_error(cells: list[str]) -> None:
    assert isinstance(_read(*cells), (Candidate, RowError))
