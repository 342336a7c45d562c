"""Addresses: what is taken, what is refused, and what is the same mailbox."""

from __future__ import annotations

import sys

import email_validator
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from subscribers import addresses
from subscribers.addresses import Address
from subscribers.errors import AddressError

LOCAL_PARTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("abcKIM.+_-'0123456789åäöÅÄÖßſİΣςǰﬁ"),
        st.characters(categories=("L", "N", "M")),
    ),
    min_size=1,
    max_size=20,
)
DOMAINS = st.sampled_from(["example.org", "EXAMPLE.com", "västra.example", "faß.example"])


def _read_or_none(text: str) -> Address | None:
    try:
        return addresses.read(text)
    except AddressError:
        return None


@given(
    local_part=st.text("aZ0.!#$%&'*+/=?^_`{|}~-,\" åé", min_size=1, max_size=70),
    domain=st.sampled_from(["a.example", "xn--vstra-gra.example", "västra.example", "-a.example"])
    | st.text("aB0.-_", min_size=1, max_size=80),
)
@example(local_part="a" * 65, domain="a.example")
@example(local_part="a" * 64, domain="a." * 93 + "se")
def test_nothing_is_read_quickly_that_the_library_refuses_or_reads_otherwise(
    local_part: str, domain: str
) -> None:
    text = f"{local_part}@{domain}".strip()
    try:
        ours = addresses.read(text)
    except AddressError:
        return

    theirs = email_validator.validate_email(
        text, check_deliverability=False, strict=True, allow_quoted_local=False
    )

    assert ours.domain == (theirs.ascii_domain or "").lower()
    assert ours.wire == f"{theirs.local_part}@{ours.domain}"


@given(st.one_of(st.text(), st.builds("{}@{}".format, st.text(), st.text())))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    _read_or_none(text)
    addresses.masked(text)
    addresses.without_addresses(text)


@given(LOCAL_PARTS, DOMAINS)
def test_the_key_of_a_key_is_the_key(local_part: str, domain: str) -> None:
    first = _read_or_none(f"{local_part}@{domain}")
    if first is None:
        return

    again = _read_or_none(first.key)

    assert again is None or again.key == first.key
    assert addresses.read(first.written).key == first.key


def test_folding_any_letter_twice_is_folding_it_once() -> None:
    for letter in filter(str.isprintable, map(chr, range(0x80, sys.maxunicode + 1))):
        first = addresses.folded(f"a{letter}")

        assert addresses.folded(first) == first


@given(LOCAL_PARTS, DOMAINS)
def test_what_goes_on_the_wire_has_an_ascii_domain_and_no_blanks(
    local_part: str, domain: str
) -> None:
    address = _read_or_none(f"{local_part}@{domain}")
    if address is None:
        return

    assert address.wire.isascii() is not address.needs_smtputf8
    assert address.wire.count("@") == 1
    assert not any(character.isspace() for character in address.wire)
    assert address.wire == addresses.wire_form(address.written, address.domain)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kim.Exempel@example.org", "kim.exempel@EXAMPLE.ORG"),
        ("kim@västra.example", "kim@xn--vstra-gra.example"),
        ("kim@VÄSTRA.example", "kim@XN--VSTRA-GRA.example"),
        ("pär@example.org", "PÄR@example.org"),
        ("pär@example.org", "pa\N{COMBINING DIAERESIS}r@example.org"),
    ],
)
def test_one_mailbox_has_one_key(one: str, other: str) -> None:
    assert addresses.read(one).key == addresses.read(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kim.exempel@example.org", "kimexempel@example.org"),
        ("kim+nyheter@example.org", "kim@example.org"),
        ("kim@example.org", "kim@example.com"),
    ],
)
def test_dots_plus_signs_and_domains_tell_mailboxes_apart(one: str, other: str) -> None:
    assert addresses.read(one).key != addresses.read(other).key


def test_an_address_keeps_the_form_it_was_written_in() -> None:
    address = addresses.read("\tKim.Exempel@Västra.Example ")

    assert address.written == "Kim.Exempel@Västra.Example"
    assert address.wire == "Kim.Exempel@xn--vstra-gra.example"
    assert address.domain == "xn--vstra-gra.example"
    assert not address.needs_smtputf8


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the address is missing"),
        ("   ", "the address is missing"),
        ("kim@example.org;robin@example.org", "two addresses in one place"),
        ("kim@example.org, robin", "two addresses in one place"),
        ("kim@example.org robin@example.org", "two addresses in one place"),
        ("kim.example.org", "the @ is missing"),
        ("Kim Exempel <kim@example.org>", "something stands around the address"),
        ("kim exempel@example.org", "a blank stands in the middle"),
        ("@example.org", "nothing stands before the @"),
        ("kim@", "nothing stands after the @"),
        ("kim..exempel@example.org", "two dots in a row"),
        (".kim@example.org", "a dot stands first or last in its part"),
        ("kim@example.org.", "a dot stands first or last in its part"),
        ("kim@example", "the top-level domain is missing"),
        ("kim@printer.local", "no mail goes to names that end in .local"),
        ("k" * 65 + "@example.org", "it is too long"),
        ("kim@" + "a." * 130 + "example", "it is too long"),
        ("kim\N{ZERO WIDTH SPACE}@example.org", "a character in it cannot be seen"),
        ("kim\r\nBcc: x@example.org", "a character in it cannot be seen"),
        ("kim@127.0.0.1", "it has a character or a name that no address can have"),
        ("kim@[127.0.0.1]", "it has a character or a name that no address can have"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_never_repeats_the_address(
    text: str, problem: str
) -> None:
    with pytest.raises(AddressError) as refusal:
        addresses.read(text)

    assert refusal.value.problem.in_english() == problem
    assert "example.org" not in str(refusal.value).replace("kim.exempel@example.org", "")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("kim.exempel@example.org", "k…l@example.org"),
        ("kim@example.org", "k…m@example.org"),
        ("ab@example.org", "a…@example.org"),
        ("a@example.org", "a…@example.org"),
        ("no address", "…"),
    ],
)
def test_a_masked_address_does_not_give_the_person_away(address: str, shown: str) -> None:
    assert addresses.masked(address) == shown


@given(st.text(), LOCAL_PARTS, st.text())
def test_no_address_is_left_in_text_they_were_taken_out_of(
    before: str, local_part: str, after: str
) -> None:
    text = f"{before}{local_part}@example.org{after}"

    assert "@" not in addresses.without_addresses(text)


def test_taking_addresses_out_leaves_the_rest_readable() -> None:
    text = "enligt mejl från <kim@example.org>, 20 februari"

    assert addresses.without_addresses(text) == "enligt mejl från <…>, 20 februari"
