from __future__ import annotations

import dataclasses
import pickle
import re
import smtplib
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import given
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from newsletter.content import ADDRESS_SLOT, TOKEN_SLOT, RenderedIssue
from newsletter.errors import HeaderError, RenderingError, SettingsError
from newsletter.messages import MessageRecipient, Skeleton, message_id_for
from tests.builders import SENDER, make_issue_content, make_sender
from tests.mail_server import MailServer
from tests.newsletter.messages.test_headers import INJECTIONS
from tests.newsletter.messages.wire import (
    addresses,
    awkward_text,
    bodies,
    parsed,
    thoroughly,
)

TOKEN = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"
OTHER_TOKEN = TOKEN[::-1]

TEXT = f"""\
Årets andra nummer

Fler städer söker samarbete = bra. \n\
.
From Bryssel: läs mer på
https://www.example.org/nyheter/{"regionalpolitik/" * 6}

Du får brevet för att du prenumererar med adressen {ADDRESS_SLOT}.
Avsluta: https://nyhetsbrev.example.org/avsluta/{TOKEN_SLOT}
"""

HTML = f"""\
<!DOCTYPE html>
<html lang="sv" dir="ltr"><head><title>Årets andra nummer</title></head>
<body><h1>Årets andra nummer</h1><p>Fler städer söker samarbete = bra – “Investing in Examples”.</p>
<p>Du prenumererar med adressen <b>{ADDRESS_SLOT}</b>.
<a href="https://nyhetsbrev.example.org/avsluta/{TOKEN_SLOT}">Avsluta</a></p></body></html>
"""

HEADERS = [
    "Date",
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Help",
    "List-Owner",
    "List-Archive",
    "List-Post",
    "Archived-At",
    "Feedback-ID",
    "Precedence",
    "X-Auto-Response-Suppress",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]


def make_rendered(**overrides: Any) -> RenderedIssue:
    usual = RenderedIssue(
        subject="Årets andra nummer: film, praktik och den framtida sammanhållningspolitiken",
        html=HTML,
        text=TEXT,
        web_article="",
        feed_entry="",
    )
    return dataclasses.replace(usual, **overrides)


def make_recipient(**overrides: Any) -> MessageRecipient:
    usual = MessageRecipient(
        address="kim.exempel@example.com",
        token=TOKEN,
        message_id=message_id_for("mzxw6ytboi" * 3 + "ab", SENDER.from_address),
        date=datetime(2017, 2, 22, 8, 0, 7, tzinfo=UTC),
    )
    return dataclasses.replace(usual, **overrides)


def make_skeleton(
    sender: dict[str, Any] | None = None, content: dict[str, Any] | None = None, **rendered: Any
) -> Skeleton:
    return Skeleton.of(
        make_rendered(**rendered),
        content=make_issue_content(**(content or {})),
        sender=make_sender(**(sender or {})),
    )


class Mail(SingleFileSnapshotExtension):
    """Kept with plain line ends, so that a difference can be read."""

    _write_mode = WriteMode.TEXT
    file_extension = "eml"


def test_the_whole_message_is_as_agreed(snapshot: SnapshotAssertion) -> None:
    wire = make_skeleton().fill(make_recipient())

    assert wire.decode("ascii").replace("\r\n", "\n") == snapshot(extension_class=Mail)


def test_every_header_is_there_once_and_in_order() -> None:
    wire = make_skeleton().fill(make_recipient())

    assert parsed(wire).keys() == HEADERS


def test_headers_say_what_they_were_given() -> None:
    wire = make_skeleton().fill(make_recipient())

    message = parsed(wire)
    assert message["From"] == "Externa relationer <nyhetsbrev@example.org>"
    assert message["Reply-To"] == "redaktionen@example.org"
    assert message["To"] == "kim.exempel@example.com"
    assert message["Subject"] == make_rendered().subject
    assert message["List-Id"] == (
        "Nyhetsbrev om Exempelregionens externa arbete <nyhetsbrev.example.org>"
    )
    assert message["List-Owner"] == "<mailto:redaktionen@example.org>"
    assert message["List-Archive"] == "<https://nyhetsbrev.example.org/nyhetsbrev>"
    assert message["Archived-At"] == "<https://nyhetsbrev.example.org/nyhetsbrev/2017-02>"
    assert message["List-Post"] == "NO"
    assert message["Precedence"] == "bulk"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["Content-Language"] == "sv"


