"""A list goes out whole, opens right in a Swedish Excel, and calculates nothing there."""

from __future__ import annotations

import csv
import io
import json
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from subscribers import exporting, listing
from subscribers.exporting import Say
from subscribers.listing import Listed, Status
from tests.subscribers.conftest import People

ZONE = ZoneInfo("Europe/Stockholm")
SAY: Say = str


@pytest.fixture
def filled(people: People) -> People:
    people.join("=1+1@example.org")
    people.leave(people.join("pär@Västra.example"))
    people.suppress_domain("example.org")
    return people


def _people(people: People, status: Status | None = None) -> list[Listed]:
    with (
        people.database.reading() as session,
        listing.everybody(
            session, people.newsletter_id, at=people.clock(), status=status
        ) as everybody,
    ):
        return list(everybody)


def test_an_export_is_the_list_of_one_moment(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [people.join(f"reader{n}@example.org") for n in range(5)]
    monkeypatch.setattr(listing, "_AT_A_TIME", 2)

    with (
        people.database.reading() as session,
        listing.everybody(session, people.newsletter_id, at=people.clock()) as everybody,
    ):
        first = next(everybody)
        for reader in ids:
            people.leave(reader)
        rest = list(everybody)

    assert [person.subscriber_id for person in (first, *rest)] == ids
    assert {person.status for person in rest} == {Status.ACTIVE}


def test_a_csv_opens_right_in_a_swedish_excel(filled: People) -> None:
    file = io.BytesIO()

    exporting.write_csv(_people(filled), file, say=SAY, zone=ZONE)

    raw = file.getvalue()
    assert raw.startswith(b"\xef\xbb\xbfe-mail address;status;")
    assert raw.endswith(b"\r\n")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row[:4] for row in rows[1:]] == [
        ["'=1+1@example.org", "suppressed", "sv", "2026-11-20"],
        ["pär@Västra.example", "unsubscribed", "sv", "2026-11-20"],
    ]


@pytest.mark.parametrize("cell", ["=1", "+46", "-1", "@x", "\tx", "\rx"])
def test_no_csv_cell_is_a_formula(cell: str) -> None:
    assert exporting.disarmed(cell) == f"'{cell}"


def test_no_cell_of_a_workbook_is_a_formula(filled: People) -> None:
    file = io.BytesIO()

    exporting.write_workbook(_people(filled), file, say=SAY, zone=ZONE)

    sheet = openpyxl.load_workbook(file).worksheets[0]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [
        ("=1+1@example.org", "s"),
        ("pär@Västra.example", "s"),
    ]


@pytest.mark.parametrize("status", [None, Status.PENDING])
def test_json_is_whole_even_of_nobody(filled: People, status: Status | None) -> None:
    file = io.BytesIO()

    exporting.write_json(_people(filled, status), file)

    addresses = [person["address"] for person in json.loads(file.getvalue())]
    assert addresses == ([] if status else ["=1+1@example.org", "pär@Västra.example"])
