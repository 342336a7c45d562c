"""Take an envelope and a message to a server, and say what became of it.

`connecting` opens the session; the mail itself goes over our own `wire`, so that the stage is
known whenever something fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from newsletter.delivery import connecting, smtp_url
from newsletter.delivery.outcomes import (
    Accepted,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientRefused,
    SenderMisconfigured,
    ServerUnavailable,
    Stage,
    Uncertain,
    classify,
)
from newsletter.delivery.reasons import Reason
from newsletter.delivery.replies import Reply, shown
from newsletter.delivery.smtp_url import SmtpServer
from newsletter.delivery.wire import GarbledError, Wire, WireError
from newsletter.errors import SettingsError

# RFC 5321, 4.1.2, and nothing that could end the command or the path.
_MAILBOX = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")
_HOST_NAME = re.compile(r"[A-Za-z0-9\[\]:._-]+")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What servers read: where bounces go, and to whom."""

    sender: str
    recipient: str


class Transport(Protocol):
    """Anything that takes an envelope and a message."""

    @property
    def is_connected(self) -> bool:
        """Whether a message can be sent without connecting first."""

    async def connect(self) -> None:
        """Make ready to send.

        Raises ServerUnavailableError: try again later; SenderMisconfiguredError: somebody must
        change something.
        """

    async def send(self, envelope: Envelope, content: bytes) -> Outcome:
        """Send one message, exact wire bytes with CRLF, not dot-stuffed; say what became of it.

        Never raises for what a server or network does. When cancelled, the connection is gone.
        """

    async def close(self) -> None:
        """Say goodbye and close; never fails, may be called twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for an answer; from RFC 5321, 4.5.3.2, but a connection sooner."""

    connect: float = 60
    command: float = 300
    data: float = 120
    block: float = 180
    #: Shorter than this and a slow server's "250" is missed: the message comes twice, or in doubt.
    final_dot: float = 600
    goodbye: float = 5


