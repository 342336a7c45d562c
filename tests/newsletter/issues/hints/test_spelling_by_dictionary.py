"""The dictionary of Swedish finds slips of the fingers, and leaves good words alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import StoryContent
from newsletter.issues import dictionaries, hints
from newsletter.issues.dictionaries import LONGEST_WORD
from newsletter.issues.hints import Hint
from tests.builders import make_issue_content, make_story
from tests.newsletter.issues.hints.looking import ISSUED_ON, checked
from tests.newsletter.issues.hints.test_every_rule import GOOD, TEXTS

INSTALLED = dictionaries.installed()


def suspected(**fields: object) -> list[Hint]:
    story: StoryContent = make_story(**{"title": "Så är det", "text": "Ja.", **fields})
    content = make_issue_content(stories=(story,), calendar=(), editorial="", issued_on=ISSUED_ON)
    found = hints.find(checked(content, dictionaries=INSTALLED))
    return [hint for hint in found if hint.code == "SPELL"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("intreserad", "intresserad"),
        ("semianrium", "seminarium"),
        ("kollektivtraffik", "kollektivtrafik"),
        ("utlysningr", "utlysning"),
        ("vandringslead", "vandringsled"),
        ("tranpsort", "transport"),
    ],
)
def test_a_slip_is_found_in_any_swedish_word(wrong: str, right: str) -> None:
    [hint] = suspected(text=f"Här står {wrong} i en mening som är lång nog för alla.")

    assert hint.about == wrong
    assert right in str(hint.message.fields["right"])


def test_a_single_word_that_may_be_meant_can_be_put_in() -> None:
    [hint] = suspected(text="Kollektivtraffik är ett ämne för oss på enheten.")

    assert hint.fix is not None
    assert hint.fix.value.startswith("Kollektivtrafik är")


@pytest.mark.parametrize(
    "text",
    [
        "Brysselkontoret ordnar elflygplansmöten och omvärldsbevakningskvällar med grannarna.",
        "Kim Exempelsson och Robin Testqvist talar om Zzyzx i Ogräsby.",
        "Vi höll ”Building a coalition of smart cities towards a third revolution” i går.",
        "The office met colleagues from eleven regions and shared ideas.",
        "Läs mer på https://www.exampel.org/tranpsort eller skriv till semianrium@example.org.",
        "VGR:s och EU:s samråd om ESF+ fortsätter.",
    ],
)
def test_compounds_names_addresses_and_other_languages_are_let_be(text: str) -> None:
    assert suspected(text=text) == []


@pytest.mark.parametrize(("title", "text"), GOOD)
def test_good_texts_are_left_alone(title: str, text: str) -> None:
    assert suspected(title=title, text=text) == []


def test_the_last_word_of_a_text_that_was_cut_off_is_not_judged() -> None:
    assert suspected(text="För att besvara frågorna har medarbetarn", truncated=True) == []


def test_a_language_without_a_dictionary_is_not_judged_by_one() -> None:
    assert suspected(text="Här står semianrium i texten.", language="en") == []


@settings(max_examples=40)
@given(text=TEXTS | st.text(max_size=60))
def test_hostile_texts_do_no_harm(text: str) -> None:
    suspected(text=text)


def test_words_longer_than_words_are_not_asked_for() -> None:
    swedish = INSTALLED["sv"]

    assert swedish.knows("x" * (LONGEST_WORD + 1))
    assert list(swedish.nearest("x" * (LONGEST_WORD + 1))) == []
