"""An SMTP server that does exactly what it is told, also what no server should do."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType

from tests.mail_server import listen


class Fault(Enum):
    """What a server can do instead of answering."""

    #: Break the connection.
    DROP = "drop"
    #: Say nothing more, and keep the connection.
    SILENCE = "silence"
    #: Answer, and break the connection at once.
    ANSWER_AND_DROP = "answer and drop"


#: A fault, or the bytes of an answer.
Action = Fault | bytes


@dataclass(frozen=True)
class Taken:
    """A message the server said 250 to, or would have."""

    sender: str
    recipient: str
    #: As it came over the wire, dots still doubled.
    wire: bytes

    @property
    def content(self) -> bytes:
        """The message after transparency is undone (RFC 5321, 4.5.2)."""
        lines = self.wire.split(b"\r\n")
        return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


@dataclass
class ScriptedServer:
    """Use as an async context manager.

    `script` says what to do at a step of the n-th message (counted from 1 by MAIL): "MAIL",
    "RCPT", "DATA", "BODY" (after the first line of text) and "DOT". Before messages n is 0 and
    the steps are "CONNECT", "EHLO", "HELO", "STARTTLS", "AUTH". Without an entry the server
    behaves.
    """

    script: Mapping[tuple[int, str], Action] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("SIZE 100000000",)
    context: ssl.SSLContext | None = None
    implicit_tls: bool = False
    #: Called at each step of a message, before it is answered.
    on_step: Callable[[int, str], None] = lambda _message, _step: None
    taken: list[Taken] = field(default_factory=list)
    #: What was refused or put off after the final dot.
    refused: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    messages: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp+plain://127.0.0.1:{self.port}"

    async def __aenter__(self) -> ScriptedServer:
        listening = listen("127.0.0.1")
        # Small, so that a client notices a break in the middle of a long message.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.port = listening.getsockname()[1]
        self._open: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(
            self._serve,
            sock=listening,
            ssl=self.context if self.implicit_tls else None,
            limit=2**20,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            await self._converse(reader, writer)
        except (_Broken, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()
            self._open.discard(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._step(writer, 0, "CONNECT", b"220 scripted.example.org ready\r\n")
        sender = recipient = ""
        number = 0
        while line := await reader.readline():
            command = line.decode("ascii").strip()
            self.commands.append(command)
            verb = command.split(" ")[0].split(":")[0].upper()
            if verb == "EHLO":
                words = ("scripted.example.org", *self.extensions)
                lines = [f"250-{word}" for word in words[:-1]] + [f"250 {words[-1]}"]
                await self._step(writer, 0, "EHLO", "".join(f"{w}\r\n" for w in lines).encode())
            elif verb == "HELO":
                await self._step(writer, 0, "HELO", b"250 scripted.example.org\r\n")
            elif verb == "STARTTLS":
                await self._step(writer, 0, "STARTTLS", b"220 2.0.0 go ahead\r\n")
                await writer.start_tls(self.context)  # type: ignore[arg-type]
            elif verb == "AUTH":
                await self._step(writer, 0, "AUTH", b"235 2.7.0 welcome\r\n")
            elif verb == "MAIL":
                self.messages += 1
                number = self.messages
                sender = command.partition("<")[2].partition(">")[0]
                await self._step(writer, number, "MAIL", b"250 2.1.0 OK\r\n")
            elif verb == "RCPT":
                recipient = command.partition("<")[2].partition(">")[0]
                await self._step(writer, number, "RCPT", b"250 2.1.5 OK\r\n")
            elif verb == "DATA":
                answer = await self._step(writer, number, "DATA", b"354 go ahead\r\n")
                if answer.startswith(b"354"):
                    await self._take(reader, writer, number, sender, recipient)
            elif verb == "QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                await writer.drain()
                return
            else:
                writer.write(b"250 2.0.0 OK\r\n")

    async def _take(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
        sender: str,
        recipient: str,
    ) -> None:
        wire = bytearray()
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise _Broken
            if not wire:
                await self._step(writer, number, "BODY", b"")
            wire += line
        taken = Taken(sender, recipient, bytes(wire))
        self.on_step(number, "DOT")
        action = self.script.get((number, "DOT"), b"250 2.0.0 OK queued as %d\r\n" % number)
        # A server that breaks off here may well have taken the message.
        is_taken = not isinstance(action, bytes) or action.startswith(b"250")
        (self.taken if is_taken else self.refused).append(taken)
        await self._do(writer, action, b"250 2.0.0 OK\r\n")

    async def _step(
        self, writer: asyncio.StreamWriter, message: int, step: str, otherwise: bytes
    ) -> bytes:
        self.on_step(message, step)
        action = self.script.get((message, step), otherwise)
        return await self._do(writer, action, otherwise)

    async def _do(self, writer: asyncio.StreamWriter, action: Action, otherwise: bytes) -> bytes:
        if action is Fault.DROP:
            # With a reset, the way a crashed machine or a firewall does it.
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            raise _Broken
        if action is Fault.SILENCE:
            await asyncio.Event().wait()
        answer = otherwise if isinstance(action, Fault) else action
        writer.write(answer)
        await writer.drain()
        if action is Fault.ANSWER_AND_DROP or answer.startswith(b"421"):
            writer.close()
            raise _Broken
        return answer


class _Broken(Exception):  # noqa: N818
    """The script says that the connection ends here."""
