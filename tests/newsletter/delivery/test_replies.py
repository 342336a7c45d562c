"""What a server says is read strictly and stored harmlessly."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.replies import LONGEST_SHOWN, Reply, parse, shown

ADDRESS = "kim.exempel@example.org"


@pytest.mark.parametrize(
    "text",
    [
        "<kim.exempel@example.org>: unknown",
        "KIM.EXEMPEL@EXAMPLE.ORG unknown",
        "user kim.exempel unknown",
        "mailbox for kim.exempel, moved to kim@private.example.net",
        "see https://example.org/?who=kim.exempel%40example.org",
        "bounces+kim.exempel=example.org@example.com is bad",
    ],
)
def test_the_readers_address_is_never_stored(text: str) -> None:
    stored = Reply(550, text).shown(ADDRESS)

    assert "kim" not in stored.lower()
    assert "private" not in stored
    assert stored.startswith("550 ")


def test_what_is_no_address_is_kept() -> None:
    stored = Reply(250, "2.0.0 OK\nqueued as 4F2A/kimono").shown("kim@example.org")

    assert stored == "250 2.0.0 OK queued as 4F2A/kimono"


@given(st.text(), st.emails())
def test_stored_text_is_one_short_line_without_controls_or_address(text: str, address: str) -> None:
    stored = shown(f"{text} {address} {text}", address)

    assert len(stored) <= LONGEST_SHOWN
    assert not {unicodedata.category(character) for character in stored} & {"Cc", "Cf", "Cs"}
    assert address not in stored


def test_endless_text_is_cut() -> None:
    assert len(shown("x" * 10_000_000)) == LONGEST_SHOWN


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b""],
        [b"25"],
        [b"abc"],
        [b"2500"],
        [b"250_OK"],
        [b"150 wait"],
        [b"650 no"],
        [b"250-more to come"],
        [b"250 done", b"250 again"],
        [b"250-first", b"251 last"],
        [b"\xff\xfe"],
    ],
)
def test_what_is_no_reply_is_no_reply(lines: list[bytes]) -> None:
    assert parse(tuple(lines)) is None


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_reading_a_reply_never_fails(lines: list[bytes]) -> None:
    reply = parse(tuple(lines))

    assert reply is None or 200 <= reply.code < 600


def test_a_reply_without_text_is_one() -> None:
    assert parse((b"250",)) == Reply(250, "")
