"""What a column holds is sure, said, or only a guess, and a guess is never used."""

from __future__ import annotations

from pathlib import Path

import pytest

from subscribers import columns
from subscribers.columns import Columns, Confidence, Field
from subscribers.errors import SheetError, UsageError
from subscribers.sheets import Row, Sheet
from subscribers.wording import Sentence


def _read(*names: str, said: dict[str, str] | None = None) -> Columns:
    header = Row(1, names)
    sheet = Sheet(Path("kontakter.csv"), Sentence("UTF-8"), ";", header, 1, lambda: iter(()))
    return columns.read(sheet, said)


def _used(found: Columns) -> tuple[int, int | None, int | None]:
    return found.email, found.language, found.consent_date


@pytest.mark.parametrize(
    "name", ["E-postadress", " e-post ", "EMAIL", "Epost", "address", "E-mail"]
)
def test_the_address_column_goes_by_several_names(name: str) -> None:
    assert _used(_read("Namn", name)) == (1, None, None)


@pytest.mark.parametrize("name", ["Språk", "language", "LANG"])
def test_the_language_column_goes_by_several_names(name: str) -> None:
    assert _used(_read("e-post", name)) == (0, 1, None)


@pytest.mark.parametrize("name", ["Datum samtycke", "consent_at", "CONFIRM_TIME"])
def test_the_day_of_consent_goes_by_several_names(name: str) -> None:
    assert _used(_read("e-post", name)) == (0, None, 1)


@pytest.mark.parametrize("name", ["Bekräftad", "Opt-in gjord"])
def test_nobody_becomes_active_by_a_guess(name: str) -> None:
    found = _read("e-post", name)

    assert found.consent_date is None
    assert (found.every[1].field, found.every[1].confidence) == (
        Field.CONSENT_DATE,
        Confidence.GUESS,
    )


def test_what_was_said_wins_over_what_was_known() -> None:
    found = _read("E-post", "Privat mejl", "Kategori", said={" privat MEJL": "email"})

    assert _used(found) == (1, None, None)
    assert [column.confidence for column in found.every] == [
        Confidence.UNUSED,
        Confidence.SAID,
        Confidence.UNUSED,
    ]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("Namn", "Telefon"), "No column"),
        (("Namn", "Adress"), "Adress might"),
        (("e-post", "Email"), "Several columns"),
        (("e-post", "e-post"), "Several columns"),
        (("kim@example.org", "sv"), "holds an address where column names should be"),
    ],
)
def test_a_sheet_whose_address_column_is_in_doubt_is_refused(
    names: tuple[str, ...], words: str
) -> None:
    with pytest.raises(SheetError, match=words) as refusal:
        _read(*names)

    assert "kim@" not in str(refusal.value)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"Telefon": "email"}, "no column 'Telefon'"),
        ({"e-post": "phone"}, "no field 'phone'"),
    ],
)
def test_a_slip_in_the_mapping_is_a_slip_of_the_command(said: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        _read("e-post", said=said)
