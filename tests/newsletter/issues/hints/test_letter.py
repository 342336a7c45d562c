"""The letter has a preheader, and no section that vanishes unsaid."""

from __future__ import annotations

import pytest

from newsletter.issues.hints import Severity
from tests.builders import make_story
from tests.newsletter.issues.hints.looking import in_issue


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("Vi söker två studenter. De börjar i januari.", "Vi söker två studenter."),
        (f"{'Ett ord ' * 30}. Kort.", None),
        ("Utan slut", None),
    ],
)
def test_preheader_offers_the_first_sentence_of_the_top_story(
    text: str, suggestion: str | None
) -> None:
    stories = [
        make_story(item_id=1, text=f"{'Långt ' * 40}."),
        make_story(item_id=2, is_lead=True, text=text),
    ]

    found = in_issue("PREHEADER", preheader="", stories=stories)

    assert [hint.severity for hint in found] == [Severity.YELLOW]
    assert [hint.fix.value if hint.fix else None for hint in found] == [suggestion]


def test_a_preheader_that_is_there_is_enough() -> None:
    assert in_issue("PREHEADER", preheader="Kort.") == []


def test_emptysec_names_the_sections_nobody_will_see() -> None:
    found = in_issue("EMPTYSEC", memory={"empty_sections": ("Kalender", "Praktik")})

    assert [str(hint.message) for hint in found] == [
        "The sections Kalender, Praktik are empty and are not shown."
    ]
    assert in_issue("EMPTYSEC") == []


def test_emoji_finds_more_than_one_in_a_line() -> None:
    found = in_issue("EMOJI", subject="Nytt 🎉 om havet 🌊", stories=[make_story(title="🐟🐟")])

    assert [str(hint.place.field) for hint in found] == ["subject", "title"]


@pytest.mark.parametrize(
    "words", ["Nytt om havet", "Nytt 🎉", "👩\u200d💻 söks", "🇸🇪 i Bryssel", "❤\ufe0f"]
)
def test_emoji_lets_one_be(words: str) -> None:
    assert in_issue("EMOJI", subject=words) == []
