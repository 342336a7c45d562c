"""Readers are not told the same thing twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from newsletter.issues.hints import SentIssue, Severity
from tests.builders import make_story
from tests.newsletter.issues.hints.looking import in_issue, in_story

#: Usual words stand in many texts, the others are unknown here.
VOCABULARY = {"och": 40, "konferens": 30, "bryssel": 30, "kontoret": 25}


def duplicates(*titles: str, **memory: Any) -> list[str]:
    stories = [make_story(item_id=n, title=title) for n, title in enumerate(titles, start=1)]
    found = in_issue("DUP", stories=stories, memory={"vocabulary": VOCABULARY, **memory})
    return [str(hint.place) for hint in found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Brysselkontoret satsar på film", "Brysselkontoret satsar på film!"),
        ("Nu söks praktikanter hos enheten, vårterminen 2027", "Enhetens nya praktikanter vt2027"),
        ("Ny hållbar transportpolitk för alla", "Ny hållbar transportpolitik för alla"),
        ("Nu söker vi praktikanter för vårterminen", "Möt nya praktikanter under vårterminen"),
    ],
)
def test_dup_finds_titles_about_the_same(one: str, other: str) -> None:
    assert duplicates(one, other) == ["item 2, title"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Konferens i Bryssel om havet", "Konferens i Bryssel om tågen"),
        ("Samtal Europa: delaktighet", "Samtal Europa: transporter"),
        ("Svenska ESF-rådet öppnar utlysning", "Informationsmöten med Svenska ESF-rådet"),
        ("Rapport från mötet 2025", "Rapport från mötet 2026"),
        ("Kustregionen möter Exempelstaden", "Exempelstaden svarar Kustregionen"),
        ("Film", "Praktik"),
    ],
)
def test_dup_lets_a_shared_name_or_place_be(one: str, other: str) -> None:
    assert duplicates(one, other) == []


def test_dup_knows_no_rare_words_where_nothing_is_stored() -> None:
    titles = ("Nu söker vi praktikanter för vårterminen", "Möt nya praktikanter, vårterminen")

    assert duplicates(*titles, vocabulary={}) == []


def test_dup_looks_at_the_issue_before() -> None:
    before = {7: "Brysselkontoret satsar på film!"}

    assert duplicates("Brysselkontoret satsar på film", previous_titles=before) == ["item 1, title"]


def test_the_same_item_in_the_issue_before_is_no_duplicate() -> None:
    before = {1: "Brysselkontoret satsar på film"}

    assert duplicates("Brysselkontoret satsar på film", previous_titles=before) == []


def test_sentbefore_finds_items_readers_have_had() -> None:
    sent = {2: SentIssue(1, date(2026, 1, 20))}

    found = in_story("SENTBEFORE", item_id=2, memory={"sent_before": sent})

    assert [(hint.severity, hint.place.item_id) for hint in found] == [(Severity.YELLOW, 2)]
    assert "number 1" in str(found[0].message)
    assert in_story("SENTBEFORE", item_id=3, memory={"sent_before": sent}) == []


@pytest.mark.parametrize(
    ("fields", "announcements", "hits"),
    [
        ({"title": "Nyhetsbrev om Exempelregionens externa arbete ute nu"}, (), 1),
        ({"title": "Nu är det ute", "item_id": 7}, (7,), 1),
        ({"title": "Så skriver du ett nyhetsbrev"}, (), 0),
    ],
)
def test_self_finds_the_newsletter_telling_of_itself(
    fields: dict[str, Any], announcements: tuple[int, ...], hits: int
) -> None:
    found = in_story("SELF", memory={"announcements": frozenset(announcements)}, **fields)

    assert [hint.severity for hint in found] == [Severity.GREY] * hits
