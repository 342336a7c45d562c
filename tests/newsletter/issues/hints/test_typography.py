"""Signs are written the Swedish way, and right ones are left alone."""

from __future__ import annotations

import pytest

from tests.newsletter.issues.hints.looking import in_story, mended


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("“Smarta” städer", "”Smarta” städer"),
        ("„Smarta“ städer", "”Smarta” städer"),
        ('"Smarta" städer', "”Smarta” städer"),
    ],
)
def test_quote_finds_marks_of_other_languages(words: str, right: str) -> None:
    assert len(in_story("QUOTE", title=words)) == 1
    assert mended("QUOTE", "title", words) == right


@pytest.mark.parametrize("words", ["”Smarta” städer", 'En skärm på 24"', "D’Artagnan"])
def test_quote_lets_right_marks_be(words: str) -> None:
    assert in_story("QUOTE", title=words) == []


def test_quote_lets_english_stories_be() -> None:
    assert in_story("QUOTE", title="“Smart” cities", language="en") == []


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("Delaktighet - fokus transport", "Delaktighet – fokus transport"),
        ("Delaktighet -- fokus", "Delaktighet – fokus"),
    ],
)
def test_dash_finds_hyphens_that_stand_alone(words: str, right: str) -> None:
    assert len(in_story("DASH", title=words)) == 1
    assert mended("DASH", "title", words) == right


@pytest.mark.parametrize(
    "words", ["EU-stöd", "Bryssel- och Göteborgskontor", "kl. 8–9", "Bra – mycket bra", "- En"]
)
def test_dash_lets_hyphens_in_words_be(words: str) -> None:
    assert in_story("DASH", title=words) == []


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("Två  blanka", "Två blanka"),
        ("Svenska ESF- rådet", "Svenska ESF-rådet"),
        ("Hej , du", "Hej, du"),
        ("Slut .", "Slut."),
        ("januari.\u00a0Seminariet", "januari. Seminariet"),
        ("blank \u00a0och hård", "blank och hård"),
    ],
)
def test_space_finds_blanks_too_many(words: str, right: str) -> None:
    assert len(in_story("SPACE", text=words)) == 1
    assert mended("SPACE", "text", words) == right


@pytest.mark.parametrize(
    "words",
    [
        "vid enhetens Bryssel- och Göteborgskontor", "EU- eller regionnivå",
        "såväl EU- som regionnivå", "mat- resp. dryckesvanor", "Den 20\u00a0februari kl.\u00a013",
        "Vi ses.\n\nVälkommen!",
        "Han sade … ja", "in-, ut- och genomfart",
    ],
)  # fmt: skip
def test_space_lets_right_blanks_be(words: str) -> None:
    assert in_story("SPACE", text=words) == []


def test_space_says_but_does_not_join_what_may_be_two_words() -> None:
    found = in_story("SPACE", text="Vi for till Bryssel- ett minne för livet.")

    assert [hint.fix for hint in found] == [None]
