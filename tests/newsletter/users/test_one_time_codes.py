"""Codes from an app: as the standard has them, and each of them only once."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.users import one_time_codes

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    # RFC 6238, appendix B, the last six of eight digits.
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_examples_of_the_standard(seconds: int, code: str) -> None:
    assert one_time_codes.code(SECRET, datetime.fromtimestamp(seconds, UTC)) == code


def test_a_code_is_taken_half_a_minute_early_or_late_and_no_more() -> None:
    code = one_time_codes.code(SECRET, NOW)

    for seconds, taken in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
        step = one_time_codes.step_of(code, SECRET, at=NOW + timedelta(seconds=seconds))
        assert (step is not None) is taken, seconds


def test_a_code_opens_the_door_once() -> None:
    code = one_time_codes.code(SECRET, NOW)
    step = one_time_codes.step_of(code, SECRET, at=NOW)

    assert step is not None
    assert one_time_codes.step_of(code, SECRET, at=NOW, after=step) is None


def test_blanks_in_a_typed_code_do_not_matter() -> None:
    code = one_time_codes.code(SECRET, NOW)

    assert one_time_codes.step_of(f" {code[:3]} {code[3:]}", SECRET, at=NOW) is not None


@given(st.text())
def test_no_text_but_the_code_is_taken(typed: str) -> None:
    codes = {
        one_time_codes.code(SECRET, NOW + timedelta(seconds=seconds)) for seconds in (-30, 0, 30)
    }

    taken = one_time_codes.step_of(typed, SECRET, at=NOW) is not None

    assert taken == ("".join(typed.split()) in codes)
