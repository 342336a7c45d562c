"""Tokens say what was signed, to whom it was given, and nothing else."""

from __future__ import annotations

import string
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.tokens import TOKEN_LENGTH, Claim, Keys, Purpose

KEYS = Keys(
    current="a secret for tests, never anywhere",
    former=(),
    suppression="another secret for tests, and only",
)
ROTATED = Keys(
    current="the secret that came after the old",
    former=("one in between, forgotten by most", KEYS.current),
    suppression=KEYS.suppression,
)
CLAIMS = st.builds(
    Claim,
    purpose=st.sampled_from(Purpose),
    subscriber_id=st.integers(0, 2**40 - 1),
    newsletter_id=st.integers(0, 2**16 - 1),
    #: Minutes from 1970 to the year 9999.
    issued_at=st.integers(0, 4_000_000_000).map(
        lambda minutes: datetime.fromtimestamp(minutes * 60, UTC)
    ),
)


@given(CLAIMS)
def test_a_token_says_what_was_signed(claim: Claim) -> None:
    assert KEYS.read(KEYS.sign(claim), claim.purpose) == claim


@given(CLAIMS)
def test_a_token_fits_an_address_and_a_link(claim: Claim) -> None:
    token = KEYS.sign(claim)

    assert len(token) == TOKEN_LENGTH
    assert set(token) <= set(string.ascii_lowercase + "234567")


@given(CLAIMS)
def test_a_server_that_folds_case_does_no_harm(claim: Claim) -> None:
    token = KEYS.sign(claim)

    assert KEYS.read(token.upper(), claim.purpose) == claim
    assert KEYS.read(token.title(), claim.purpose) == claim


@given(CLAIMS, st.sampled_from(Purpose))
def test_a_token_is_good_for_one_purpose(claim: Claim, other: Purpose) -> None:
    read = KEYS.read(KEYS.sign(claim), other)

    assert (read is not None) is (other is claim.purpose)


@given(CLAIMS, st.integers(0, TOKEN_LENGTH - 1), st.characters())
def test_one_changed_character_makes_a_token_void(claim: Claim, place: int, character: str) -> None:
    token = KEYS.sign(claim)
    if character.isascii() and character.lower() == token[place]:
        return

    assert KEYS.read(token[:place] + character + token[place + 1 :], claim.purpose) is None


@given(CLAIMS)
def test_letters_that_only_look_the_same_make_a_token_void(claim: Claim) -> None:
    token = KEYS.sign(claim)
    odd = token.replace("s", "ſ").replace("i", "ı")

    assert odd == token or KEYS.read(odd, claim.purpose) is None


@given(st.one_of(st.text(), st.text(string.ascii_lowercase + "234567", min_size=48, max_size=48)))
def test_no_other_text_is_a_token(text: str) -> None:
    for purpose in Purpose:
        assert KEYS.read(text, purpose) is None


@given(CLAIMS)
def test_a_token_outlives_its_secret_for_as_long_as_that_is_kept(claim: Claim) -> None:
    forgotten = Keys(current=ROTATED.current, former=(), suppression=ROTATED.suppression)

    assert ROTATED.read(KEYS.sign(claim), claim.purpose) == claim
    assert forgotten.read(KEYS.sign(claim), claim.purpose) is None


def test_a_new_token_is_signed_with_the_new_secret() -> None:
    claim = Claim(Purpose.UNSUBSCRIBE, 12, 1, datetime(2026, 11, 20, tzinfo=UTC))

    assert KEYS.read(ROTATED.sign(claim), Purpose.UNSUBSCRIBE) is None


@pytest.mark.parametrize("subscriber_id", [-1, 2**40])
def test_what_does_not_fit_is_not_signed_as_something_else(subscriber_id: int) -> None:
    with pytest.raises(struct.error):
        KEYS.sign(Claim(Purpose.UNDO, subscriber_id, 1, datetime(2026, 11, 20, tzinfo=UTC)))


def test_a_changed_secret_for_links_suppresses_the_same_people() -> None:
    assert KEYS.address_hash("kim@example.org") == ROTATED.address_hash("kim@example.org")
    assert KEYS.address_hash("kim@example.org") != KEYS.address_hash("robin@example.org")
    assert len(KEYS.address_hash("kim@example.org")) == 32


def test_secrets_are_not_printed() -> None:
    assert "secret" not in repr(KEYS)
    assert "secret" not in str(KEYS)


def test_a_message_name_is_the_same_for_one_issue_and_person_only() -> None:
    names = {KEYS.message_name(issue, person) for issue in (1, 2) for person in (11, 12)}

    assert len(names) == 4
    assert KEYS.message_name(1, 11) == KEYS.message_name(1, 11)
