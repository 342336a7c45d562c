"""Take messages to a server, and say what became of each.

`connecting` opens the session; the mail itself goes over our own `wire`, so that the stage is
known whenever something fails. Where the server offers PIPELINING (RFC 2920) one round trip is
enough for a message: the final dot of one and the envelope of the next go out together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.delivery import connecting
from newsletter.delivery.conversations import Conversation, GarbledError, WireError
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
from newsletter.delivery.replies import shown
from newsletter.delivery.smtp_url import SmtpServer
from newsletter.delivery.transport import Message, Supply
from newsletter.delivery.wire import Wire
from newsletter.errors import SettingsError

# RFC 5321, 4.1.2, and nothing that could end the command or the path.
_MAILBOX = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")
_HOST_NAME = re.compile(r"[A-Za-z0-9\[\]:._-]+")

_FINAL_DOT = b".\r\n"


class _Envelope(NamedTuple):
    """The commands that say from whom and to whom, and how far each brings the conversation."""

    stages: tuple[Stage, ...]
    #: A line for each.
    commands: bytes


_STAGES = (Stage.MAIL, Stage.RCPT, Stage.DATA)


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
        self._pipelines = False
        #: No server broke off while several answers were owed that had never answered several.
        self._trusts_pipelining = True
        self._has_pipelined = False
        #: Its envelope was written, and the replies to it were not read.
        self._announced: Message | None = None
        self._announced_by = _Envelope((), b"")
        #: Something of a refused message may be left at the server.
        self._is_unclean = False

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
        self._pipelines = session.pipelines and self._trusts_pipelining
        self._announced, self._is_unclean = None, False

    async def send(self, supply: Supply) -> None:
        """Send messages until the supply has none or the connection is gone; see `Transport`."""
        if self._wire is not None:
            await self._wire.hold(self._all(self._wire, supply))

    def _all(self, wire: Wire, supply: Supply) -> Conversation[None]:
        while not wire.is_over and (message := supply.take()) is not None:
            supply.went((yield from self._one(wire, message, supply)))

    def _one(self, wire: Wire, message: Message, supply: Supply) -> Conversation[Outcome]:
        if self._announced is None:
            refusal = self._refused_here(message)
            if refusal is not None:
                return refusal
        elif self._announced is not message:
            raise ValueError("another message was announced")
        outcome = yield from self._envelope(wire, message)
        if outcome is None:
            outcome = yield from self._text(wire, message, supply.following())
        if isinstance(outcome, ServerUnavailable | NotSent | Uncertain):
            wire.abort()
        return outcome

    def _refused_here(self, message: Message) -> Outcome | None:
        if not message.recipient.isascii():
            return RecipientRefused(reason=Reason.NOT_SUPPORTED)
        if not _MAILBOX.fullmatch(message.recipient):
            return RecipientRefused(reason=Reason.BAD_SYNTAX)
        if not _MAILBOX.fullmatch(message.sender):
            return SenderMisconfigured("the envelope sender cannot be written in an envelope")
        if self._size_limit is not None and len(message.text) > self._size_limit:
            return MessageRefused(
                f"{len(message.text)} bytes; the server takes {self._size_limit}", Reason.CONTENT
            )
        return None

    def _envelope(self, wire: Wire, message: Message) -> Conversation[Outcome | None]:
        """Say from whom and to whom; None once the server waits for the text."""
        stage, refusal = Stage.MAIL, None
        stages, commands = self._announced_by if self._announced else self._enveloped(message)
        one_by_one = iter(() if self._pipelines else commands.splitlines(keepends=True))
        try:
            if self._announced is None and self._pipelines:
                wire.command(commands, replies=len(stages))
            for stage in stages:
                if not self._pipelines:
                    wire.command(next(one_by_one), replies=1)
                is_data = stage is Stage.DATA
                reply = yield from wire.reply(
                    within=self._timeouts.data if is_data else self._timeouts.command
                )
                is_good = reply.kind == (3 if is_data else 2)
                if not is_good and (refusal is None or reply.kind in (2, 3)):
                    # Where "yes" answers another question, no answer can be told from the others.
                    refusal = classify(stage, reply, address=message.recipient)
                    if not self._pipelines:
                        break
            if refusal is not None and is_data and is_good:
                # RFC 2920, 3.1: it waits for text although it has nobody to give it to.
                wire.command(_FINAL_DOT, replies=1)
                yield from wire.reply(within=self._timeouts.final_dot)
        except WireError as error:
            self._trusts_pipelining = self._has_pipelined or not self._pipelines
            return refusal or _broken(stage, error, message)
        self._announced = None
        self._has_pipelined |= self._pipelines
        self._is_unclean = refusal is not None
        return refusal

    def _text(
        self, wire: Wire, message: Message, following: Message | None
    ) -> Conversation[Outcome]:
        """Hand over the text, and announce the message that follows."""
        stage, end, replies = Stage.BODY, _FINAL_DOT, 1
        if following is not None and self._pipelines and not self._refused_here(following):
            self._announced, self._announced_by = following, self._enveloped(following)
            end += self._announced_by.commands
            replies += len(self._announced_by.stages)
        try:
            yield from wire.text(message.text, end, replies=replies, within=self._timeouts.block)
            stage = Stage.DOT
            reply = yield from wire.reply(within=self._timeouts.final_dot)
        except WireError as error:
            return _broken(stage, error, message)
        if reply.kind == 2:
            return Accepted(reply.shown(message.recipient))
        self._is_unclean = self._announced is None
        return classify(stage, reply, address=message.recipient)

    def _enveloped(self, message: Message) -> _Envelope:
        size = f" SIZE={len(message.text)}" if self._takes_size else ""
        commands = (
            f"MAIL FROM:<{message.sender}>{size}\r\nRCPT TO:<{message.recipient}>\r\nDATA\r\n"
        ).encode("ascii")
        if self._is_unclean:
            # RFC 5321, 4.1.1.5: nothing of a refused message may be left over for the next.
            return _Envelope((Stage.RSET, *_STAGES), b"RSET\r\n" + commands)
        return _Envelope(_STAGES, commands)

    async def close(self) -> None:
        """Say goodbye and close."""
        wire, self._wire = self._wire, None
        if wire is None:
            return
        try:
            # After a DATA nothing is a command any more, so then it is left without a word.
            if self._announced is None:
                await wire.hold(self._goodbye(wire))
        except WireError:
            return
        finally:
            wire.abort()

    def _goodbye(self, wire: Wire) -> Conversation[None]:
        wire.command(b"QUIT\r\n", replies=1)
        yield from wire.reply(within=self._timeouts.goodbye)


def _broken(stage: Stage, error: WireError, message: Message) -> Outcome:
    said = shown(str(error), message.recipient)
    if stage is Stage.DOT:
        return Uncertain(said, Reason.NO_ANSWER)
    early = error.reply if isinstance(error, GarbledError) else None
    if stage is Stage.BODY and early is not None and early.kind in (4, 5):
        # Some servers say why before they hang up in the middle of a message.
        return classify(stage, early, address=message.recipient)
    return NotSent(f"{stage.value}: {said}")
