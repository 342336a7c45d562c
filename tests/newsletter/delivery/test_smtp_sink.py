"""What becomes of a message is known with Postfix's own bad server, too, pipelined or not."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from newsletter.delivery import smtp_url
from newsletter.delivery.connecting import ServerUnavailableError
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
from newsletter.delivery.smtp import SmtpTransport, Timeouts
from newsletter.delivery.transport import Message, send_one
from newsletter.messages import wire_text
from tests import tools

SMTP_SINK = tools.found("smtp-sink")
pytestmark = tools.needs("smtp-sink")

MESSAGE = Message(
    "studsar@example.org", "kim@example.org", wire_text(b"Subject: x\r\n\r\n" + b"Hej\r\n" * 9000)
)
#: Seconds after which silence is silence.
SOON = 0.5


@contextmanager
def smtp_sink(*switches: str) -> Iterator[SmtpTransport]:
    """Give a transport to an smtp-sink that runs with these switches."""
    assert SMTP_SINK is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Run by root, it asks for somebody to become.
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    sink = subprocess.Popen([SMTP_SINK, *user, *switches, f"127.0.0.1:{port}", "16"])
    try:
        while sink.poll() is None and not _listens(port):
            pass
        yield SmtpTransport(
            smtp_url.parse(f"smtp+plain://127.0.0.1:{port}"),
            timeouts=Timeouts(
                connect=5, command=SOON, data=SOON, block=SOON, final_dot=SOON, goodbye=SOON
            ),
        )
    finally:
        sink.kill()
        sink.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("more", [(), ("-p",), ("-E",)], ids=["", "no pipelining", "no codes"])
@pytest.mark.parametrize(
    ("switches", "kind"),
    [
        ((), Accepted),
        # Disconnect without a word.
        (("-q", "MAIL"), NotSent),
        (("-q", "RCPT"), NotSent),
        (("-q", "DATA"), NotSent),
        (("-q", "."), Uncertain),
        # Disconnect with 421.
        (("-Q", "MAIL"), ServerUnavailable),
        (("-Q", "RCPT"), ServerUnavailable),
        (("-Q", "DATA"), ServerUnavailable),
        (("-Q", "."), ServerUnavailable),
        # Not now.
        (("-r", "MAIL"), ServerUnavailable),
        (("-r", "RCPT"), RecipientDeferred),
        (("-r", "DATA"), RecipientDeferred),
        (("-r", "."), RecipientDeferred),
        (("-r", "RCPT", "-b", "421 4.3.2 closing"), ServerUnavailable),
        # No.
        (("-f", "MAIL", "-B", "550 5.1.8 bad sender"), SenderMisconfigured),
        (("-f", "RCPT", "-B", "550 5.1.1 no such user"), RecipientRefused),
        (("-f", "RCPT", "-B", "535 5.7.8 who are you"), SenderMisconfigured),
        (("-f", "DATA", "-B", "554 5.7.1 no"), RecipientRefused),
        (("-f", ".", "-B", "554 5.6.0 bad content"), MessageRefused),
        # No answer in time.
        (("-W", "MAIL:9"), NotSent),
        (("-W", "RCPT:9"), NotSent),
        (("-W", "DATA:9"), NotSent),
        (("-W", ".:9"), Uncertain),
    ],
)
async def test_each_switch_has_its_outcome(
    switches: tuple[str, ...], kind: type[Outcome], more: tuple[str, ...]
) -> None:
    with smtp_sink(*switches, *more) as transport:
        await transport.connect()
        outcome = await send_one(transport, MESSAGE)
        await transport.close()

    assert type(outcome) is kind


async def test_a_text_broken_off_with_a_no_is_not_in_doubt() -> None:
    with smtp_sink("-A", "0") as transport:
        await transport.connect()
        outcome = await send_one(transport, MESSAGE)
        await transport.close()

    assert not isinstance(outcome, Accepted | Uncertain)


async def test_a_server_that_speaks_no_esmtp_gets_its_mail_too() -> None:
    with smtp_sink("-e") as transport:
        await transport.connect()
        outcome = await send_one(transport, MESSAGE)
        await transport.close()

    assert isinstance(outcome, Accepted)


@pytest.mark.parametrize("switches", [("-q", "CONNECT"), ("-Q", "CONNECT"), ("-f", "CONNECT")])
async def test_a_server_that_lets_nobody_in_is_unavailable(switches: tuple[str, ...]) -> None:
    with smtp_sink(*switches) as transport:
        with pytest.raises(ServerUnavailableError):
            await transport.connect()

        assert not transport.is_connected