def test_an_issue_does_not_pass_for_a_machines_letter() -> None:
    wire = make_skeleton().fill(make_recipient())

    assert "Auto-Submitted" not in parsed(wire)
    assert "X-Mailer" not in parsed(wire)


def test_without_a_reply_to_answers_go_to_the_from_address() -> None:
    wire = make_skeleton(sender={"reply_to": ""}).fill(make_recipient())

    assert parsed(wire).keys() == [name for name in HEADERS if name != "Reply-To"]
    assert parsed(wire)["List-Owner"] == "<mailto:nyhetsbrev@example.org>"


def test_text_comes_first_and_html_last_both_quoted_printable() -> None:
    message = parsed(make_skeleton().fill(make_recipient()))

    assert message.get_content_type() == "multipart/alternative"
    assert [
        (part.get_content_type(), part.get_content_charset(), part["Content-Transfer-Encoding"])
        for part in message.iter_parts()
    ] == [
        ("text/plain", "utf-8", "quoted-printable"),
        ("text/html", "utf-8", "quoted-printable"),
    ]
    assert not message.defects


def test_one_click_unsubscribing_is_written_as_the_rfcs_want_it() -> None:
    wire = make_skeleton().fill(make_recipient())

    header = wire.partition(b"\r\n\r\n")[0] + b"\r\n"
    assert (
        b"\r\nList-Unsubscribe: <https://nyhetsbrev.example.org/avsluta/" + TOKEN.encode() + b">,"
        b"\r\n <mailto:avsluta+" + TOKEN.encode() + b"@example.org?subject=unsubscribe>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    ) in header


@pytest.mark.parametrize(
    "base_url", ["https://nyhetsbrev.example.org", "https://" + "lang." * 40 + "example.org/brev"]
)
def test_list_headers_are_never_encoded_nor_folded_inside_a_uri(base_url: str) -> None:
    wire = make_skeleton(content={"base_url": base_url}).fill(make_recipient())

    strict = re.compile(rb"([A-Za-z-]+): <[a-z]+:[!-;=?-~]+>(,\r\n <[a-z]+:[!-;=?-~]+>)*\r\n")
    fields = re.findall(rb"^(?:List|Arch)[^\r]*\r\n(?:[ ][^\r]*\r\n)*", wire, re.MULTILINE)
    with_uris = [field for field in fields if b": <" in field and b"List-Id" not in field]
    assert len(with_uris) == 5
    assert all(strict.fullmatch(field) for field in with_uris)
    assert not any(b"=?" in field for field in with_uris)


def test_without_a_mailbox_for_it_unsubscribing_is_by_https_alone() -> None:
    wire = make_skeleton(sender={"unsubscribe_address": ""}).fill(make_recipient())

    assert parsed(wire)["List-Unsubscribe"] == f"<https://nyhetsbrev.example.org/avsluta/{TOKEN}>"


def test_the_demo_on_this_machine_has_the_same_headers_over_http() -> None:
    skeleton = make_skeleton(
        content={"base_url": "http://127.0.0.1:8025"}, sender={"unsubscribe_address": ""}
    )

    message = parsed(skeleton.fill(make_recipient()))
    assert message["List-Unsubscribe"] == f"<http://127.0.0.1:8025/avsluta/{TOKEN}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_unsubscribe_address_without_room_for_a_token_is_refused() -> None:
    make_skeleton(sender={"unsubscribe_address": "a" * 15 + "@example.org"})

    with pytest.raises(SettingsError, match="unsubscribe_address is longer than 15"):
        make_skeleton(sender={"unsubscribe_address": "a" * 16 + "@example.org"})


def test_what_means_something_else_in_a_uri_is_escaped_in_mailto() -> None:
    wire = make_skeleton(sender={"unsubscribe_address": "a&b=c?d@example.org"}).fill(
        make_recipient()
    )

    assert f"<mailto:a%26b%3Dc%3Fd+{TOKEN}@example.org?subject=unsubscribe>" in str(
        parsed(wire)["List-Unsubscribe"]
    )


def test_the_feedback_id_is_the_same_for_every_reader_and_issue() -> None:
    one = parsed(make_skeleton().fill(make_recipient()))["Feedback-ID"]
    other = parsed(
        make_skeleton(content={"name": "2017-03"}).fill(make_recipient(token=OTHER_TOKEN))
    )["Feedback-ID"]

    issue, list_id, kind, sender_id = one.split(":")
    assert (issue, list_id, kind) == ("2017-02", "nyhetsbrev.example.org", "newsletter")
    assert re.fullmatch("[a-z2-7]{5,15}", sender_id)
    assert other == one.replace("2017-02", "2017-03")


def test_the_date_is_written_in_utc_whatever_the_zone_and_language() -> None:
    noon = datetime(2017, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=1)))

    message = parsed(make_skeleton().fill(make_recipient(date=noon)))

    assert message["Date"] == "Wed, 01 Mar 2017 11:00:00 +0000"
    assert parsedate_to_datetime(message["Date"]) == noon


