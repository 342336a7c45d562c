from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content import SLOTS
from newsletter.rendering.plain_text import COLUMNS, tidied, underlined, wrapped

URL = "https://www.example.org/" + "lång-adress/" * 10


@given(st.text(alphabet=st.sampled_from("ab- \n\t\u00a0\u00ad–å"), max_size=400))
def test_no_line_is_too_long_and_no_word_is_lost(text: str) -> None:
    folded = wrapped(text, "* ")

    assert all(len(line) <= COLUMNS for line in folded.splitlines())
    expected = "".join(text.replace("\u00ad", "").split())
    assert "".join(folded.removeprefix("* ").split()) == expected


@pytest.mark.parametrize("whole", [URL, *SLOTS])
def test_addresses_and_slots_are_never_broken(whole: str) -> None:
    assert whole in wrapped(f"{'ord ' * 17}{whole}{'x' * (100 - len(whole))} och mer")


def test_a_word_longer_than_a_line_is_cut() -> None:
    assert wrapped("x" * 100, "* ").splitlines() == ["* " + "x" * 70, "  " + "x" * 30]


def test_paragraphs_and_line_breaks_are_kept() -> None:
    assert wrapped("Hej!\n \n\nEn\nTvå  tre ") == "Hej!\n\nEn\nTvå tre"


def test_hard_blanks_hold_words_together() -> None:
    text = "x" * 66 + " kl.\u00a010.15"

    assert wrapped(text).splitlines()[1] == "kl.\u00a010.15"


def test_a_heading_is_underlined_as_long_as_it_is() -> None:
    assert underlined("Två  ord") == "Två ord\n-------"


def test_parts_have_one_blank_line_between_them_and_two_at_a_form_feed() -> None:
    assert tidied("\n\na \n\n\n\nb\n\n\f\n\nc\u00a0d\n\n") == "a\n\nb\n\n\nc d\n"
