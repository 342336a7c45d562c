"""What becomes of one message is known, whatever a server does at whatever moment."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
import trustme

from newsletter.delivery import smtp_url
from newsletter.delivery.connecting import SenderMisconfiguredError, ServerUnavailableError
from newsletter.delivery.folder import FolderTransport
from newsletter.delivery.outcomes import (
    Accepted,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientDeferred,
    RecipientRefused,
    SenderMisconfigured,
    ServerUnavailable,
    Uncertain,
)
from newsletter.delivery.reasons import Reason
from newsletter.delivery.smtp import SmtpTransport, Timeouts
from newsletter.delivery.transport import Message, Messages, send_one
from newsletter.errors import SettingsError
from newsletter.messages import wire_text
from tests.mail_server import MailServer
from tests.newsletter.delivery.scripted_server import Action, Fault, ScriptedServer

SENDER = "studsar@example.org"
CONTENT = b"Subject: x\r\n\r\nHej\r\n.\r\n..\r\n.dold\r\nslut\r\n"
#: Longer than what the network takes in without the server reading.
LONG = CONTENT + (b"x" * 70 + b"\r\n") * 200_000
RATHER_LONG = CONTENT + (b"x" * 70 + b"\r\n") * 5_000


def message(content: bytes, *, sender: str = SENDER, recipient: str) -> Message:
    return Message(sender, recipient, wire_text(content))


def to_kim(content: bytes = CONTENT) -> Message:
    return message(content, recipient="kim.exempel@example.org")


def to_robin(content: bytes = CONTENT) -> Message:
    return message(content, recipient="robin.exempel@example.com")


#: Silence is noticed after this many seconds; an answer comes at once.
SOON = 0.4

MAIL, RCPT, DATA, BODY, DOT = "MAIL", "RCPT", "DATA", "BODY", "DOT"
SILENCE, DROP = Fault.SILENCE, Fault.DROP
GARBAGE = b"\x00\xffwhat?\r\n"
TWO_ANSWERS = b"250 OK\r\n250 and again\r\n"
NO_END = b"250-" + b"x" * 10_000


@asynccontextmanager
async def connected(
    server: ScriptedServer, *, timeouts: Timeouts | None = None
) -> AsyncIterator[SmtpTransport]:
    transport = SmtpTransport(
        smtp_url.parse(server.url),
        timeouts=timeouts
        or Timeouts(connect=5, command=SOON, data=SOON, block=SOON, final_dot=SOON, goodbye=SOON),
    )
    await transport.connect()
    try:
        yield transport
    finally:
        await transport.close()


#: What a server does at a step, what has become of the message then, and why.
FAULTS: list[tuple[str, Action, type[Outcome], Reason | None]] = [
    # 1, 2: the connection breaks, or nothing more is heard.
    (MAIL, DROP, NotSent, None),
    (RCPT, DROP, NotSent, None),
    (DATA, DROP, NotSent, None),
    (DOT, DROP, Uncertain, Reason.NO_ANSWER),
    (MAIL, SILENCE, NotSent, None),
    (RCPT, SILENCE, NotSent, None),
    (DATA, SILENCE, NotSent, None),
    (DOT, SILENCE, Uncertain, Reason.NO_ANSWER),
    # 3: closing.
    (MAIL, b"421 4.3.2 closing\r\n", ServerUnavailable, None),
    (RCPT, b"421 4.3.2 closing\r\n", ServerUnavailable, None),
    (DATA, b"421 4.3.2 closing\r\n", ServerUnavailable, None),
    (DOT, b"421 4.3.2 closing\r\n", ServerUnavailable, None),
    # 4: not now.
    (MAIL, b"451 4.3.0 later\r\n", ServerUnavailable, None),
    (RCPT, b"450 4.2.0 greylisted\r\n", RecipientDeferred, Reason.OTHER),
    (DATA, b"451 4.3.0 later\r\n", RecipientDeferred, Reason.SYSTEM),
    (DOT, b"451 4.3.0 later\r\n", RecipientDeferred, Reason.SYSTEM),
    # 5: no.
    (MAIL, b"550 5.1.8 bad sender\r\n", SenderMisconfigured, None),
    (RCPT, b"550-5.1.1 no\r\n550 5.1.1 such user\r\n", RecipientRefused, Reason.BAD_ADDRESS),
    (DATA, b"554 5.7.1 no\r\n", RecipientRefused, Reason.POLICY),
    (DOT, b"554 5.6.0 bad content\r\n", MessageRefused, Reason.CONTENT),
    # 6: log in first.
    (MAIL, b"530 5.7.0 log in first\r\n", SenderMisconfigured, None),
    (DATA, b"535 5.7.8 who are you\r\n", SenderMisconfigured, None),
    (RCPT, b"535 5.7.8 who are you\r\n", SenderMisconfigured, None),
    (DOT, b"535 5.7.8 who are you\r\n", SenderMisconfigured, None),
    # 7: no reply at all.
    (MAIL, GARBAGE, NotSent, None),
    (RCPT, GARBAGE, NotSent, None),
    (DATA, GARBAGE, NotSent, None),
    (DOT, GARBAGE, Uncertain, Reason.NO_ANSWER),
    # 8: a reply without an end.
    (MAIL, NO_END, NotSent, None),
    (RCPT, NO_END, NotSent, None),
    (DATA, NO_END, NotSent, None),
    (DOT, NO_END, Uncertain, Reason.NO_ANSWER),
    # 9: more answers than questions.
    (MAIL, TWO_ANSWERS, NotSent, None),
    (RCPT, TWO_ANSWERS, NotSent, None),
    (DATA, b"354 go on\r\n250 OK\r\n", NotSent, None),
    (MAIL, b"250 OK\r\n550 5.1.1 out of turn\r\n", NotSent, None),
    (DATA, b"250 OK\r\n", NotSent, None),
    (DOT, b"354 go on\r\n", Uncertain, Reason.NO_ANSWER),
    # 10: it says why before the message is through.
    (DATA, b"354 go on\r\n552 5.3.4 too big\r\n", MessageRefused, Reason.CONTENT),
]
PLAIN, PIPELINING = ("SIZE 100000000",), ("SIZE 100000000", "PIPELINING")


@pytest.mark.parametrize("extensions", [PLAIN, PIPELINING], ids=["one by one", "pipelined"])
@pytest.mark.parametrize(("step", "action", "kind", "reason"), FAULTS)
async def test_a_fault_has_its_outcome_and_the_next_recipient_is_served(
    step: str,
    action: Action,
    kind: type[Outcome],
    reason: Reason | None,
    extensions: tuple[str, ...],
) -> None:
    server = ScriptedServer({(1, step): action}, extensions=extensions)
    async with server, connected(server) as transport:
        outcome = await send_one(transport, to_kim())
        if not transport.is_connected:
            await transport.connect()
        following = await send_one(transport, to_robin())

    assert (type(outcome), outcome.reason) == (kind, reason)
    assert isinstance(following, Accepted)
    assert [taken.recipient for taken in server.taken][-1] == to_robin().recipient
    assert server.taken[-1].content == CONTENT


@pytest.mark.parametrize(("step", "action", "kind", "reason"), FAULTS)
async def test_a_fault_at_a_message_that_was_announced_is_its_own_alone(
    step: str, action: Action, kind: type[Outcome], reason: Reason | None
) -> None:
    server = ScriptedServer({(2, step): action}, extensions=PIPELINING)
    async with server, connected(server) as transport:
        supply = Messages([to_robin(), to_kim()])
        await transport.send(supply)
        if not transport.is_connected:
            await transport.connect()
        after = await send_one(transport, to_robin())

    # Where the connection was gone by then, it was not begun, and has certainly not gone.
    before, outcome = [*supply.outcomes, NotSent()][:2]
    assert isinstance(before, Accepted)
    assert (type(outcome), outcome.reason) == (kind, reason)
    assert isinstance(after, Accepted)


async def test_a_text_asked_for_after_a_refused_recipient_gets_nothing() -> None:
    script: dict[tuple[int, str], Action] = {(1, RCPT): b"550 5.1.1 no such user\r\n"}
    server = ScriptedServer(script, extensions=PIPELINING)
    async with server, connected(server) as transport:
        outcome = await send_one(transport, to_kim())
        following = await send_one(transport, to_robin())

    # RFC 2920, 3.1: a lone dot.
    assert [taken.wire for taken in server.taken[:-1]] == [b""]
    assert isinstance(outcome, RecipientRefused)
    assert isinstance(following, Accepted)
    assert server.connections == 1


@pytest.mark.parametrize("action", [DROP, SILENCE, b"421 closing\r\n", b"554 5.6.0 no\r\n"])
async def test_a_break_in_the_middle_of_the_text_is_no_doubt(action: Action) -> None:
    async with ScriptedServer({(1, BODY): action}) as server, connected(server) as transport:
        outcome = await send_one(transport, to_kim(LONG))

        assert not transport.is_connected

    assert not isinstance(outcome, Accepted | Uncertain)
    assert server.taken == []


@pytest.mark.parametrize("step", [RCPT, DATA, DOT])
async def test_after_a_refusal_nothing_of_it_is_left_for_the_next(step: str) -> None:
    script: dict[tuple[int, str], Action] = {(1, step): b"550 5.1.1 no\r\n"}
    async with ScriptedServer(script) as server, connected(server) as transport:
        await send_one(transport, to_kim())
        await send_one(transport, to_robin())

    assert server.connections == 1
    assert server.commands.index("RSET") < server.commands.index(
        f"RCPT TO:<{to_robin().recipient}>"
    )


async def test_after_silence_the_connection_is_not_used_again() -> None:
    async with ScriptedServer({(1, DOT): SILENCE}) as server, connected(server) as transport:
        outcome = await send_one(transport, to_kim())

        assert not transport.is_connected

    assert isinstance(outcome, Uncertain)


async def test_a_cancelled_message_ends_the_connection() -> None:
    reached = asyncio.Event()

    def on_step(_message: int, step: str) -> None:
        if step == DOT:
            reached.set()

    server = ScriptedServer({(1, DOT): SILENCE}, on_step=on_step)
    async with server, connected(server, timeouts=Timeouts(goodbye=SOON)) as transport:
        sending = asyncio.create_task(send_one(transport, to_kim()))
        await reached.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

        assert not transport.is_connected


async def test_a_server_that_leaves_after_its_answer_has_answered() -> None:
    script: dict[tuple[int, str], Action] = {(1, DOT): Fault.ANSWER_AND_DROP}
    async with ScriptedServer(script) as server, connected(server) as transport:
        first = await send_one(transport, to_kim())
        second = await send_one(transport, to_robin())

        assert not transport.is_connected

    assert isinstance(first, Accepted)
    assert isinstance(second, NotSent)


@pytest.mark.parametrize(
    "content",
    [
        CONTENT,
        b".\r\n",
        b"\r\n",
        b"..\r\n.\r\n.\r\n\r\n.a\r\n",
        b"Subject: x\r\n\r\n" + b"." * 70 + b"\r\n",
    ],
)
async def test_the_server_gets_exactly_the_bytes(content: bytes, mail_server: MailServer) -> None:
    transport = SmtpTransport(smtp_url.parse(mail_server.url))
    await transport.connect()
    outcome = await send_one(transport, to_kim(content))
    await transport.close()

    assert isinstance(outcome, Accepted)
    assert [message.content for message in mail_server.received] == [content]
    assert mail_server.received[0].mail_from == SENDER
    assert mail_server.received[0].rcpt_to == [to_kim().recipient]


@pytest.mark.parametrize(
    ("recipient", "reason"),
    [
        ("kim@example.org>\r\nRCPT TO:<robin@example.org", Reason.BAD_SYNTAX),
        ("kim exempel@example.org", Reason.BAD_SYNTAX),
        ("<kim@example.org>", Reason.BAD_SYNTAX),
        ("kim@example.org SIZE=1", Reason.BAD_SYNTAX),
        ("kim\x00@example.org", Reason.BAD_SYNTAX),
        ("kim", Reason.BAD_SYNTAX),
        ("", Reason.BAD_SYNTAX),
        ("å@example.org", Reason.NOT_SUPPORTED),
    ],
)
async def test_a_bad_address_is_refused_before_the_wire(recipient: str, reason: Reason) -> None:
    async with ScriptedServer() as server, connected(server) as transport:
        outcome = await send_one(transport, message(CONTENT, recipient=recipient))

    assert outcome == RecipientRefused(reason=reason)
    assert server.messages == 0


async def test_a_bad_envelope_sender_blames_no_recipient() -> None:
    async with ScriptedServer() as server, connected(server) as transport:
        outcome = await send_one(
            transport, message(CONTENT, sender="a b@example.org", recipient=to_kim().recipient)
        )

    assert isinstance(outcome, SenderMisconfigured)
    assert server.messages == 0


async def test_a_message_larger_than_the_server_takes_is_not_begun() -> None:
    server = ScriptedServer(extensions=("SIZE 20",))
    async with server, connected(server) as transport:
        outcome = await send_one(transport, to_kim())

    assert isinstance(outcome, MessageRefused)
    assert server.messages == 0


async def test_the_size_is_told_only_to_a_server_that_wants_it() -> None:
    for extensions, parameter in (
        (("SIZE 999",), f" SIZE={len(wire_text(CONTENT))}"),
        (("8BITMIME",), ""),
    ):
        server = ScriptedServer(extensions=extensions)
        async with server, connected(server) as transport:
            await send_one(transport, to_kim())

        assert f"MAIL FROM:<{SENDER}>{parameter}" in server.commands


# Connecting


@pytest.mark.parametrize(
    ("step", "action", "kind"),
    [
        ("CONNECT", DROP, ServerUnavailableError),
        ("CONNECT", SILENCE, ServerUnavailableError),
        ("CONNECT", b"421 busy\r\n", ServerUnavailableError),
        ("CONNECT", b"554 5.7.1 not you\r\n", ServerUnavailableError),
        ("CONNECT", GARBAGE, ServerUnavailableError),
        ("EHLO", DROP, ServerUnavailableError),
        ("EHLO", SILENCE, ServerUnavailableError),
        ("EHLO", b"451 later\r\n", ServerUnavailableError),
        ("EHLO", b"550 what a name\r\n", SenderMisconfiguredError),
        ("AUTH", DROP, ServerUnavailableError),
        ("AUTH", SILENCE, ServerUnavailableError),
        ("AUTH", b"454 4.7.0 later\r\n", ServerUnavailableError),
        ("AUTH", b"535 5.7.8 wrong\r\n", SenderMisconfiguredError),
    ],
)
async def test_trouble_before_the_first_message_is_the_servers_or_ours(
    step: str, action: Action, kind: type[Exception]
) -> None:
    server = ScriptedServer({(0, step): action}, extensions=("AUTH PLAIN",))
    async with server:
        url = f"smtp+plain://kim:s3cret@127.0.0.1:{server.port}"
        transport = SmtpTransport(
            smtp_url.parse(url), timeouts=Timeouts(connect=SOON, command=SOON)
        )

        with pytest.raises(kind) as raised:
            await transport.connect()

    assert not transport.is_connected
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("code", [500, 502])
async def test_a_server_that_does_not_know_ehlo_is_greeted_in_the_old_way(code: int) -> None:
    server = ScriptedServer({(0, "EHLO"): b"%d unknown command\r\n" % code})
    async with server:
        transport = SmtpTransport(smtp_url.parse(server.url))
        await transport.connect()
        outcome = await send_one(transport, to_kim())
        await transport.close()

    assert isinstance(outcome, Accepted)
    assert server.commands[:3] == ["EHLO localhost", "HELO localhost", f"MAIL FROM:<{SENDER}>"]


async def test_nobody_listening_is_said_with_the_name_of_the_server() -> None:
    async with ScriptedServer() as server:
        url = server.url
    transport = SmtpTransport(smtp_url.parse(url))

    with pytest.raises(ServerUnavailableError, match=f"127.0.0.1:{server.port}"):
        await transport.connect()


async def test_a_server_without_login_is_said_to_be_one() -> None:
    async with ScriptedServer() as server:
        url = f"smtp+plain://kim:s3cret@127.0.0.1:{server.port}"
        transport = SmtpTransport(smtp_url.parse(url))

        with pytest.raises(SenderMisconfiguredError, match="log in"):
            await transport.connect()

    assert not any("AUTH" in command for command in server.commands)


def test_a_machine_cannot_be_called_just_anything() -> None:
    with pytest.raises(SettingsError, match="smtp_hostname"):
        SmtpTransport(smtp_url.parse("smtp://smtp.example.org"), host_name="a b\r\nc")


# TLS


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def tls_transport(
    tmp_path: Path,
) -> Callable[..., AbstractAsyncContextManager[tuple[ScriptedServer, SmtpTransport]]]:
    """Connect over TLS to a server whose certificate is for `name`, trusted or not."""

    @asynccontextmanager
    async def connect(
        scheme: str,
        *,
        name: str = "127.0.0.1",
        trusted: bool = True,
        oldest: bool = False,
        extensions: tuple[str, ...] = ("STARTTLS", "AUTH PLAIN"),
    ) -> AsyncIterator[tuple[ScriptedServer, SmtpTransport]]:
        authority = trustme.CA()
        file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(file))
        context = server_context(authority if trusted else trustme.CA(), name)
        if oldest:
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        server = ScriptedServer(
            extensions=extensions, context=context, implicit_tls=scheme == "smtps"
        )
        async with server:
            url = f"{scheme}://kim:s3cret@127.0.0.1:{server.port}?ca={file}"
            yield (
                server,
                SmtpTransport(
                    smtp_url.parse(url), timeouts=Timeouts(connect=5, command=5, goodbye=1)
                ),
            )

    return connect


TlsTransport = Callable[..., AbstractAsyncContextManager[tuple[ScriptedServer, SmtpTransport]]]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_mail_goes_over_tls_to_a_server_that_proves_itself(
    scheme: str, tls_transport: TlsTransport
) -> None:
    async with tls_transport(scheme) as (server, transport):
        await transport.connect()
        first = await send_one(transport, to_kim(RATHER_LONG))
        second = await send_one(transport, to_robin())
        await transport.close()

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert [taken.content for taken in server.taken] == [RATHER_LONG, CONTENT]
    assert server.commands[-1] == "QUIT"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("wrong", [{"trusted": False}, {"name": "smtp.example.net"}])
async def test_a_server_that_cannot_prove_itself_gets_neither_mail_nor_password(
    scheme: str, wrong: dict[str, object], tls_transport: TlsTransport
) -> None:
    async with tls_transport(scheme, **wrong) as (server, transport):
        with pytest.raises(SenderMisconfiguredError, match="right one"):
            await transport.connect()

    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


async def test_tls_is_never_given_up_silently(tls_transport: TlsTransport) -> None:
    async with tls_transport("smtp", extensions=("AUTH PLAIN",)) as (server, transport):
        with pytest.raises(SenderMisconfiguredError, match="STARTTLS"):
            await transport.connect()

    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


async def test_a_break_after_the_dot_is_doubt_over_tls_too(tls_transport: TlsTransport) -> None:
    async with tls_transport("smtp") as (server, transport):
        server.script = {(1, DOT): DROP}
        await transport.connect()
        outcome = await send_one(transport, to_kim())
        await transport.close()

    assert isinstance(outcome, Uncertain)


# Folder


async def test_a_folder_takes_messages_named_for_their_message_id(tmp_path: Path) -> None:
    content = b"Subject: x\r\nMessage-ID: <../abc@example.org>\r\n\r\nHej\r\n"
    transport = FolderTransport(tmp_path / "out" / "deep")
    await transport.connect()

    outcome = await send_one(transport, to_kim(content))
    await send_one(transport, to_kim(content))
    await transport.close()

    files = list((tmp_path / "out" / "deep").iterdir())
    assert isinstance(outcome, Accepted)
    assert outcome.reason is Reason.WRITTEN
    assert [file.read_bytes() for file in files] == [content]
    assert files[0].suffix == ".eml"


async def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ServerUnavailableError, match="cannot be made"):
        await FolderTransport(tmp_path / "file" / "out").connect()
