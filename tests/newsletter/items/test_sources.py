"""What `sources.read` refuses, and what it never lets in."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.errors import SourceError
from newsletter.items.sources import LARGEST_SOURCE, hidden_addresses, read
from tests.newsletter.items.pages import HEAD, SAMPLE, TODAY, hidden, page_of, read_text, unhurried

PAGE = page_of([("Film på kontoret", "14 februari 2026", "Fyra filmer från Göteborg – och......")])


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (PAGE.encode(), "UTF-8"),
        (PAGE.encode("utf-8-sig"), "UTF-8"),
        (PAGE.encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + PAGE.encode("utf-16-be"), "UTF-16"),
        (PAGE.encode("windows-1252"), "Windows-1252"),
        (PAGE.replace("\n", "\r\n").encode(), "UTF-8"),
        (PAGE.replace("\n", "\r").encode(), "UTF-8"),
    ],
)
def test_text_is_read_in_every_encoding_that_editors_save_in(raw: bytes, encoding: str) -> None:
    page = read(raw, today=TODAY)

    assert page.encoding == encoding
    assert page.drafts[0].title == "Film på kontoret"
    assert page.drafts[0].excerpt == "Fyra filmer från Göteborg – och"


@pytest.mark.parametrize(
    ("raw", "explanation"),
    [
        (b"", "nothing in it"),
        (b" \n\xc2\xa0\n", "nothing in it"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", "no text"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\x00\x01", "no text"),
        (HEAD.encode() + b"\x00", "no text"),
        (b"Nyheter\n\x81\x8d\n", "no text"),
        (b"\xff\xfeN", "no text"),
        (b"<!DOCTYPE html><html><body>", "does not look like a page of news"),
        (b'<?xml version="1.0"?><rss>', "breaks on line"),
        (b'<?xml version="1.0"?><urlset><url/></urlset>', "no RSS or Atom feed"),
        (b"\n <ul><li>Nyhet</li></ul>", "does not look like a page of news"),
        (b"From: x\nMIME-Version: 1.0\nContent-Type: multipart/related;\n", "HTML only"),
        (
            b"import sys\n\n\ndef main():\n    print(sys.argv)\n",
            "does not look like a page of news",
        ),
        ("Pannkakor\n\n- 3 ägg\n- 6 dl mjölk\n\nVispa.".encode(), "does not look like a page of"),
        ("Pannkakor\n\nPublicerad: 3 maj 2026\n\nVispa ägg.".encode(), "does not look like a page"),
        ("• Hej\n• Hopp\n\n3 maj 2026\n\n• Du\n• Glade\n".encode(), "does not look like a page"),
        (b"x" * (LARGEST_SOURCE + 1), "larger than 5 MB"),
        (b"Nyheter\n" + b"\n" * 20_000, "far longer"),
        (b"Nyheter\n" + "• En nyhet igen\n".encode() * 1_001, "far longer"),
        (b"Nyheter\n\n* En nyhet\n  " + b"ord " * 10_000, "far longer"),
    ],
)
def test_what_is_no_page_of_news_is_refused_with_what_to_do(raw: bytes, explanation: str) -> None:
    with pytest.raises(SourceError, match=explanation) as refused:
        read(raw, today=TODAY)

    assert "Nothing was stored." in str(refused.value)


def test_a_day_that_does_not_exist_is_named_with_its_line() -> None:
    text = page_of([("Film på kontoret", "3 maj", "Ja."), ("Ny chef", "31 februari 2026", "Ja.")])

    with pytest.raises(SourceError, match="Line 15 says “31 februari 2026”"):
        read_text(text)


@unhurried
@given(raw=st.binary())
@example(SAMPLE.read_bytes()[:-1])
@example("Nyheter\n• \n- \n* a\n2026-01-01\n".encode())
def test_any_bytes_are_a_page_or_refused_with_an_explanation(raw: bytes) -> None:
    with contextlib.suppress(SourceError):
        read(raw, today=TODAY)


_PIECES = st.sampled_from(
    ["•", "- ", "* ", "–", "\n", "\n\n", "  ", "\t", "Nyheter", "Aktuellt från oss", "Rubrik här",
     "2026-01-02", "[2026-01-02]", "31 februari", "9 maj", "Publicerad:", "......", "Läs mer", "…",
     "Foto: R", "robin@example.org", "\u200b", "\u00a0", "\x85", "\u2028"]
)  # fmt: skip


@unhurried
@given(pieces=st.lists(_PIECES, max_size=60))
def test_any_page_of_familiar_pieces_is_read_or_refused_with_an_explanation(
    pieces: list[str],
) -> None:
    try:
        page = read_text("".join(pieces))
    except SourceError:
        return

    for draft in page.drafts:
        assert draft.title.strip()
        assert "@" not in draft.title + draft.raw_excerpt + draft.excerpt


@pytest.mark.parametrize("places", [8, -8, 1, -1, 13, 20, -26, -40, 40])
def test_a_line_with_hidden_addresses_is_dropped_and_counted(places: int) -> None:
    secret = hidden(places) * 3

    page = read_text(PAGE + "\n" + secret)

    assert page.dropped_lines == 1
    assert len(page.drafts) == 1
    assert secret[:12] not in repr(page)


def test_a_hidden_address_beyond_the_table_is_dropped_from_a_windows_file() -> None:
    secret = hidden(19, "mailto:post@example.org").encode("latin-1")

    page = read(PAGE.encode("windows-1252") + b"\n" + secret, today=TODAY)

    assert page.dropped_lines == 1
    assert [draft.truncated for draft in page.drafts] == [True]


def test_a_hidden_address_glued_to_a_text_takes_the_text_with_it() -> None:
    page = read_text(PAGE.rstrip() + hidden(8))

    assert page.dropped_lines == 1
    assert [(draft.title, draft.raw_excerpt) for draft in page.drafts] == [("Film på kontoret", "")]


@pytest.mark.parametrize("break_", ["\n  ", "\u200b", "\u00ad", " "])
def test_a_hidden_address_broken_in_two_is_dropped_all_the_same(break_: str) -> None:
    secret = hidden(8)
    broken = secret[:4] + break_ + secret[4:]

    page = read_text(page_of([("Film på kontoret", "3 maj", f"Se filmen. {broken}")]))

    assert page.dropped_lines == 1
    assert secret[:4] not in repr(page)
    assert secret[4:] not in repr(page)


def test_addresses_in_titles_and_texts_are_replaced_and_counted() -> None:
    text = page_of(
        [
            (
                "Skriv till robin@example.org",
                "3 maj",
                "Mejla ro\u200bbin.exempel@exam\u00adple.org nu.",
            )
        ]
    )

    page = read_text(text)

    assert page.redacted_addresses == 2
    assert page.drafts[0].title == f"Skriv till {hidden_addresses.REDACTED}"
    assert page.drafts[0].excerpt == f"Mejla {hidden_addresses.REDACTED} nu."
    assert "@" not in repr(page)
