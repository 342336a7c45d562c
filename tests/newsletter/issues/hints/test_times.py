"""What was right when it was written and is not when it is read is found, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from newsletter.issues.hints import Severity
from newsletter.issues.hints.dates import dates_in
from tests.builders import make_event
from tests.newsletter.issues.hints.looking import ISSUED_ON, WORDS, in_issue, in_story

#: The Monday of the week before the issue, which goes out on a Wednesday.
LONG_AGO = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Idag pågår en diskussion.", LONG_AGO),
        ("I dag, den dagen.", date(2026, 11, 24)),
        ("Den här veckan är vi där.", LONG_AGO),
        ("Vi ses på torsdag.", LONG_AGO),
        ("Nästa månad börjar det.", date(2026, 10, 30)),
        ("I år firar vi.", date(2025, 12, 20)),
    ],
)
def test_tidsord_finds_words_that_go_stale(text: str, written: date) -> None:
    found = in_story("TIDSORD", text=text, published_on=written)

    assert [(hint.severity, hint.place.field) for hint in found] == [(Severity.YELLOW, "text")]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Idag pågår en diskussion.", ISSUED_ON),
        ("Den här veckan är vi där.", date(2026, 11, 23)),
        ("Nästa månad börjar det.", date(2026, 11, 2)),
        ("I år firar vi.", date(2026, 1, 2)),
        ("Idag pågår en diskussion.", None),
        ("Vi ses på torsdag den 3 december.", LONG_AGO),
        ("I dag, 16 november, öppnar den.", LONG_AGO),
        ("Dagens nyhet på torsdagar.", LONG_AGO),
    ],
)
def test_tidsord_lets_words_that_hold_be(text: str, written: date | None) -> None:
    assert in_story("TIDSORD", text=text, published_on=written) == []


def test_tidsord_speaks_the_language_of_the_story() -> None:
    text = "Today we met the i dag group."

    found = in_story("TIDSORD", text=text, language="en", published_on=LONG_AGO)

    assert [hint.about for hint in found] == ["Today"]


@pytest.mark.parametrize(
    "text",
    [
        "Välkommen till ett seminarium den 20 november.",
        "Anmäl dig senast 20 nov. till mötet den 3 december.",
        "Seminariet äger rum den 19–20 november 2026.",
        "Öppet 2026-11-20 för alla.",
    ],
)
def test_passed_finds_a_date_that_lay_ahead(text: str) -> None:
    found = in_story("PASSED", text=text, published_on=LONG_AGO)

    assert [(hint.severity, hint.place.field) for hint in found] == [(Severity.YELLOW, "text")]


@pytest.mark.parametrize(
    "text",
    [
        "Den 7 november var vi på plats.",
        "Bilden är från den 7 november.",
        "Vi ses den 25 november.",
        "Vi ses den 3 december.",
        "Det pågår från 17 november till den 3 december.",
        "Den 20 november hölls seminariet.",
        "Det var 31 november, en dag som inte finns.",
        "Lagen gäller från den 20 november 2027.",
        "De 20 ledamöterna möts i november.",
    ],
)
def test_passed_lets_what_is_told_and_what_is_to_come_be(text: str) -> None:
    assert in_story("PASSED", text=text, published_on=LONG_AGO) == []


def test_passed_cannot_judge_a_story_without_a_date() -> None:
    assert in_story("PASSED", text="Vi ses den 20 november.", published_on=None) == []


def test_a_date_without_a_year_is_the_nearest_one() -> None:
    text = "Vi ses den 10 januari."

    assert in_story("PASSED", text=text, published_on=LONG_AGO) == []


@pytest.mark.parametrize(("day", "hits"), [(24, 1), (25, 0), (26, 0)])
def test_passed_finds_events_that_are_over(day: int, hits: int) -> None:
    start = datetime(2026, 11, day, 8, 0, tzinfo=UTC)
    event = make_event(starts_at=start, ends_at=None)

    assert len(in_issue("PASSED", stories=[], calendar=(event,))) == hits


@pytest.mark.parametrize(
    ("title", "hits"),
    [
        ("Vi söker praktikanter för vårterminen 2026", 1),
        ("Sök praktik, vt2026", 1),
        ("Vi söker praktikanter för vårterminen 2027", 0),
        ("Vi söker praktikanter för vårterminen", 0),
        ("Så var vårterminen 2026", 0),
    ],
)
def test_termin_finds_invitations_to_a_term_that_had_begun(title: str, hits: int) -> None:
    found = in_story("TERMIN", title=title, published_on=LONG_AGO)

    assert [hint.severity for hint in found] == [Severity.YELLOW] * hits


@pytest.mark.parametrize(
    ("text", "language", "days"),
    [
        ("den 9:e februari", "sv", [date(2027, 2, 9)]),
        ("30 jan. 2017", "sv", [date(2017, 1, 30)]),
        ("1 januari och 3 mars 2027", "sv", [date(2027, 3, 3)]),
        ("1 januari, sedan 3 mars 2027", "sv", [date(2027, 1, 1), date(2027, 3, 3)]),
        ("i mars 14 personer", "sv", []),
        ("March 7, 2027 and the 8th of April", "en", [date(2027, 3, 7), date(2027, 4, 8)]),
        ("2026-13-01, 2026-12-01", "sv", [date(2026, 12, 1)]),
        ("", "sv", []),
    ],
)
def test_dates_are_read_in_running_text(text: str, language: str, days: list[date]) -> None:
    found = dates_in(text, words=WORDS.of(language), near=ISSUED_ON)

    assert [date.day for date in found] == days
