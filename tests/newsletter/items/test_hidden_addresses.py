from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.items.sources import hidden_addresses
from tests.newsletter.items.pages import SAMPLE, hidden, unhurried


@pytest.mark.parametrize("places", [*range(-40, 0), *range(1, 41)])
def test_a_link_moved_any_number_of_places_is_found(places: int) -> None:
    line = hidden(places)

    assert hidden_addresses.hides_address(f"före {line}{line} efter")


@pytest.mark.parametrize("places", range(11, 19))
def test_a_link_is_found_where_letters_beyond_the_table_were_written_in_another_way(
    places: int,
) -> None:
    escaped = "".join(
        letter if letter.isascii() and letter.isprintable() else f"%{ord(letter) - 100:c}"
        for letter in hidden(places)
    )

    assert hidden_addresses.hides_address(escaped)


def test_news_in_swedish_hides_nothing() -> None:
    assert not hidden_addresses.hides_address(SAMPLE.read_text(encoding="utf-8"))


@unhurried
@given(words=st.lists(st.text(alphabet="abcdefghijklmnopqrstuvwxyzåäöABCDEFÅÄÖ,.:-–”()0123456789")))
def test_ordinary_words_hide_nothing(words: list[str]) -> None:
    text = " ".join(words)

    assert not hidden_addresses.hides_address(text) or "AILTO" in text.upper()


@pytest.mark.parametrize(
    "address",
    [
        "robin.exempel@example.org",
        "mailto:robin@example.org",
        "Robin+nytt@sub.example.com",
        "robin@exämple.org",
        "robin\uff20example.org",
        "robin (at) example.org",
        "robin[at]example.org",
        "robin (snabel-a) example (punkt) org",
    ],
)
def test_an_address_is_replaced_however_it_is_written(address: str) -> None:
    text, count = hidden_addresses.redacted(f"Skriv till {address}. Välkommen!")

    assert text == f"Skriv till {hidden_addresses.REDACTED}. Välkommen!"
    assert count == 1


@pytest.mark.parametrize("text", ["Vi möts @ Arenan", "10 kr @ 5 st", "Möte (at) oss", "@robin"])
def test_a_sign_that_is_no_address_stays(text: str) -> None:
    assert hidden_addresses.redacted(text) == (text, 0)
