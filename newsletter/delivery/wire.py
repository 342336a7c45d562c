"""One SMTP conversation after EHLO, TLS and login, one command at a time.

aiosmtplib opens the session; then this protocol takes its network transport over, because
aiosmtplib cannot tell a connection that broke before the final dot from one that broke after it.
Here a reply is only ever paired with the command it answers: whatever comes unasked, makes no
sense, or comes too late ends the connection at once.
"""

from __future__ import annotations

import asyncio

from newsletter.delivery.replies import Reply, parse

#: Longer than any reply line should be (RFC 5321, 4.5.3.1.5: 512 octets).
LONGEST_LINE = 4096
#: Lines of one reply; EHLO is over when this begins, so few are to be expected.
MOST_LINES = 100
#: Bytes handed to the network at a time, each with its own time limit.
BLOCK = 65536

# Kept in the ledger beside what servers say, in the language servers speak.
_CLOSED = "the connection is closed"
_CLOSED_HERE = "the connection was closed here"
_CLOSED_THERE = "the connection was closed by the server"
_ENDLESS = "a line without an end"
_NO_REPLY = "not a reply"
_UNASKED = "an answer to no question"


class WireError(Exception):
    """The conversation is over; the connection cannot be used any more."""


class LostError(WireError):
    """The connection was closed or broken by the server or the network."""


class SilenceError(WireError):
    """The server did not answer, or did not read, within the time limit."""


class GarbledError(WireError):
    """The server answered something that is no reply, or when nothing was asked."""

    def __init__(self, message: str, reply: Reply | None = None) -> None:
        super().__init__(message)
        #: What came unasked, where it was at least a reply.
        self.reply = reply


class Wire(asyncio.Protocol):
    """Takes a connected network transport over; `ask` is called by one task at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._received = bytearray()
        self._lines: list[bytes] = []
        self._answer: asyncio.Future[Reply] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._failure: WireError | None = None
        transport.set_protocol(self)
        # Waiting until the network has taken everything before the dot: a break in the middle is
        # then known. Over TLS a limit of 0 would count an empty buffer as full.
        transport.set_write_buffer_limits(high=1, low=0)
        if transport.is_closing():
            self._fail(LostError(_CLOSED))

    @property
    def is_usable(self) -> bool:
        """Whether a command can still be asked."""
        return self._failure is None

    async def ask(self, command: bytes, *, within: float) -> Reply:
        """Write one command line and return its reply; `within` seconds.

        Raises WireError: there will be no reply.
        """
        self._raise_failure()
        self._answer = asyncio.get_running_loop().create_future()
        try:
            self._transport.write(command + b"\r\n")
            async with asyncio.timeout(within):
                return await self._answer
        except TimeoutError:
            raise self._fail(SilenceError(f"no answer in {within:g} s")) from None
        finally:
            self._answer = None

    async def write(self, content: bytes, *, within: float) -> None:
        """Write message text, dot-stuffed by the caller, until the network has taken all of it.

        `within` is for each block, in seconds. Raises WireError: the connection is over.
        """
        for start in range(0, len(content), BLOCK):
            self._raise_failure()
            self._transport.write(content[start : start + BLOCK])
            try:
                async with asyncio.timeout(within):
                    await self._writable.wait()
            except TimeoutError:
                raise self._fail(SilenceError(f"nothing read in {within:g} s")) from None
        # Lets what was received meanwhile, or the news of a break, come first: the loop looks at
        # its sockets after it has run what was ready, so once is not enough.
        for _ in range(2):
            await asyncio.sleep(0)
        self._raise_failure()

    def abort(self) -> None:
        """Close the connection at once; nothing more is written."""
        self._fail(LostError(_CLOSED_HERE))

    def data_received(self, data: bytes) -> None:
        """Take in bytes from the server."""
        self._received += data
        while (end := self._received.find(b"\n")) >= 0:
            line = bytes(self._received[:end]).removesuffix(b"\r")
            del self._received[: end + 1]
            self._take(line)
        if len(self._received) > LONGEST_LINE:
            self._fail(GarbledError(_ENDLESS))

    def connection_lost(self, error: Exception | None) -> None:
        """Learn that the connection is gone."""
        self._fail(LostError(str(error) if error else _CLOSED_THERE))

    def pause_writing(self) -> None:
        """Learn that the network cannot take more just now."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Learn that everything written was taken."""
        self._writable.set()

    def _take(self, line: bytes) -> None:
        self._lines.append(line)
        if line[3:4] == b"-" and len(self._lines) < MOST_LINES:
            return
        reply = parse(self._lines)
        self._lines = []
        if reply is None:
            self._fail(GarbledError(_NO_REPLY))
        elif self._answer is None or self._answer.done():
            self._fail(GarbledError(_UNASKED, reply))
        else:
            self._answer.set_result(reply)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _fail(self, failure: WireError) -> WireError:
        if self._failure is None:
            self._failure = failure
        self._transport.abort()
        self._writable.set()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(self._failure)
        return self._failure
