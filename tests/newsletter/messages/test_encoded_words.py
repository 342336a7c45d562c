from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from newsletter.messages import encoded_words
from tests.newsletter.messages.wire import (
    ENCODED_WORD,
    decoded_strictly,
    header_text,
    thoroughly,
)


@thoroughly
@given(header_text.filter(bool), st.integers(24, 75))
def test_words_are_short_valid_and_say_the_same(text: str, room: int) -> None:
    words = encoded_words.encode(text, room=room)

    assert len(words[0]) <= room
    assert all(len(word) <= 75 for word in words)
    assert all(ENCODED_WORD.fullmatch(word.encode()) for word in words)
    assert decoded_strictly(" ".join(words)) == text


def test_swedish_can_be_read_as_it_stands() -> None:
    assert encoded_words.encode("Två städer", room=60) == ["=?utf-8?q?Tv=C3=A5_st=C3=A4der?="]


def test_an_alphabet_far_from_ascii_takes_the_shorter_form() -> None:
    (word,) = encoded_words.encode("Ελλάδα", room=60)

    assert word == f"=?utf-8?b?{base64.b64encode('Ελλάδα'.encode()).decode()}?="


@thoroughly
@given(st.text(max_size=40), st.text(max_size=10), st.sampled_from("qQbB"), st.integers(1, 3))
def test_text_is_found_again_however_deeply_it_is_wrapped(
    text: str, before: str, encoding: str, depth: int
) -> None:
    wrapped = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    inner = wrapped
    for _ in range(depth):
        wrapped = f"{before}{_word(wrapped, encoding)}"

    assert any(inner in reading for reading in encoded_words.readings(wrapped))


@thoroughly
@given(st.text("=?qQbB*utf-8_0123ADF +/ å", max_size=80))
def test_reading_ends_whatever_the_text(text: str) -> None:
    first, *_ = encoded_words.readings(text)

    assert first == text


def _word(text: str, encoding: str) -> str:
    if encoding in "bB":
        return f"=?utf-8?{encoding}?{base64.b64encode(text.encode()).decode()}?="
    return f"=?utf-8?{encoding}?{''.join(f'={byte:02X}' for byte in text.encode())}?="
