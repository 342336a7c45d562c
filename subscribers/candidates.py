"""Make candidates of the rows of a sheet, or say what is wrong with a row.

Pure. A bad row becomes a `RowError` and never hurts a good one; what its cells hold is not
repeated, since a list of errors is passed around.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from subscribers import addresses
from subscribers.adding import Candidate
from subscribers.errors import AddressError, SheetError
from subscribers.sheets import Row, Sheet
from subscribers.wording import Sentence

#: What the column of addresses may be called, case folded.
ADDRESS_COLUMNS = frozenset(
    {"e-postadress", "e-post", "email", "epost", "address", "epostadress", "e-mail"}
)
LANGUAGE_COLUMNS = frozenset({"språk", "language", "lang"})
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


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns that are used stand, counted from 0."""

    address: int
    #: None: everybody gets the language of the import.
    language: int | None


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row."""

    #: As a spreadsheet counts.
    row: int
    #: The name of the column, as the sheet has it.
    column: str
    problem: Sentence


def columns(sheet: Sheet) -> Columns:
    """Return where the address and the language stand.

    Raises SheetError: no column, or more than one, is called something like e-postadress.
    """
    names = [" ".join(cell.split()).casefold() for cell in sheet.header.cells]
    found = [place for place, name in enumerate(names) if name in ADDRESS_COLUMNS]
    languages = [place for place, name in enumerate(names) if name in LANGUAGE_COLUMNS]
    if len(found) > 1:
        raise SheetError(
            "Several columns of {path} could hold the address: {columns}. Nothing was imported. "
            "Give all but one another name.",
            path=str(sheet.path),
            columns=", ".join(sheet.header.cells[place].strip() for place in found),
        )
    if not found and any("@" in name for name in names):
        raise SheetError(
            "The first row of {path} holds an address where column names should be. "
            "Nothing was imported. Put a row above it that says e-postadress.",
            path=str(sheet.path),
        )
    if not found:
        raise SheetError(
            "No column of {path} is called e-postadress, e-post, epost, email or address. "
            "Nothing was imported. Name the column that has the addresses, in the first row.",
            path=str(sheet.path),
        )
    return Columns(found[0], languages[0] if languages else None)


def candidate(row: Row, sheet: Sheet, places: Columns, *, language: str) -> Candidate | RowError:
    """Return the candidate in a row, or what is wrong; `language` is for rows that say none."""
    header = sheet.header.cells
    address_column = header[places.address].strip()
    if row.is_broken:
        return RowError(row.number, address_column, Sentence("a quote is opened but not closed"))
    if any(cell.strip() for cell in row.cells[len(header) :]):
        return RowError(row.number, address_column, Sentence("more cells than column names"))
    written = _cell(row, places.address)
    if looks_like_personnummer(written):
        return RowError(row.number, address_column, Sentence("holds a personal identity number"))
    try:
        address = addresses.read(written)
    except AddressError as error:
        return RowError(row.number, address_column, error.problem)
    if places.language is None:
        return Candidate(address, language)
    wanted = _cell(row, places.language)
    language_column = header[places.language].strip()
    if looks_like_personnummer(wanted):
        return RowError(row.number, language_column, Sentence("holds a personal identity number"))
    if wanted and wanted.casefold() not in _LANGUAGES:
        return RowError(row.number, language_column, Sentence("not a language we have: sv or en"))
    return Candidate(address, _LANGUAGES.get(wanted.casefold(), language))


def looks_like_personnummer(text: str) -> bool:
    """Tell whether a Swedish personal identity number stands in a text (GDPR, article 87).

    Ten bare digits count only when their check digit is right: a telephone number is no birth.

    >>> looks_like_personnummer("19121212-1212"), looks_like_personnummer("0701234567@example.org")
    (True, False)
    """
    return any(
        found["century"] or found["mark"] or _check_digit_is_right(found["digits"])
        for found in _PERSONNUMMER.finditer(text)
    )


def _check_digit_is_right(digits: str) -> bool:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _cell(row: Row, place: int) -> str:
    return row.cells[place].strip() if place < len(row.cells) else ""
