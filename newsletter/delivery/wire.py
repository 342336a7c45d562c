"""One SMTP conversation after EHLO, TLS and login: what is written, and the replies to it.

aiosmtplib opens the session; then this protocol takes its network transport over, because
aiosmtplib cannot tell a connection that broke before the final dot from one that broke after it,
and waits for each reply before it writes the next command. Here several commands may go out
together (RFC 2920); their replies come in the same order. Whatever comes unasked, makes no sense,
or comes too late ends the connection at once.
"""

from __future__ import annotations

import asyncio
import math
import select
from collections import deque
from collections.abc import Callable

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
_NO_ANSWER = "no answer in {:g} s"
_NOTHING_READ = "nothing read in {:g} s"


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


class _Patience:
    """Ends when nothing has been heard for too long.

    A timer for each answer costs the event loop more than the answer: so one is left to run, and
    set again if it turns out to have been too early.
    """

    def __init__(self, at_its_end: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._at_its_end = at_its_end
        self._ends_at = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> None:
        """Last so long from now on."""
        self._ends_at = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._ends_at:
            self.drop()
            self._timer = self._loop.call_at(self._ends_at, self._look)

    def rest(self) -> None:
        """Last for ever: nobody waits."""
        self._ends_at = math.inf

    def drop(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._loop.time() >= self._ends_at:
            self._at_its_end()
        elif self._ends_at < math.inf:
            self._timer = self._loop.call_at(self._ends_at, self._look)


class Wire(asyncio.Protocol):
    """Takes a connected network transport over; used by one task at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        #: The beginning of a line, and the lines of a reply before it.
        self._begun = b""
        self._lines: list[bytes] = []
        #: Replies still to come.
        self._owed = 0
        self._replies: deque[Reply] = deque()
        #: Somebody waits for a reply, or for the network to take what was written.
        self._waiting: asyncio.Future[None] | None = None
        self._patience = _Patience(self._heard_nothing)
        #: What is said of it when that ends, and how long it lasted.
        self._silence = (_NO_ANSWER, 0.0)
        self._is_full = False
        self._failure: WireError | None = None
        self._readable = select.poll()
        if connection := transport.get_extra_info("socket"):
            self._readable.register(connection, select.POLLIN)
        transport.set_protocol(self)
        if transport.is_closing():
            self._fail(LostError(_CLOSED))

    @property
    def is_usable(self) -> bool:
        """Whether a command can still be asked."""
        return self._failure is None

    def command(self, lines: bytes, *, replies: int) -> None:
        """Write command lines, ended by CRLF, that the server owes so many replies to.

        Raises WireError: the connection is over.
        """
        self._raise_failure()
        self._owed += replies
        self._transport.write(lines)

    async def reply(self, *, within: float) -> Reply:
        """Return the next reply, waiting `within` seconds for it.

        What the server said before it left is still returned, in its order.

        Raises WireError: there will be no reply.
        """
        if not self._replies:
            self._raise_failure()
            await self._wait(within, _NO_ANSWER)
        return self._replies.popleft()

    async def text(self, content: bytes, end: bytes, *, replies: int, within: float) -> None:
        """Write message text, with dots doubled, and what ends it and comes after it.

        `end` begins with the final dot; the server owes so many replies to it. Returns once the
        network has taken all of the text, and perhaps of `end`. `within` is for each block, in
        seconds. Raises WireError: the connection is over, and nothing of `end` has gone.
        """
        # Full is whoever has not taken all of the text: a break in the middle of it is then known.
        self._transport.set_write_buffer_limits(high=len(end), low=len(end) - 1)
        last = max(0, len(content) - 1) // BLOCK * BLOCK
        for start in range(0, last + 1, BLOCK):
            await self._let_news_in()
            block = content[start : start + BLOCK]
            if start == last:
                # In one write: to the network a message is one thing.
                self._owed += replies
                block += end
            self._transport.write(block)
            if self._is_full or self._transport.is_closing():
                await self._wait(within, _NOTHING_READ)

    async def _let_news_in(self) -> None:
        """Take in what came meanwhile, or the news of a break; raises the failure if that is it."""
        if self._readable.poll(0):
            # The loop looks at its sockets after it has run what was ready, so once is not enough.
            for _ in range(2):
                await asyncio.sleep(0)
        self._raise_failure()

    def abort(self) -> None:
        """Close the connection at once; nothing more is written."""
        self._fail(LostError(_CLOSED_HERE))

    def data_received(self, data: bytes) -> None:
        """Take in bytes from the server."""
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in lines:
            self._take(line.removesuffix(b"\r"))
        if len(self._begun) > LONGEST_LINE:
            self._fail(GarbledError(_ENDLESS))
        if self._replies:
            self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """Learn that the connection is gone."""
        self._fail(LostError(str(error) if error else _CLOSED_THERE))

    def pause_writing(self) -> None:
        """Learn that the network cannot take more just now."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Learn that everything written was taken."""
        self._is_full = False
        self._wake()

    def _take(self, line: bytes) -> None:
        self._lines.append(line)
        if line[3:4] == b"-" and len(self._lines) < MOST_LINES:
            return
        reply = parse(tuple(self._lines))
        self._lines.clear()
        if reply is None:
            self._fail(GarbledError(_NO_REPLY))
        elif self._owed == 0 or self._is_full:
            self._fail(GarbledError(_UNASKED, reply))
        else:
            self._owed -= 1
            self._replies.append(reply)

    async def _wait(self, within: float, too_late: str) -> None:
        """Wait until there is news; raises the failure if that is the news."""
        self._waiting = self._loop.create_future()
        self._silence = (too_late, within)
        self._patience.begin(within)
        try:
            await self._waiting
        finally:
            self._patience.rest()
            self._waiting = None
        if not self._replies:
            self._raise_failure()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _heard_nothing(self) -> None:
        words, within = self._silence
        self._fail(SilenceError(words.format(within)))

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _fail(self, failure: WireError) -> None:
        if self._failure is None:
            self._failure = failure
        self._patience.drop()
        self._transport.abort()
        self._wake()
