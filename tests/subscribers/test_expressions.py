"""Conditions of segments are read, or refused with the place; nothing in between."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import expressions
from subscribers.conditions import FIELDS, All, AnyOf, Comparison, Condition, Not
from subscribers.expressions import ConditionError

SWEDISH = Comparison("language", "=", "sv")
ACTIVE = Comparison("status", "=", "active")
OLD = Comparison("since", "<", date(2020, 1, 1))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("language = sv", SWEDISH),
        ("LANGUAGE=SV", SWEDISH),
        ("  ( language = 'sv' ) ", SWEDISH),
        ("since < 2020-01-01", OLD),
        ("language = sv and status = active", All((SWEDISH, ACTIVE))),
        (
            "language = sv or status = active and since < 2020-01-01",
            AnyOf((SWEDISH, All((ACTIVE, OLD)))),
        ),
        (
            "(language = sv or status = active) and since < 2020-01-01",
            All((AnyOf((SWEDISH, ACTIVE)), OLD)),
        ),
        ("not language = sv", Not(SWEDISH)),
        ("not not language = sv", Not(Not(SWEDISH))),
        ("status in (active)", AnyOf((ACTIVE,))),
        (r'source contains "a \"b\" \\ or c"', Comparison("source", "contains", 'a "b" \\ or c')),
        ("source = and", Comparison("source", "=", "and")),
        ('source = ""', Comparison("source", "=", "")),
    ],
)
def test_a_condition_is_read(text: str, condition: Condition) -> None:
    assert expressions.read(text) == condition


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "a field is expected"),
        ("orgg = x", 0, "there is no field “orgg”"),
        ("sorce = x", 0, "did you mean “source”"),
        ("email = x", 0, "did you mean “address”"),
        ("language = sv and", 17, "a field is expected"),
        ("language sv", 9, "one of these is expected: = != in"),
        ("language = de", 11, "“language” is one of these: sv, en"),
        ("language < sv", 9, "one of these"),
        ("since > yesterday", 8, "a date is expected"),
        ("since > 2026-02-30", 8, "a date is expected"),
        ("since > 0001-01-01", 8, "a date is expected"),
        ("source = 'open", 9, "begins nothing"),
        ("language = sv status = active", 14, "“and”, “or” or the end"),
        ('language = sv ""', 14, "“and”, “or” or the end"),
        ("(language = sv", 14, "“)” is expected"),
        ("language in ()", 13, "a value is expected"),
        ("source = a\0b", 10, "cannot be shown"),
        ("source = \ud800", 9, "cannot be shown"),
        ("(" * 60, 51, "too deep"),
        ("not " * 60, 204, "too deep"),
    ],
)
def test_a_condition_that_cannot_be_read_says_where(text: str, position: int, words: str) -> None:
    with pytest.raises(ConditionError) as refused:
        expressions.read(text)

    assert (refused.value.position, words in str(refused.value)) == (position, True)
    assert f"At character {position + 1}:" in str(refused.value)


def test_a_condition_can_be_too_long() -> None:
    with pytest.raises(ConditionError, match="longer than 2000"):
        expressions.read("language = sv or " * 200 + "language = sv")


words = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*FIELDS, "and", "or", "not", "in", "contains", "endswith", "sv", "active"]),
    st.sampled_from(["(", ")", ",", "=", "!=", "<", "'", '"', "\\", "--", ";", "%", "\0"]),
)


@given(st.lists(words, max_size=14).map(" ".join))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    refused = None
    try:
        expressions.read(text)
    except ConditionError as error:
        refused = error

    assert refused is None or 0 <= refused.position <= len(text)
