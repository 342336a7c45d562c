from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.errors import HeaderError
from newsletter.messages import headers, message_id_for
from tests.newsletter.messages.wire import (
    ENCODED_WORD,
    addresses,
    awkward_text,
    decoded_leniently,
    decoded_strictly,
    header_text,
    parsed,
    thoroughly,
    value_of,
)

NAMES = [
    "Externa relationer",
    "Exempelregionen, externa relationer (Bryssel och Exempelstad)",
    'Robin "Kim" Exempel',
    "back\\slash",
    "R. Exempel",
    "Regionen: nyheter; allt <om> EU",
    "Nyheter 🎉 varje månad",
    "Regionen, enheten för externa relationer och internationellt samarbete (avdelning Bryssel)",
    "a" * 70,
    "a " * 60 + "b",
    "å" * 200,
    "  blanks  around  ",
    "=?utf-8?q?not_what_it_seems?=",
    "nyhetsbrev@example.org",
    " ",
]

#: What must never get into a header, as it stands or after some reader has decoded it.
INJECTIONS = [
    "a\r\nBcc: robin@example.org",
    "a\nBcc: robin@example.org",
    "a\rBcc: robin@example.org",
    "a\x00b",
    "a\tb",
    "a\x0bb",
    "a\x0cb",
    "a\x1bb",
    "a\x7fb",
    "a\x80b",
    "a\x85Bcc: robin@example.org",
    "a\x9fb",
    "a\u2028Bcc: robin@example.org",
    "a\u2029Bcc: robin@example.org",
    "a\ud800b",
    "=?utf-8?q?a=0D=0ABcc=3A_robin=40example.org?=",
    "=?utf-8?Q?a=0ABcc=3A?=",
    "=?UTF-8?B?YQ0KQmNjOiByb2JpbkBleGFtcGxlLm9yZw==?=",
    "=?utf-8?b?YQ0KQmNjOg?=",
    "=?utf-8?b?Y Q 0 K Q m N j O g?=",
    "=?utf-8*sv?q?a=0D=0ABcc?=",
    "=?utf-8?q?a=00b?=",
    "=?utf-8?q?a=C2=85b?=",
    "=?utf-8?q?a=E2=80=A8b?=",
    "=?utf-8?q?a=E2=80?= =?utf-8?q?=A8b?=",
    "=?iso-8859-1?q?a=85b?=",
    "=?utf-16-be?b?AA0ACg==?=",
    "=?utf-7?q?a+AA0ACg-b?=",
    "=?no-such-charset?q?a=0D=0A?=",
    "=??q?a=0D=0A?=",
    "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3D0D=3D0A=3F=3D?=",
    "=?utf-8?b?PT91dGYtOD9xP2E9MEQ9MEE/PQ==?=",
    "Hej =?utf-8?q?a=0Ab?= hej",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_subject_is_read_as_it_was_written(name: str) -> None:
    field = headers.unstructured("Subject", name)

    assert decoded_strictly(value_of(field)) == name
    assert parsed(field)["Subject"] == name


@thoroughly
@given(awkward_text)
@example("")
@example("Årets två nummer: film, praktik och den framtida sammanhållningspolitiken i EU 🎉")
def test_any_subject_is_read_as_it_was_written(text: str) -> None:
    field = headers.unstructured("Subject", text)

    assert decoded_strictly(value_of(field)) == text
    assert decoded_leniently(value_of(field)) == text
    assert parsed(field)["Subject"] == text


@thoroughly
@given(awkward_text)
def test_lines_of_a_subject_are_short_and_its_words_valid(text: str) -> None:
    field = headers.unstructured("Subject", text)

    lines = field.split(b"\r\n")
    assert lines.pop() == b""
    for line in lines:
        assert len(line) <= (76 if b"=?" in line else 78)
        assert line.count(b"=?utf-8?") == len(ENCODED_WORD.findall(line))
    assert all(line.startswith(b" ") and line.strip() for line in lines[1:])


@pytest.mark.parametrize("name", NAMES)
def test_one_sender_stays_one_sender(name: str) -> None:
    field = headers.mailbox("From", name, "nyhetsbrev@example.org")

    (address,) = parsed(field)["From"].addresses
    assert address.addr_spec == "nyhetsbrev@example.org"
    assert _phrase_of(field) == name


@thoroughly
@given(awkward_text, addresses)
def test_any_display_name_is_read_as_it_was_written(name: str, address: str) -> None:
    field = headers.mailbox("From", name, address)

    assert _phrase_of(field) == name
    assert [found.addr_spec for found in parsed(field)["From"].addresses] == [address]
    assert parsed(field).keys() == ["From"]


@thoroughly
@given(awkward_text, addresses)
def test_nothing_in_an_address_field_is_encoded_but_its_phrase(name: str, address: str) -> None:
    field = headers.mailbox("From", name, address)

    *phrase, last = re.split(rb"\r\n | ", field.removesuffix(b"\r\n").removeprefix(b"From: "))
    assert last in (f"<{address}>".encode(), address.encode())
    assert b"=?" not in last
    if any(b"=?" in word for word in phrase):
        assert all(ENCODED_WORD.fullmatch(word) for word in phrase)
    for line in field.split(b"\r\n"):
        assert len(line) <= (76 if b"=?" in line else 78) or line.endswith(last)


@pytest.mark.parametrize("text", INJECTIONS)
def test_control_characters_are_refused_in_text_also_encoded_ones(text: str) -> None:
    with pytest.raises(HeaderError, match=r"Subject.*control character U\+"):
        headers.unstructured("Subject", text)
    with pytest.raises(HeaderError, match=r"From.*control character U\+"):
        headers.mailbox("From", text, "nyhetsbrev@example.org")
    with pytest.raises(HeaderError, match=r"List-Id.*control character U\+"):
        headers.phrase("List-Id", text, "nyhetsbrev.example.org")


@pytest.mark.parametrize("text", INJECTIONS)
def test_control_characters_are_refused_where_text_is_written_raw(text: str) -> None:
    writings: list[Callable[[], object]] = [
        lambda: headers.structured("Feedback-ID", text),
        lambda: headers.uris("List-Owner", text),
        lambda: headers.uris("List-Owner", f"https://example.org/{text}"),
        lambda: headers.mailbox("To", "", text),
        lambda: headers.mailbox("To", "", f"robin@example.org{text}"),
        lambda: headers.phrase("List-Id", "Nyheter", text),
        lambda: headers.message_id(f"<a@example.org>{text}"),
        lambda: headers.unstructured(f"Subject{text}", "Hej"),
    ]
    for write in writings:
        with pytest.raises(HeaderError):
            write()


@thoroughly
@given(st.text(max_size=60))
def test_a_field_is_one_field_whatever_it_is_given(text: str) -> None:
    writings: list[Callable[[], bytes]] = [
        lambda: headers.unstructured("Subject", text),
        lambda: headers.mailbox("From", text, "nyhetsbrev@example.org"),
        lambda: headers.mailbox("From", "Nyheter", text),
        lambda: headers.phrase("List-Id", text, "nyhetsbrev.example.org"),
        lambda: headers.phrase("List-Id", "Nyheter", text),
        lambda: headers.structured("Feedback-ID", text),
        lambda: headers.uris("List-Owner", text),
    ]
    for write in writings:
        try:
            field = write()
        except HeaderError:
            continue
        assert len(parsed(field + b"X-Last: 1\r\n\r\nbody")) == 2
        assert all(0x20 <= byte < 0x7F for byte in field.replace(b"\r\n", b""))


@pytest.mark.parametrize(
    "name", ["", "Sub ject", "Subject:", "Subject\r\nBcc", "Ämne", "Subject\n", "x" * 41]
)
def test_a_name_that_is_no_header_name_is_refused(name: str) -> None:
    with pytest.raises(HeaderError, match="No header can be called"):
        headers.unstructured(name, "Hej")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "robin",
        "@example.org",
        "robin@",
        "robin@exa mple.org",
        "robin exempel@example.org",
        "<robin@example.org>",
        "robin@example.org>",
        "robin@example.org, kim@example.org",
        "robin@kim@example.org",
        '"robin exempel"@example.org',
        ".robin@example.org",
        "robin.@example.org",
        "ro..bin@example.org",
        "robin@västra.example",
        "röbin@example.org",
        "robin@example..org",
        "robin@-example.org",
        "robin@example.org.",
        "robin@[127.0.0.1]",
        "robin@example.org\r\n",
        "=?utf-8?q?robin?=@example.org",
        f"{'r' * 65}@example.org",
        f"robin@{'a.' * 130}org",
        f"robin@{'a' * 64}.org",
    ],
)
def test_only_addresses_in_wire_form_are_let_through(address: str) -> None:
    with pytest.raises(HeaderError) as raised:
        headers.mailbox("To", "", address)

    # It may end up in a log.
    assert not address or address not in str(raised.value)


