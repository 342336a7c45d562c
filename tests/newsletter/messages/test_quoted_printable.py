from __future__ import annotations

import quopri
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.messages import quoted_printable
from tests.newsletter.messages.wire import thoroughly

SLOTS = ["SLOTONE", "SLOTTWO"]

#: RFC 2045, 6.7: a line of the encoding, without its CRLF.
LINE = re.compile(rb"(?:[\x21-\x3c\x3e-\x7e\t ]|=[0-9A-F]{2})*=?")

#: Texts with much of what is dear to the encoding.
texts = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=60),
        st.sampled_from(
            [
                "\n",
                ".",
                "\n.\n",
                " ",
                "\t",
                " \n",
                "=",
                "=3D",
                "From ",
                "å",
                "👩",
                "x" * 71,
                "x" * 77,
            ]
        ),
    ),
    max_size=15,
).map("".join)


@thoroughly
@given(texts)
@example("")
@example(".")
@example("=20")
@example("x" * 73 + ".")
@example("x" * 73 + " ")
@example("Räksmörgås \n\n. \n.\n\t\n")
def test_text_comes_back_as_it_was(text: str) -> None:
    encoded = quoted_printable.encode(text)

    assert quopri.decodestring(encoded).decode() == text.replace("\n", "\r\n")


@thoroughly
@given(texts)
def test_every_line_is_valid_and_short(text: str) -> None:
    for line in quoted_printable.encode(text).split(b"\r\n"):
        assert len(line) <= 76
        assert LINE.fullmatch(line)
        assert not line.endswith((b" ", b"\t"))


@thoroughly
@given(texts)
def test_no_line_is_a_dot_alone(text: str) -> None:
    assert b"." not in quoted_printable.encode(text).split(b"\r\n")


@thoroughly
@given(texts)
def test_no_character_is_parted_by_a_soft_break(text: str) -> None:
    for line in quoted_printable.encode(text).split(b"\r\n"):
        quopri.decodestring(line.removesuffix(b"=")).decode()


def test_no_line_begins_with_a_dot() -> None:
    assert quoted_printable.encode("..hej\nFrom Kim\n") == b"=2E.hej\r\nFrom Kim\r\n"


def test_both_kinds_of_line_ends_become_crlf() -> None:
    assert quoted_printable.encode("a\r\nb\n") == b"a\r\nb\r\n"


@thoroughly
@given(st.lists(st.one_of(texts, st.sampled_from(SLOTS)), max_size=8), texts, texts)
@example(["SLOTONE", "SLOTTWO"], "x" * 60, "y" * 60)
@example(["SLOTONE", "."], "x", "y")
@example(["a ", "SLOTONE", " \n", "SLOTTWO", "\nb"], "x" * 300, ".")
@example(["x" * 73, "SLOTONE"], "x" * 73, "")
def test_values_stand_where_their_slots_stood(parts: list[str], one: str, two: str) -> None:
    one, two = one.replace("\n", ""), two.replace("\n", "")
    pieces = quoted_printable.encode_around("".join(parts), SLOTS)

    wire = b"".join(
        piece
        if isinstance(piece, bytes)
        else quoted_printable.encode_value({"SLOTONE": one, "SLOTTWO": two}[piece])
        for piece in pieces
    )

    filled = "".join(parts).replace("SLOTONE", one).replace("SLOTTWO", two)
    assert quopri.decodestring(wire).decode() == filled.replace("\n", "\r\n")
    for line in wire.split(b"\r\n"):
        assert len(line) <= 76
        assert LINE.fullmatch(line)
        assert line != b"."


def test_a_slot_stands_on_a_line_of_its_own() -> None:
    pieces = quoted_printable.encode_around('<a href="https://a/SLOTONE">', SLOTS)

    assert pieces == [b'<a href=3D"https://a/=\r\n', "SLOTONE", b'=\r\n">']


@pytest.mark.parametrize("text", ["SLOTONE", "a\nSLOTONE\nb", "\r\nSLOTONE\r\n"])
def test_a_slot_that_has_its_line_already_gets_no_soft_breaks(text: str) -> None:
    pieces = quoted_printable.encode_around(text, SLOTS)

    assert not any(b"=" in piece for piece in pieces if isinstance(piece, bytes))
