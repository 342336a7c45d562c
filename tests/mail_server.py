"""A real SMTP server on loopback that keeps what it accepts and misbehaves when told to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

#: Seconds between two questions whether those held back may go on.
_LOOK = 0.02
#: Seconds to start within, also while the machine is busy with other tests.
_PATIENCE = 60


class _Controller(Controller):
    """Listens on a socket that is bound: between looking for a port and taking it, others may."""

    def __init__(self, server: MailServer, listening: socket.socket) -> None:
        host, port = listening.getsockname()
        super().__init__(server, hostname=host, port=port, ready_timeout=_PATIENCE)
        self._listening = listening

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


@dataclass(frozen=True)
class Received:
    """One message the server answered 250 for."""

    mail_from: str
    rcpt_to: list[str]
    content: bytes


@dataclass
class MailServer:
    """Use as a context manager; `received` is filled in the order of acceptance.

    `reply_to_rcpt` and `reply_to_data` may answer for the server: return None to accept.
    """

    received: list[Received] = field(default_factory=list)
    reply_to_rcpt: Callable[[str], str | None] = lambda _address: None
    reply_to_data: Callable[[Received], str | None] = lambda _message: None
    #: Asked again and again before each recipient is answered: as long as it says so, all wait.
    holds_back: Callable[[], bool] = lambda: False
    host: str = "127.0.0.1"
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp+plain://{self.host}:{self.port}"

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        # aiosmtpd takes pipelined commands but does not say so.
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        while self.holds_back():  # noqa: ASYNC110 - it is another process that ends it
            await asyncio.sleep(_LOOK)
        refusal = self.reply_to_rcpt(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        message = Received(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        refusal = self.reply_to_data(message)
        if refusal is not None:
            return refusal
        self.received.append(message)
        await asyncio.sleep(0)
        return "250 2.0.0 OK queued"

    def hold_back_after(self, number: int) -> None:
        """Let nobody go on once so many messages are accepted."""
        self.holds_back = lambda: len(self.received) >= number

    def __enter__(self) -> MailServer:
        listening = listen(self.host)
        self.port = listening.getsockname()[1]
        self._controller = _Controller(self, listening)
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop(no_assert=True)


def listen(host: str) -> socket.socket:
    """Listen on a free port of a host; what is answered goes out at once."""
    listening = socket.create_server((host, 0))
    # asyncio sees to it only where it opens the socket. Else the second of two short answers waits
    # for the first to be acknowledged, which takes 40 ms: twenty seconds for 500 messages.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
