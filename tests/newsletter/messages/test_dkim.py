from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content import ADDRESS_SLOT, TOKEN_SLOT
from newsletter.messages import Signer, Skeleton
from newsletter.messages.dkim import relaxed_body, relaxed_field
from newsletter.messages.slots import Slot, values_for
from tests.builders import make_issue_content, make_sender
from tests.dkim_judge import RSA, SIGNER, published, tag, verdicts
from tests.newsletter.messages.test_skeleton import make_recipient, make_rendered
from tests.newsletter.messages.wire import addresses, thoroughly
from tests.tools import found, needs

AT = datetime(2026, 11, 20, 8, 0, 0, 999_999, tzinfo=UTC)

#: Lines with what relaxed canonicalisation is about, and what it must leave alone. The last one is
#: whole, as every message of ours is: there the judge and RFC 6376, 3.4.4, part.
lines = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b":", b"=20", b".", b"\xc3"])).map(
    lambda parts: b"".join(parts) + b"\r\n"
)
field_values = st.lists(st.sampled_from([b" ", b"\t", b"\r\n ", b"\r\n\t", b"a", b":", b"B"])).map(
    b"".join
)
#: Text of an issue, with slots in between and blanks where they hurt most.
issue_bodies = st.lists(
    st.sampled_from([ADDRESS_SLOT, TOKEN_SLOT, " ", "  ", "\t", "\n", " \n", "ord", "å", "=", "."])
).map("".join)


def signed_issue(*, signer: Signer = SIGNER, **overrides: Any) -> bytes:
    skeleton = Skeleton.of(
        make_rendered(), content=make_issue_content(), sender=make_sender(), signer=signer
    )
    return skeleton.fill(make_recipient(**overrides))


def test_a_signed_issue_verifies_with_both_keys() -> None:
    assert verdicts(signed_issue()) == [True, True]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"To: kim", b"To: tim"),
        (b"/avsluta/", b"/avslutb/"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"Fler st", b"Fier st"),
        (b"\r\nSubject:", b"\r\nSubject: sold out\r\nSubject:"),
        (b"\r\nTo:", b"\r\nCc: kim@example.net\r\nTo:"),
        (b"\r\nMIME-Version:", b"\r\nContent-Transfer-Encoding: 8bit\r\nMIME-Version:"),
    ],
    ids=["to", "token", "one-click", "body", "second subject", "cc", "encoding"],
)
def test_nothing_that_matters_can_be_changed_or_added(before: bytes, after: bytes) -> None:
    message = signed_issue()
    assert before in message

    assert verdicts(message.replace(before, after, 1)) == [False, False]


def test_what_is_signed_is_every_header_that_matters() -> None:
    names = tag(signed_issue(), "h").split(":")

    # RFC 8058, 4, and twice each: nobody can add a second one.
    assert names.count("list-unsubscribe") == 2
    assert names.count("list-unsubscribe-post") == 2
    assert names.count("from") == 2
    assert names.count("cc") == 1
    assert names.count("feedback-id") == 1
    assert not {"return-path", "received", "comments", "keywords"} & set(names)


def test_the_tags_are_what_was_decided() -> None:
    message = signed_issue(date=AT)

    assert [tag(message, "a", place=place) for place in (0, 1)] == ["rsa-sha256", "ed25519-sha256"]
    assert tag(message, "c") == "relaxed/relaxed"
    assert tag(message, "d") == "example.org"
    assert tag(message, "t") == str(int(AT.timestamp()))
    with pytest.raises(KeyError):
        tag(message, "l")


def test_a_message_tried_again_is_the_same_to_the_byte() -> None:
    first, again = signed_issue(date=AT), signed_issue(date=AT)

    assert first == again
    assert signed_issue(date=AT + timedelta(seconds=1)) != first


def test_lines_of_a_signature_are_short() -> None:
    signatures = signed_issue().partition(b"\r\nDate:")[0]

    assert signatures.count(b"DKIM-Signature:") == 2
    assert max(map(len, signatures.split(b"\r\n"))) <= 78


def test_a_relay_that_folds_and_blanks_breaks_nothing() -> None:
    message = signed_issue()

    moved = message.replace(b"Subject: ", b"SUBJECT:\r\n\t ").replace(b"--\r\n", b"--  \r\n\r\n")

    assert verdicts(moved) == [True, True]


@thoroughly
@given(lines)
def test_a_body_is_canonicalised_as_the_judge_does(body: bytes) -> None:
    assert relaxed_body(body) == Relaxed.canonicalize_body(body)


@thoroughly
@given(field_values)
def test_a_field_is_canonicalised_as_the_judge_does(value: bytes) -> None:
    ((name, canonical),) = Relaxed.canonicalize_headers([(b"Subject ", value + b"\r\n")])

    assert relaxed_field(b"Subject :" + value) + b"\r\n" == name + b":" + canonical


@thoroughly
@given(lines, st.lists(field_values, max_size=3), st.booleans())
def test_any_finished_message_verifies(body: bytes, subjects: list[bytes], has_to: bool) -> None:
    header = b"".join(b"Subject: x%b\r\n" % value for value in subjects)
    to = b"To: kim@example.net\r\n" if has_to else b""

    message = SIGNER.sign(b"From: a@example.org\r\n%b%b\r\n%b" % (to, header, body), at=AT)

    assert verdicts(message) == [True, True]


@thoroughly
@given(issue_bodies, issue_bodies, addresses)
def test_what_is_prepared_for_an_issue_covers_each_message(
    text: str, html: str, address: str
) -> None:
    skeleton = Skeleton.of(
        make_rendered(text=text, html=html),
        content=make_issue_content(),
        sender=make_sender(unsubscribe_address="avsluta@example.org"),
    )
    recipient = make_recipient(address=address, date=AT)
    message = skeleton.fill(recipient)

    prepared = SIGNER.prepare(skeleton.pieces).fields(values_for(recipient), at=AT)

    assert prepared + message == SIGNER.sign(message, at=AT)


def test_a_skeleton_with_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        SIGNER.prepare([b"From: a@example.org\r\nSubject: \0", Slot.DATE, b"\r\n"])


@needs("opendkim")
def test_opendkim_verifies_what_we_signed_and_nothing_else(tmp_path: Path) -> None:
    # It knows RSA only; a verdict on a signature it does not understand would be no verdict.
    message = signed_issue(signer=Signer("example.org", (RSA,)))
    good, bad = tmp_path / "good.eml", tmp_path / "bad.eml"
    good.write_bytes(message)
    bad.write_bytes(message.replace(b"Fler st", b"Fier st", 1))
    keys = tmp_path / "keys"
    keys.write_text(f"nb202611._domainkey.example.org {published(RSA).decode()}\n")
    settings = tmp_path / "opendkim.conf"
    settings.write_text(f"Mode v\nTestPublicKeys {keys}\n")

    said = opendkim(settings, [good, bad])

    assert re.search(r"good\.eml: verification .* succeeded", said)
    assert re.search(r"bad\.eml: verification .* failed", said)


def opendkim(settings: Path, files: Sequence[Path]) -> str:
    program = found("opendkim")
    assert program, "opendkim is not installed: apt-get install opendkim"
    command = [program, "-x", str(settings), "-v", "-t", ",".join(map(str, files))]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr
