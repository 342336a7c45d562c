"""Names are written as they are written, and one way in one story."""

from __future__ import annotations

import pytest

from newsletter.issues.hints import Severity
from tests.newsletter.issues.hints.looking import in_story, mended


def test_genitiv_puts_a_colon_before_the_s() -> None:
    found = in_story("GENITIV", title="EUs regionalpolitik", text="VGRs kontor och EUs budget.")

    assert [(hint.place.field, hint.about) for hint in found] == [
        ("title", "EUs"),
        ("text", "VGRs"),
        ("text", "EUs"),
    ]
    assert found[0].severity is Severity.YELLOW
    assert mended("GENITIV", "text", "VGRs kontor, EUs budget") == "VGR:s kontor, EU:s budget"


@pytest.mark.parametrize(
    "words", ["EU:s budget", "EU-stöd", "PCs", "Eus", "LOs är en tunnelbana, EUSALP också"]
)
def test_genitiv_lets_other_words_be(words: str) -> None:
    assert [hint.about for hint in in_story("GENITIV", title=words)] in ([], ["LOs"])


def test_genitiv_is_swedish_alone() -> None:
    assert in_story("GENITIV", title="EUs", language="en") == []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Möte med EFS-rådet", "Möte med ESF-rådet"),
        ("Möte med Svenska EFS-rådet", "Möte med Svenska ESF-rådet"),
        ("Besök hos CRPM", "Besök hos CPMR"),
        ("Ny ledamot i Regionkommitten", "Ny ledamot i Regionkommittén"),
        ("EU kommissionen svarar", "EU-kommissionen svarar"),
    ],
)
def test_name_finds_what_the_glossary_writes_otherwise(wrong: str, right: str) -> None:
    found = in_story("NAME", title=wrong)

    assert [hint.severity for hint in found] == [Severity.YELLOW]
    assert mended("NAME", "title", wrong) == right


class Swedish:
    """A dictionary of three words."""

    def knows(self, word: str) -> bool:
        return word in ("möte", "med", "sol")

    def nearest(self, word: str) -> list[str]:
        return []


@pytest.mark.parametrize(
    ("title", "stored", "abouts"),
    [
        ("Möte med AKBH", {"akhb": 2, "akbh": 1}, ["AKBH"]),
        ("Möte med AKB-rådet", {"akh": 2, "abk": 3, "akb": 1}, ["AKB"]),
        ("Möte med AKBH", {"akhb": 1, "akbh": 1}, []),
        ("Möte med AKBH", {"akhb": 9, "akbh": 2}, []),
        ("Möte med AKBH", {"akhb": 2, "bakh": 2, "akbh": 1}, []),
        ("Möte med LOS-rådet", {"sol": 9, "los": 1}, []),
    ],
)
def test_name_learns_from_what_is_stored(
    title: str, stored: dict[str, int], abouts: list[str]
) -> None:
    memory = {"vocabulary": stored, "dictionaries": {"sv": Swedish()}}
    found = in_story("NAME", memory=memory, title=title)

    assert [hint.about for hint in found] == abouts
    assert in_story("NAME", memory={"vocabulary": stored}, title=title) == []


@pytest.mark.parametrize(
    "words",
    [
        "Svenska ESF-rådet", "ESF-rådet öppnar", "CPMR", "Regionkommittén", "Regionkommitténs möte",
        "SEF-projektet", "EU-kommissionens förslag", "CPM",
    ],
)  # fmt: skip
def test_name_lets_right_and_unknown_names_be(words: str) -> None:
    assert in_story("NAME", title=words) == []


def test_name_asks_which_of_two_orders_of_letters_is_right() -> None:
    found = in_story("NAME", title="Nytt från ABCD-nämnden", text="Det säger ACBD-nämnden.")

    assert [hint.place.field for hint in found] == ["text"]
    assert found[0].fix is None


def test_what_the_glossary_answers_is_not_asked() -> None:
    found = in_story("NAME", title="Möte med EFS-rådet", text="Det säger ESF-rådet.")

    assert [str(hint.place) for hint in found] == ["item 2, title"]


def test_two_initialisms_of_other_letters_are_two() -> None:
    assert in_story("NAME", title="Nytt från ABC-nämnden", text="Det säger ABD-nämnden.") == []
