"""Reads wire bytes the strict way, so that tests need not trust the code they test."""

from __future__ import annotations

import base64
import email
import email.policy
import quopri
import re
from email.header import decode_header, make_header
from email.message import EmailMessage

from hypothesis import settings
from hypothesis import strategies as st

#: Random text finds what we did not think of; a slow machine is not a fault.
thoroughly = settings(deadline=None, max_examples=150)

#: RFC 2047, 2, with what its section 5 (3) lets stand in a phrase.
ENCODED_WORD = re.compile(
    rb"=\?utf-8\?(?:q\?(?:[A-Za-z0-9!*+/_-]|=[0-9A-F]{2})+|b\?[A-Za-z0-9+/]+={0,2})\?="
)

#: What people may write in a header: everything but control characters and half characters.
header_text = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200)
#: The same, with more of what is dear to headers.
awkward_text = st.lists(
    st.one_of(
        header_text,
        st.sampled_from(
            [*'"\\(),:;<>@[] =?_.', "  ", "=?utf-8?q?a?=", "å", "€", "\N{FAMILY}", "x" * 90]
        ),
    ),
    max_size=12,
).map("".join)
#: Addresses in wire form, short and long.
addresses = st.builds(
    "{}@{}".format,
    st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}(\.[a-z0-9=&'-]{1,33})?", fullmatch=True),
    st.sampled_from(
        ["example.org", "xn--vstra-gra.example", "a.b.c.example.com", ".".join(["a" * 60] * 4)]
    ),
).filter(lambda address: "=?" not in address)


def parsed(wire: bytes) -> EmailMessage:
    """Return a message as the standard library reads it."""
    message = email.message_from_bytes(wire, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def value_of(field: bytes) -> str:
    """Return the value of one field, unfolded (RFC 5322, 2.2.3), not decoded."""
    assert field.endswith(b"\r\n")
    return field.decode("ascii").replace("\r\n", "").partition(":")[2].removeprefix(" ")


def decoded_strictly(value: str) -> str:
    """Return a value with its encoded-words decoded, as RFC 2047, 6.2 says."""
    words = [word for word in value.split(" ") if word]
    if not any(word.startswith("=?") for word in words):
        return value
    decoded = []
    for word in words:
        assert ENCODED_WORD.fullmatch(word.encode()), word
        assert len(word) <= 75
        _, charset, encoding, payload, _ = word.split("?")
        raw = (
            quopri.decodestring(payload, header=True)
            if encoding == "q"
            else base64.b64decode(payload, validate=True)
        )
        # Fails where a character was parted.
        decoded.append(raw.decode(charset))
    return "".join(decoded)


def decoded_leniently(value: str) -> str:
    """Return a value as the older interface of the standard library decodes it."""
    return str(make_header(decode_header(value)))


def bodies(wire: bytes) -> tuple[str, str]:
    """Return the text and the HTML of a message, decoded."""
    text, html = (part.get_payload(decode=True) for part in parsed(wire).iter_parts())
    assert isinstance(text, bytes)
    assert isinstance(html, bytes)
    return text.decode(), html.decode()
