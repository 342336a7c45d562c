"""Plain words are offered where they are surely meant; the language is told by its small words."""

from __future__ import annotations

import pytest

from newsletter.issues.hints import Severity, same_code
from tests.newsletter.issues.hints.looking import in_story, mended


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("Vad arbetar dom med?", "Vad arbetar de med?"),
        ("Möten gällande utlysningar.", "Möten om utlysningar."),
        ("Läs bl.a. om havet.", "Läs bland annat om havet."),
        ("Bl.a. havet.", "Bland annat havet."),
        ("Se t.ex. Exempelstad.", "Se till exempel Exempelstad."),
        ("Hav, sjö m.m.", "Hav, sjö med mera."),
        ("Hav m.m. Sedan sjö.", "Hav med mera. Sedan sjö."),
        ("Hav m.m. och sjö.", "Hav med mera och sjö."),
        ("Möt praktikanterna vt2027.", "Möt praktikanterna vårterminen 2027."),
        ("Start ht 26.", "Start höstterminen 2026."),
    ],
)
def test_sprak_offers_the_plain_words(words: str, right: str) -> None:
    found = in_story("SPRÅK", text=words)

    assert [hint.severity for hint in found] == [Severity.GREY]
    assert mended("SPRÅK", "text", words) == right


@pytest.mark.parametrize(
    "words",
    [
        "EU-domstolen har i en dom sagt sitt.",
        "Dom mot bolaget",
        "Enligt gällande lag.",
        "Alla gällande regler.",
        "Domen är gällandet av allt.",
        "Vi har en vtx2017.",
    ],
)
def test_sprak_lets_words_of_other_meaning_be(words: str) -> None:
    assert in_story("SPRÅK", text=words) == []


def test_sprak_can_be_written_without_its_ring() -> None:
    assert same_code("SPRÅK", "sprak")
    assert same_code("SPRÅK", "SPRÅK")
    assert not same_code("SPELL", "SPRAK")


ENGLISH = "The network met to talk about the future of the regions, and what it is for us."
SWEDISH = "Nätverket möttes för att tala om framtiden för regionerna och vad den är för oss."


@pytest.mark.parametrize(
    ("text", "language", "seems"),
    [(ENGLISH, "sv", "en"), (SWEDISH, "en", "sv"), (ENGLISH, "en-GB", ""), (SWEDISH, "sv", "")],
)
def test_lang_tells_the_language_of_a_story(text: str, language: str, seems: str) -> None:
    found = in_story("LANG", title="ABC", text=text, language=language)

    assert [hint.fix.value for hint in found if hint.fix] == ([seems] if seems else [])


@pytest.mark.parametrize(
    "text",
    [
        "Going green seventeen",
        "Han talade om ”Investing in Europe: a coalition of smart cities and regions” och om oss.",
        "Här är det som vi har: the best of it is on the page, and that is what this is for.",
        "",
    ],
)
def test_lang_says_nothing_where_it_is_not_sure(text: str) -> None:
    assert in_story("LANG", title="Going green", text=text) == []
