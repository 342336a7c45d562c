"""Make candidates of the rows of a sheet, or say what is wrong with a row.

Pure. A bad row becomes a `RowError` and never hurts a good one; what its cells hold is not
repeated, since a list of errors is passed around.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from subscribers import addresses
from subscribers.adding import Candidate
from subscribers.columns import Columns
from subscribers.errors import AddressError
from subscribers.sheets import Row, Sheet
from subscribers.wording import Sentence

_LANGUAGES: Mapping[str, str] = {
    "sv": "sv",
    "svenska": "sv",
    "swedish": "sv",
    "en": "en",
    "engelska": "en",
    "english": "en",
}
#: Birth date and four digits (also with the day raised by 60: samordningsnummer).
_PERSONNUMMER = re.compile(
    r"(?<!\d)(?P<century>18|19|20)?(?P<digits>\d\d(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278]\d|[39][01])"
    r"(?P<mark>[-+])?\d{4})(?!\d)"
)
#: 13 to 19 digits in a row, or in groups of four (ISO/IEC 7812).
_CARD_NUMBER = re.compile(r"(?<!\d)(?:\d{4}[ -]){3}\d{1,7}(?!\d)|(?<!\d)\d{13,19}(?!\d)")
#: Neither of them fits into fewer digits.
_MANY_DIGITS = re.compile(r"(?:\d[ +-]?){10}")


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row."""

    #: As a spreadsheet counts.
    row: int
    #: The name of the column, as the sheet has it.
    column: str
    problem: Sentence
    #: What stands in the column has no business anywhere, in a file of errors neither.
    is_forbidden: bool = False


def candidate(
    row: Row, sheet: Sheet, columns: Columns, *, language: str, today: date
) -> Candidate | RowError:
    """Return the candidate in a row, or what is wrong; `language` is for rows that say none."""
    header = sheet.header.cells
    if row.is_broken:
        return _wrong(row, sheet, columns.email, Sentence("a quote is opened but not closed"))
    if len(row.cells) > len(header) and any(cell.strip() for cell in row.cells[len(header) :]):
        return _wrong(row, sheet, columns.email, Sentence("more cells than column names"))
    # Most rows have no number that long, and one look at all cells tells.
    if _MANY_DIGITS.search("|".join(row.cells)):
        for place, cell in enumerate(row.cells):
            forbidden = _forbidden(cell, is_used=place in (columns.email, columns.language))
            if forbidden is not None:
                return _wrong(row, sheet, place, forbidden, is_forbidden=True)
    try:
        address = addresses.read(_cell(row, columns.email))
    except AddressError as error:
        return _wrong(row, sheet, columns.email, error.problem)
    stated = _cell(row, columns.language).casefold()
    if stated and stated not in _LANGUAGES:
        assert columns.language is not None  # noqa: S101 - else nothing is stated
        return _wrong(row, sheet, columns.language, Sentence("not a language we have: sv or en"))
    written = _cell(row, columns.consent_date)
    consented_on = None
    if written:
        assert columns.consent_date is not None  # noqa: S101 - else nothing is written
        consented_on = _day(written)
        if consented_on is None:
            return _wrong(
                row, sheet, columns.consent_date, Sentence("not a day; write it like 2017-02-21")
            )
        if consented_on > today:
            return _wrong(row, sheet, columns.consent_date, Sentence("a day that has not come yet"))
    return Candidate(address, _LANGUAGES.get(stated, language), bool(stated), consented_on)


def looks_like_personnummer(text: str, *, bare: bool = True) -> bool:
    """Tell whether a Swedish personal identity number stands in a text (GDPR, article 87).

    Ten bare digits count only when their check digit is right, and not at all unless `bare`: a
    telephone number is no birth.

    >>> looks_like_personnummer("19121212-1212"), looks_like_personnummer("0701234567@example.org")
    (True, False)
    """
    return any(
        found["century"] or found["mark"] or (bare and _check_digit_is_right(found["digits"]))
        for found in _PERSONNUMMER.finditer(text)
    )


def _forbidden(cell: str, *, is_used: bool) -> Sentence | None:
    # A column that is not used may hold telephone numbers, and nothing of it is kept.
    if looks_like_personnummer(cell, bare=is_used):
        return Sentence("holds a personal identity number")
    for found in _CARD_NUMBER.finditer(cell):
        digits = "".join(filter(str.isdecimal, found[0]))
        if 13 <= len(digits) <= 19 and _check_digit_is_right(digits, first_doubled=len(digits) % 2):
            return Sentence("holds the number of a payment card")
    return None


def _wrong(
    row: Row, sheet: Sheet, place: int, problem: Sentence, *, is_forbidden: bool = False
) -> RowError:
    names = sheet.header.cells
    name = names[place].strip() if place < len(names) else ""
    return RowError(row.number, name, problem, is_forbidden)


def _check_digit_is_right(text: str, *, first_doubled: int = 0) -> bool:
    """Tell whether digits end in their check digit (Luhn); `first_doubled` is the first place."""
    digits = [int(character) for character in text if character.isdecimal()]
    doubled = (digit * (2 - (place + first_doubled) % 2) for place, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _day(written: str) -> date | None:
    """Return the day a cell begins with: 2017-02-21, with or without a time after it."""
    day, _, _ = written.replace("T", " ").partition(" ")
    try:
        return date.fromisoformat(day) if len(day) == len("2017-02-21") else None
    except ValueError:
        return None


def _cell(row: Row, place: int | None) -> str:
    return row.cells[place].strip() if place is not None and place < len(row.cells) else ""
