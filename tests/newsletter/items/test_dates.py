from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.items.sources import dates
from tests.newsletter.items.pages import TODAY, in_swedish, unhurried


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("20 februari 2017", date(2017, 2, 20)),
        ("09 februari 2017", date(2017, 2, 9)),
        ("30 jan. 2017", date(2017, 1, 30)),
        ("3 SEPT 2026", date(2026, 9, 3)),
        ("2017-11-27", date(2017, 11, 27)),
        ("2017-11-27 13:30", date(2017, 11, 27)),
        ("2017-11-27T13:30:00+01:00", date(2017, 11, 27)),
        ("[2018-08-29]", date(2018, 8, 29)),
        ("Publicerad: den 21 maj 2018", date(2018, 5, 21)),
        ("Publicerad 16 november 2022", date(2022, 11, 16)),
        ("Publicerad: 2022-11-16", date(2022, 11, 16)),
        ("måndag 20 februari 2017", date(2017, 2, 20)),
        ("Måndagen den 20 februari 2017 kl. 13.30", date(2017, 2, 20)),
        ("tors. 2 mars 2017, klockan 9:05", date(2017, 3, 2)),
        ("den 1:a mars 2017", date(2017, 3, 1)),
        ("Jan 30, 2017 11:16 CET", date(2017, 1, 30)),
        ("Monday, January 30th, 2017", date(2017, 1, 30)),
        ("30 January 2017", date(2017, 1, 30)),
        ("Published on 30 May 2017", date(2017, 5, 30)),
    ],
)
def test_dates_are_read_the_way_pages_write_them(line: str, expected: date) -> None:
    assert dates.read(line, today=TODAY) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "20",
        "februari 2017",
        "Den 7 februari var vi i Bryssel",
        "20 februari 2017 i Bryssel",
        "Mars 2017 blir en viktig månad",
        "Maj",
        "2017",
        "1.2.3",
        "Seminarium 20 februari 2017",
    ],
)
def test_text_that_only_mentions_a_date_is_text(line: str) -> None:
    assert dates.read(line, today=TODAY) is None


@pytest.mark.parametrize(
    "line",
    ["31 februari 2017", "29 februari 2017", "0 mars 2017", "32 maj", "2017-13-01", "30 februari"],
)
def test_a_day_that_does_not_exist_is_an_error(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        dates.read(line, today=TODAY)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("22 november", date(2026, 11, 22)),
        ("23 november", date(2025, 11, 23)),
        ("1 januari", date(2026, 1, 1)),
        ("29 februari", date(2024, 2, 29)),
    ],
)
def test_a_date_without_a_year_is_the_newest_that_is_not_in_the_future(
    line: str, expected: date
) -> None:
    assert dates.read(line, today=TODAY) == expected


def test_the_29th_of_february_is_found_across_a_century_without_one() -> None:
    assert dates.read("29 februari", today=date(2104, 2, 28)) == date(2096, 2, 29)


@unhurried
@given(day=st.dates(min_value=date(1000, 1, 1)))
def test_every_date_is_read_back_in_swedish_and_in_iso(day: date) -> None:
    assert dates.read(in_swedish(day), today=TODAY) == day
    assert dates.read(day.isoformat(), today=TODAY) == day


@unhurried
@given(line=st.text())
def test_any_line_is_a_date_or_none_or_a_value_error(line: str) -> None:
    try:
        found = dates.read(line, today=TODAY)
    except ValueError:
        return

    assert found is None or isinstance(found, date)


def test_a_label_without_a_date_is_known_as_one() -> None:
    assert dates.is_label_alone("Publicerad:")
    assert not dates.is_label_alone("Publicerad forskning")
