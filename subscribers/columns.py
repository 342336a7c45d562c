"""Tell what the columns of a sheet hold: sure, a guess to be confirmed, or not used.

Pure. What is not used is never stored: an address, a language and the day of the consent are all
that a list needs (GDPR, article 5(1)(c)).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from subscribers.errors import SheetError, UsageError
from subscribers.sheets import Sheet


class Field(enum.Enum):
    """What a column can hold; the value is what `--map` calls it."""

    #: The address.
    EMAIL = "email"
    #: Swedish or English, for service mails and pages.
    LANGUAGE = "language"
    #: The day the person said yes.
    CONSENT_DATE = "consent_date"
    #: Nothing we keep.
    NOTHING = "nothing"


class Confidence(enum.Enum):
    """How we know what a column holds."""

    #: Its name says so.
    SURE = "sure"
    #: Somebody said so with `--map`.
    SAID = "said"
    #: Its name is like one we know: used only when somebody confirms it.
    GUESS = "guess"
    #: It holds nothing we use.
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet."""

    #: As the sheet has it, without blanks around it.
    name: str
    #: Counted from 0.
    place: int
    field: Field
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Columns:
    """Every column, and where those that are used stand."""

    every: tuple[Column, ...]
    email: int
    #: None: everybody gets the language of the import.
    language: int | None
    #: None: the sheet says of nobody when they said yes.
    consent_date: int | None


#: What a column may be called, case folded.
_SURE = {
    Field.EMAIL: (
        "e-postadress", "e-post", "email", "epost", "address", "epostadress", "e-mail",
        "email address", "e-mail address", "mail", "mejl", "mejladress",
    ),
    Field.LANGUAGE: ("språk", "language", "lang"),
    Field.CONSENT_DATE: (
        "datum samtycke", "samtyckesdatum", "samtycke datum", "samtyckt", "consent date",
        "consent_date", "consent_at", "consented", "consented on", "consented_on", "opt-in date",
        "optin_date", "optin_time", "confirm_time", "confirmed_at",
    ),
}  # fmt: skip
#: Pieces of names that make a guess.
_GUESS = {
    Field.EMAIL: ("mail", "e-post", "epost", "mejl", "adress"),
    Field.CONSENT_DATE: ("samtyck", "consent", "opt-in", "optin", "opt in", "confirm", "bekräft"),
    Field.LANGUAGE: ("språk", "lang"),
}


def read(sheet: Sheet, mapping: Mapping[str, str] | None = None) -> Columns:
    """Return what the columns hold; `mapping` says it by name: {"Kategori": "language"}.

    Raises UsageError: the mapping names no column, or no field.
    Raises SheetError: no column, or more than one, surely holds the address.
    """
    names = [cell.strip() for cell in sheet.header.cells]
    said = _said(names, mapping or {}, sheet.path)
    every = tuple(
        Column(name, place, *_judged(name, said.get(place), set(said.values())))
        for place, name in enumerate(names)
    )
    used = {field: _only(every, field, sheet.path) for field in Field if field is not Field.NOTHING}
    email = used[Field.EMAIL]
    if email is None:
        raise _no_address(every, sheet.path)
    return Columns(every, email, used[Field.LANGUAGE], used[Field.CONSENT_DATE])


def _said(names: Sequence[str], mapping: Mapping[str, str], path: Path) -> dict[int, Field]:
    said: dict[int, Field] = {}
    folded = [_folded(name) for name in names]
    for name, field in mapping.items():
        places = [place for place, other in enumerate(folded) if other == _folded(name)]
        if not places:
            raise UsageError(
                "{path} has no column {name}. Nothing was imported. Its columns: {names}.",
                path=str(path),
                name=repr(name),
                names=", ".join(filter(None, names)),
            )
        if field not in {known.value for known in Field}:
            raise UsageError(
                "There is no field {field} for --map. Nothing was imported. Fields: {fields}.",
                field=repr(field),
                fields=", ".join(known.value for known in Field),
            )
        said |= dict.fromkeys(places, Field(field))
    return said


def _judged(name: str, said: Field | None, elsewhere: set[Field]) -> tuple[Field, Confidence]:
    """Return what a column holds; what was said to be elsewhere is not here."""
    if said is not None:
        return said, Confidence.UNUSED if said is Field.NOTHING else Confidence.SAID
    folded = _folded(name)
    for field, known in _SURE.items():
        if folded in known and field not in elsewhere:
            return field, Confidence.SURE
    for field, pieces in _GUESS.items():
        if field not in elsewhere and any(piece in folded for piece in pieces):
            return field, Confidence.GUESS
    return Field.NOTHING, Confidence.UNUSED


def _only(every: Sequence[Column], field: Field, path: Path) -> int | None:
    found = [
        column
        for column in every
        if column.field is field and column.confidence is not Confidence.GUESS
    ]
    if len(found) > 1:
        raise SheetError(
            "Several columns of {path} could hold the {field}: {columns}. Nothing was imported. "
            "Give all but one another name, or say which with --map “NAME={field}”.",
            path=str(path),
            field=field.value,
            columns=", ".join(column.name for column in found),
        )
    return found[0].place if found else None


def _no_address(every: Sequence[Column], path: Path) -> SheetError:
    if any("@" in column.name for column in every):
        return SheetError(
            "The first row of {path} holds an address where column names should be. "
            "Nothing was imported. Put a row above it that says e-postadress.",
            path=str(path),
        )
    guesses = [column.name for column in every if column.field is Field.EMAIL]
    if guesses:
        return SheetError(
            "No column of {path} surely holds the address; {columns} might. Nothing was imported. "
            "Confirm it with --map “{first}=email”.",
            path=str(path),
            columns=", ".join(guesses),
            first=guesses[0],
        )
    return SheetError(
        "No column of {path} is called e-postadress, e-post, epost, email or address. "
        "Nothing was imported. Name the column that has the addresses, in the first row.",
        path=str(path),
    )


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
