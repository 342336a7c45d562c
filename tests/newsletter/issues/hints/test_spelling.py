"""A word is suspected only by one that is well known here; else nothing is said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.hints import Severity
from newsletter.issues.hints.spelling import is_one_edit
from tests.newsletter.issues.hints.looking import in_story, mended

#: Invented words, so that no list of ours knows them.
KNOWN = {"vindkraftsmöte": 2, "hamnutbyggnad": 3, "sjöfartsmiljö": 1}


def suspected(title: str, vocabulary: dict[str, int] | None = None, **fields: Any) -> list[str]:
    memory = {"vocabulary": KNOWN if vocabulary is None else vocabulary}
    found = in_story("SPELL", title=title, text="Så är det.", memory=memory, **fields)
    return [hint.about for hint in found]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Ett vindkaftsmöte", "Ett vindkraftsmöte"),
        ("Ett vindkraftsmtöe", "Ett vindkraftsmöte"),
        ("Ett vindkrraftsmöte", "Ett vindkraftsmöte"),
        ("Hamnutbygnad pågår", "Hamnutbyggnad pågår"),
        ("Ny transportpolitk", "Ny transportpolitik"),
    ],
)
def test_spell_finds_a_letter_wrong_in_a_well_known_word(wrong: str, right: str) -> None:
    memory = {"vocabulary": KNOWN}
    found = in_story("SPELL", title=wrong, memory=memory)

    assert [hint.severity for hint in found] == [Severity.YELLOW]
    assert mended("SPELL", "title", wrong, memory=memory) == right


@pytest.mark.parametrize(
    "words",
    [
        "Ett vindkraftsmöte",
        "Flera vindkraftsmöten",
        "Ett vindkraftsmötes",
        "En hamnutbyggnaden",
        "Hos Sjöfartsmilö",
        "En sjöfartsmilö",
        "Bolaget Hamnutbygnad",
        "Ett kraftverksmöte",
        "Läs på vindkaftsmote@example.org",
    ],
)
def test_spell_lets_known_words_their_forms_names_and_strangers_be(words: str) -> None:
    assert suspected(words) == []


def test_spell_says_nothing_where_nothing_is_stored() -> None:
    assert suspected("Ett vindkaftsmöte", vocabulary={}) == []


def test_spell_says_nothing_where_two_words_are_as_near() -> None:
    assert suspected("Vid husbåtet", {"husbåtet": 0, "husbåset": 2, "husbåget": 2}) == []


def test_the_text_itself_makes_no_word_well_known() -> None:
    vocabulary = {"vindkraftsmöte": 2}

    assert suspected("Ett vindkaftsmöte, vindkraftsmöte", vocabulary) == []


def test_a_word_others_write_too_is_no_mistake() -> None:
    assert suspected("Ett vindkaftsmöte", KNOWN | {"vindkaftsmöte": 2}) == []


def test_spell_leaves_the_last_word_of_a_cut_text() -> None:
    memory = {"vocabulary": KNOWN}
    text = "Där står en ny hamnutbyggna"

    assert in_story("SPELL", text=text, truncated=True, memory=memory) == []
    assert in_story("SPELL", text=text, memory=memory) == []
    assert in_story("SPELL", text="Där står en ny hamnutbygnad", memory=memory) != []


@given(st.text("abcd", min_size=1, max_size=8), st.integers(0, 8), st.sampled_from("abcdx"))
def test_one_letter_put_in_is_one_edit_both_ways(word: str, at: int, letter: str) -> None:
    longer = word[:at] + letter + word[at:]

    assert is_one_edit(word, longer)
    assert is_one_edit(longer, word)
    assert not is_one_edit(word, word)
    assert not is_one_edit(word, f"{longer}yz")
