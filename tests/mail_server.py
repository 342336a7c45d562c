"""A real SMTP server on loopback that keeps what it accepts and misbehaves when told to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


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

    def __enter__(self) -> MailServer:
        with socket.socket() as probe:
            probe.bind((self.host, 0))
            self.port = probe.getsockname()[1]
        self._controller = Controller(self, hostname=self.host, port=self.port)
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop(no_assert=True)
