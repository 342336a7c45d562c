from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.items.sources import tidying
from tests.newsletter.items.pages import unhurried


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("i Göteborg och......", "i Göteborg och"),
        ("i Göteborg och..", "i Göteborg och"),
        ("i Göteborg och…", "i Göteborg och"),
        ("i Göteborg och [...]", "i Göteborg och"),
        ("i Göteborg och […]", "i Göteborg och"),
        ("i Göteborg och (…)", "i Göteborg och"),
        ("i Göteborg och (...) ", "i Göteborg och"),
        ("i Göteborg. Läs mer", "i Göteborg."),
        ("i Göteborg... Läs mer »", "i Göteborg"),
        ("i Göteborg\n\nLäs mer", "i Göteborg"),
        ("i Göteborg… [...] Läs vidare →", "i Göteborg"),
        ("i Göteborg, Malmö osv. ......", "i Göteborg, Malmö osv."),
        ("Varför då?...", "Varför då?"),
        ("In short [...] Read more", "In short"),
        ("......", ""),
    ],
)
def test_marks_of_truncation_are_taken_off_and_remembered(text: str, kept: str) -> None:
    assert tidying.uncut(text) == (kept, True)


@pytest.mark.parametrize(
    "text",
    [
        "Vi var i Göteborg.",
        "Vi var i Göteborg!",
        "Kom och läs mer om Europa",
        "Läs mer om Europa i rapporten",
        "Och sedan ... hände det.",
        "version 1.2.3",
        "",
    ],
)
def test_a_whole_text_is_left_whole(text: str) -> None:
    assert tidying.uncut(text) == (text, False)


def test_odd_blanks_become_one_plain_blank() -> None:
    text = "\u00a0kl.\u202f13\u2007och \u00a0\t14\u3000ungefär\r"

    assert tidying.line(text) == "kl. 13 och 14 ungefär"


def test_signs_that_nobody_sees_are_removed() -> None:
    text = "\ufeffregio\u00adnal\u200bpoli\u200dtik \u202eoch\u2060 EU\u200e"

    assert tidying.line(text) == "regionalpolitik och EU"


def test_the_parts_of_an_emoji_stay_together() -> None:
    family = "\U0001f469\u200d\U0001f467"

    assert tidying.line(family) == family


def test_letters_are_composed() -> None:
    assert tidying.line("a\u030a o\u0308") == "å ö"


def test_windows_marks_that_came_as_controls_become_what_they_were() -> None:
    assert tidying.line("EU \x96 \x94fokus\x94") == "EU – ”fokus”"


@unhurried
@given(text=st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    once = tidying.line(text)

    assert tidying.line(once) == once
    assert unicodedata.is_normalized("NFC", once)


@unhurried
@given(text=st.text(alphabet="aö .…[]()\nLäs mer\u00a0"))
def test_what_is_uncut_once_has_no_mark_left(text: str) -> None:
    kept, _ = tidying.uncut(text)

    assert tidying.uncut(kept) == (kept, False)