class SmtpTransport:
    """Hands messages to one SMTP server over one connection."""

    def __init__(
        self, server: SmtpServer, *, host_name: str = "localhost", timeouts: Timeouts | None = None
    ) -> None:
        """Take a server, and the name this machine gives itself in EHLO.

        Raises SettingsError: that name is no host name.
        """
        if not _HOST_NAME.fullmatch(host_name):
            raise SettingsError(
                "The setting smtp_hostname is not the name of a machine. Nothing was sent. "
                "Write it like nyhetsbrev.example.org."
            )
        self.server = server
        self._host_name = host_name
        self._timeouts = timeouts or Timeouts()
        self._wire: Wire | None = None
        self._size_limit: int | None = None
        self._takes_size = False

    @classmethod
    def of_url(cls, url: str, *, host_name: str, final_dot_timeout: float) -> SmtpTransport:
        """Return the transport for the settings `smtp_url`, `smtp_hostname`, `final_dot_timeout`.

        Raises SettingsError: the URL or the name cannot be understood.
        """
        return cls(
            smtp_url.parse(url),
            host_name=host_name,
            timeouts=Timeouts(final_dot=final_dot_timeout),
        )

    @property
    def is_connected(self) -> bool:
        """Whether the connection is there and in step."""
        return self._wire is not None and self._wire.is_usable

    async def connect(self) -> None:
        """Connect, protect the connection as the URL says, and log in.

        Raises ServerUnavailableError, SenderMisconfiguredError.
        """
        await self.close()
        session = await connecting.open_session(
            self.server,
            host_name=self._host_name,
            connect_within=self._timeouts.connect,
            answer_within=self._timeouts.command,
        )
        self._wire = Wire(session.transport)
        self._takes_size, self._size_limit = session.takes_size, session.size_limit

    async def send(self, envelope: Envelope, content: bytes) -> Outcome:
        """Send one message; see `Transport.send`."""
        refusal = self._refused_here(envelope, content)
        if refusal is not None:
            return refusal
        if self._wire is None:
            return NotSent("not connected")
        try:
            return await self._converse(self._wire, envelope, content)
        except BaseException:
            # Out of step: the next answer would be taken for another question's.
            self._wire.abort()
            raise

    def _refused_here(self, envelope: Envelope, content: bytes) -> Outcome | None:
        if not envelope.recipient.isascii():
            return RecipientRefused(reason=Reason.NOT_SUPPORTED)
        if not _MAILBOX.fullmatch(envelope.recipient):
            return RecipientRefused(reason=Reason.BAD_SYNTAX)
        if not _MAILBOX.fullmatch(envelope.sender):
            return SenderMisconfigured("the envelope sender cannot be written in an envelope")
        if self._size_limit is not None and len(content) > self._size_limit:
            return MessageRefused(
                f"{len(content)} bytes; the server takes {self._size_limit}", Reason.CONTENT
            )
        return None

    async def _converse(self, wire: Wire, envelope: Envelope, content: bytes) -> Outcome:
        seconds = self._timeouts
        stuffed = _dot_stuffed(content)
        stage = Stage.MAIL
        try:
            mail = f"MAIL FROM:<{envelope.sender}>"
            if self._takes_size:
                mail += f" SIZE={len(content)}"
            reply = await wire.ask(mail.encode("ascii"), within=seconds.command)
            if reply.kind != 2:
                return await self._not_taken(wire, stage, reply, envelope)
            stage = Stage.RCPT
            recipient = f"RCPT TO:<{envelope.recipient}>".encode("ascii")
            reply = await wire.ask(recipient, within=seconds.command)
            if reply.kind != 2:
                return await self._not_taken(wire, stage, reply, envelope)
            stage = Stage.DATA
            reply = await wire.ask(b"DATA", within=seconds.data)
            if reply.kind != 3:
                return await self._not_taken(wire, stage, reply, envelope)
            stage = Stage.BODY
            await wire.write(stuffed, within=seconds.block)
            stage = Stage.DOT
            reply = await wire.ask(b".", within=seconds.final_dot)
        except WireError as error:
            wire.abort()
            return _broken(stage, error, envelope)
        if reply.kind == 2:
            return Accepted(reply.shown(envelope.recipient))
        return await self._not_taken(wire, stage, reply, envelope)

    async def _not_taken(
        self, wire: Wire, stage: Stage, reply: Reply, envelope: Envelope
    ) -> Outcome:
        outcome = classify(stage, reply, address=envelope.recipient)
        if isinstance(outcome, ServerUnavailable | NotSent | Uncertain):
            wire.abort()
            return outcome
        try:
            # RFC 5321, 4.1.1.5: nothing of this message may be left over for the next.
            if (await wire.ask(b"RSET", within=self._timeouts.command)).kind != 2:
                wire.abort()
        except WireError:
            wire.abort()
        return outcome

    async def close(self) -> None:
        """Say goodbye and close."""
        wire, self._wire = self._wire, None
        if wire is None:
            return
        try:
            await wire.ask(b"QUIT", within=self._timeouts.goodbye)
        except WireError:
            return
        finally:
            wire.abort()


def _broken(stage: Stage, error: WireError, envelope: Envelope) -> Outcome:
    said = shown(str(error), envelope.recipient)
    if stage is Stage.DOT:
        return Uncertain(said, Reason.NO_ANSWER)
    early = error.reply if isinstance(error, GarbledError) else None
    if stage is Stage.BODY and early is not None and early.kind in (4, 5):
        # Some servers say why before they hang up in the middle of a message.
        return classify(stage, early, address=envelope.recipient)
    return NotSent(f"{stage.value}: {said}")


def _dot_stuffed(content: bytes) -> bytes:
    """Return the text with every leading dot doubled (RFC 5321, 4.5.2), ending in CRLF."""
    if not content.count(b"\r\n") == content.count(b"\r") == content.count(b"\n"):
        raise ValueError("a message must have CRLF at the end of each line, and nowhere else")
    if not content.endswith(b"\r\n"):
        raise ValueError("a message must end with CRLF")
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