def test_a_date_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        make_skeleton().fill(make_recipient(date=datetime(2017, 3, 1, 12, 0)))  # noqa: DTZ001


def test_both_bodies_are_what_was_rendered_with_the_readers_own_values() -> None:
    recipient = make_recipient(address="o'kim&co=x@xn--vstra-gra.example")

    text, html = bodies(make_skeleton().fill(recipient))

    assert text == _on_the_wire(TEXT, recipient.address)
    assert html == _on_the_wire(HTML, "o&#x27;kim&amp;co=x@xn--vstra-gra.example")


@thoroughly
@given(addresses)
def test_any_address_fits_in_its_slots(address: str) -> None:
    wire = make_skeleton().fill(make_recipient(address=address))

    escaped = address.replace("&", "&amp;").replace("'", "&#x27;")
    assert parsed(wire)["To"] == address
    assert bodies(wire) == (_on_the_wire(TEXT, address), _on_the_wire(HTML, escaped))
    _assert_clean(wire)


@thoroughly
@given(awkward_text, awkward_text, awkward_text)
def test_no_words_of_ours_change_how_many_headers_there_are(
    subject: str, name: str, list_name: str
) -> None:
    wire = make_skeleton(sender={"from_name": name, "list_name": list_name}, subject=subject).fill(
        make_recipient()
    )

    assert parsed(wire).keys() == HEADERS
    assert parsed(wire)["Subject"] == subject
    assert len(parsed(wire)["From"].addresses) == 1
    assert bodies(wire)[0] == _on_the_wire(TEXT, make_recipient().address)
    _assert_clean(wire)


@thoroughly
@given(awkward_text, awkward_text)
def test_any_text_comes_back_as_it_was(text: str, html: str) -> None:
    wire = make_skeleton(text=f"{text}\n.\n{text} \n", html=html).fill(make_recipient())

    assert bodies(wire) == (f"{text}\r\n.\r\n{text} \r\n", html)
    assert parsed(wire).keys() == HEADERS
    _assert_clean(wire)


@pytest.mark.parametrize("text", INJECTIONS)
def test_control_characters_never_reach_a_header(text: str) -> None:
    for sender in ("from_name", "list_name", "from_address", "reply_to", "list_id",
                   "unsubscribe_address"):  # fmt: skip
        with pytest.raises(HeaderError):
            make_skeleton(sender={sender: text})
    for content in ("base_url", "language", "name"):
        with pytest.raises(HeaderError):
            make_skeleton(content={content: text})
    with pytest.raises(HeaderError):
        make_skeleton(subject=text)
    for own in ("address", "token", "message_id"):
        with pytest.raises(HeaderError):
            make_skeleton().fill(make_recipient(**{own: text}))


@pytest.mark.parametrize(
    "address", ["robin@västra.example", "röbin@example.org", "robin exempel@example.org",
                "<robin@example.org>", "robin@example.org, kim@example.org", ""]
)  # fmt: skip
def test_an_address_not_in_wire_form_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(HeaderError, match="header To") as raised:
        make_skeleton().fill(make_recipient(address=address))

    assert "robin" not in str(raised.value)