def test_an_international_domain_stands_as_a_labels() -> None:
    field = headers.mailbox("To", "", "robin@xn--vstra-gra.example")

    assert field == b"To: robin@xn--vstra-gra.example\r\n"


@pytest.mark.parametrize(
    "uri",
    ["", "nyheter", "https://västra.example/", "https://a.example/ b", "https://a.example/,b",
     "https://a.example/>", "https://a.example/=?utf-8?q?a?="],
)  # fmt: skip
def test_a_uri_that_readers_would_cut_short_is_refused(uri: str) -> None:
    with pytest.raises(HeaderError):
        headers.uris("List-Unsubscribe", uri)


def test_a_long_uri_is_neither_encoded_nor_broken() -> None:
    uri = "https://nyhetsbrev.example.org/" + "a" * 400

    field = headers.uris("List-Unsubscribe", uri, "mailto:avsluta@example.org")

    assert field == f"List-Unsubscribe: <{uri}>,\r\n <mailto:avsluta@example.org>\r\n".encode()


def test_a_line_over_998_characters_is_refused() -> None:
    with pytest.raises(HeaderError, match="more than 998 characters"):
        headers.uris("List-Unsubscribe", "https://nyhetsbrev.example.org/" + "a" * 1000)


@thoroughly
@given(st.from_regex(r"[a-z2-7]{32}", fullmatch=True), addresses)
def test_a_message_id_ends_in_the_domain_of_the_from_address(name: str, address: str) -> None:
    message_id = message_id_for(name, address)

    assert message_id == f"<{name}@{address.rpartition('@')[2]}>"
    assert headers.message_id(message_id) == message_id


@pytest.mark.parametrize("value", ["", "<>", "a@example.org", "<a@example.org", "<a b@example.org>",
                                   "<a@example.org>\r\n", "<a>", "<<a@example.org>>"])  # fmt: skip
def test_what_is_no_message_id_is_refused(value: str) -> None:
    with pytest.raises(HeaderError, match="Message-ID"):
        headers.message_id(value)


@thoroughly
@given(header_text)
def test_text_without_encoded_words_is_never_refused(text: str) -> None:
    if "=?" not in text:
        headers.refuse_controls("Subject", text)


def _phrase_of(field: bytes) -> str:
    value = value_of(field)
    if not value.endswith(">"):
        return ""
    phrase = value.rpartition(" <")[0]
    if phrase.startswith('"'):
        assert phrase.endswith('"')
        # The standard library agrees on what is between the quotes.
        said: str = parsed(field)["From"].addresses[0].display_name
        return said
    return decoded_strictly(phrase)