@pytest.mark.parametrize("token", ["", TOKEN[:-1], TOKEN + "a", TOKEN.upper(), "a/" * 24])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(HeaderError, match="no token"):
        make_skeleton().fill(make_recipient(token=token))


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x0b", "\x0c", "\x1b", "\x7f", "\x80",
                                       "\x85", "\x92", "\x9f", "\ud800", "\r"])  # fmt: skip
def test_control_characters_in_a_body_are_refused_and_the_place_is_named(character: str) -> None:
    code = f"U\\+{ord(character):04X}"

    with pytest.raises(RenderingError, match=rf"text/plain.*{code} near “.*det här: blev fel”"):
        make_skeleton(text=f"Någon skrev det här:{character} blev fel")
    with pytest.raises(RenderingError, match=f"text/html.*{code}"):
        make_skeleton(html=f"<p>{character}</p>")


def test_the_same_delivery_gives_the_same_bytes() -> None:
    first = make_skeleton().fill(make_recipient())
    again = pickle.loads(pickle.dumps(make_skeleton())).fill(make_recipient())  # noqa: S301

    assert again == first


def test_two_readers_messages_differ_only_in_token_address_and_message_id() -> None:
    one = make_recipient()
    other = make_recipient(
        address="robin.exempel@example.net",
        token=OTHER_TOKEN,
        message_id=message_id_for("q" * 32, SENDER.from_address),
    )
    skeleton = make_skeleton()

    lines = list(
        zip(skeleton.fill(one).split(b"\r\n"), skeleton.fill(other).split(b"\r\n"), strict=True)
    )

    differing = [(mine, yours) for mine, yours in lines if mine != yours]
    assert len(differing) == 8
    for mine, yours in differing:
        for old, new in (
            (one.token, other.token),
            (one.address, other.address),
            (one.message_id, other.message_id),
        ):
            mine = mine.replace(old.encode(), new.encode())
        assert mine == yours


def test_the_boundary_stands_nowhere_but_between_the_parts() -> None:
    wire = make_skeleton().fill(make_recipient())

    boundary = parsed(wire).get_boundary()
    assert boundary is not None
    assert wire.count(boundary.encode()) == 4
    assert wire.count(f"\r\n--{boundary}".encode()) == 3


def test_slots_written_by_an_editor_in_the_subject_stay_words() -> None:
    wire = make_skeleton(subject=f"{TOKEN_SLOT} och {ADDRESS_SLOT}").fill(make_recipient())

    assert parsed(wire)["Subject"] == f"{TOKEN_SLOT} och {ADDRESS_SLOT}"


def test_the_size_is_that_of_a_message_without_its_values() -> None:
    skeleton = make_skeleton()
    recipient = make_recipient()

    values = 4 * len(TOKEN) + 3 * len(recipient.address) + len(recipient.message_id) + 31
    assert skeleton.size == len(skeleton.fill(recipient)) - values


def test_the_message_survives_a_real_server(mail_server: MailServer) -> None:
    wire = make_skeleton(text=".\n..\n. \nFrom \n=\n. slut\n.\n").fill(make_recipient())

    with smtplib.SMTP(mail_server.host, mail_server.port) as client:
        client.sendmail(SENDER.envelope_sender, ["kim.exempel@example.com"], wire)

    (received,) = mail_server.received
    assert received.content == wire
    assert bodies(received.content)[0] == ".\r\n..\r\n. \r\nFrom \r\n=\r\n. slut\r\n.\r\n"


def _on_the_wire(rendered: str, address: str) -> str:
    filled = rendered.replace(ADDRESS_SLOT, address).replace(TOKEN_SLOT, TOKEN)
    return filled.replace("\n", "\r\n")


def _assert_clean(wire: bytes) -> None:
    assert all(byte in b"\r\n\t" or 0x20 <= byte < 0x7F for byte in wire)
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")
    assert wire.endswith(b"\r\n")
    header, _, body = wire.partition(b"\r\n\r\n")
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    for line in header.split(b"\r\n"):
        assert len(line) <= 998
        if b"=?" in line:
            assert len(line) <= 76
        elif not line.startswith((b"To:", b"List-", b" <")):
            assert len(line) <= 78
    assert b"." not in wire.split(b"\r\n")
