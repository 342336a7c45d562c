"""One SMTP conversation after EHLO, TLS and login: what is written, and the replies to it.

aiosmtplib opens the session; then this protocol takes its network transport over, because
aiosmtplib cannot tell a connection that broke before the final dot from one that broke after it,
and waits for each reply before it writes the next command. Here several commands may go out
together (RFC 2920); their replies come in the same order. Whatever comes unasked, makes no sense,
or comes too late ends the connection at once.
"""

from __future__ import annotations

import asyncio
import select
from collections import deque
from typing import Any

from newsletter.delivery.conversations import (
    Conversation,
    GarbledError,
    LostError,
    SilenceError,
    Told,
    Wait,
    WireError,
)
from newsletter.delivery.patience import Patience
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

#: Waits until the event loop has looked at the network once.
_A_MOMENT = Wait(0, "")


class Wire(asyncio.Protocol):
    """Takes a connected network transport over, and holds one conversation at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        #: The beginning of a line, and the lines of a reply before it.
        self._begun = b""
        self._lines: list[bytes] = []
        #: Replies still to come.
        self._owed = 0
        self._replies: deque[Reply] = deque()
        self._conversation: Conversation[Any] | None = None
        #: What it waits for just now, and who is told that it has ended.
        self._waits_for: Wait | None = None
        self._ended: asyncio.Future[Any] = self._loop.create_future()
        self._patience = Patience(self._heard_nothing)
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

    @property
    def is_over(self) -> bool:
        """Whether nothing can be asked, and nothing said before that is left to be heard."""
        return self._failure is not None and not self._replies

    async def hold(self, conversation: Conversation[Told]) -> Told:
        """Hold a conversation to its end; return what it returns, raise what it raises.

        When it raises, or is cancelled, the connection is closed.
        """
        self._conversation, self._ended = conversation, self._loop.create_future()
        self._go_on()
        try:
            told: Told = await self._ended
        except BaseException:
            # Out of step: the next answer would be taken for another question's.
            self.abort()
            raise
        finally:
            self._conversation = self._waits_for = None
            conversation.close()
        return told

    def command(self, lines: bytes, *, replies: int) -> None:
        """Write command lines, ended by CRLF, that the server owes so many replies to.

        Raises WireError: the connection is over.
        """
        self._raise_failure()
        self._owed += replies
        self._transport.write(lines)

    def reply(self, *, within: float) -> Conversation[Reply]:
        """Return the next reply, waiting `within` seconds for it.

        What the server said before it left is still returned, in its order.

        Raises WireError: there will be no reply.
        """
        while not self._replies:
            self._raise_failure()
            yield Wait(within, _NO_ANSWER)
        return self._replies.popleft()

    def text(
        self, content: bytes, end: bytes, *, replies: int, within: float
    ) -> Conversation[None]:
        """Write message text, with dots doubled, and what ends it and comes after it.

        `end` begins with the final dot; the server owes so many replies to it. Returns once the
        network has taken all of the text, and perhaps of `end`. `within` is for each block, in
        seconds. Raises WireError: the connection is over, and nothing of `end` has gone.
        """
        # Full is whoever has not taken all of the text: a break in the middle of it is then known.
        self._transport.set_write_buffer_limits(high=len(end), low=len(end) - 1)
        last = max(0, len(content) - 1) // BLOCK * BLOCK
        for start in range(0, last + 1, BLOCK):
            if self._readable.poll(0):
                # Something has come meanwhile, or the news of a break.
                yield _A_MOMENT
            self._raise_failure()
            block = content[start : start + BLOCK]
            if start == last:
                # In one write: to the network a message is one thing.
                self._owed += replies
                self._transport.writelines((block, end))
            else:
                self._transport.write(block)
            if self._is_full or self._transport.is_closing():
                yield Wait(within, _NOTHING_READ)
                if not self._replies:
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

    def _go_on(self) -> None:
        """Let the conversation say and hear what it can without waiting."""
        assert self._conversation is not None  # noqa: S101 - nothing is waited for without one
        self._waits_for = None
        self._patience.rest()
        try:
            self._waits_for = wait = next(self._conversation)
        except StopIteration as end:
            self._ended.set_result(end.value)
        except Exception as error:
            self._ended.set_exception(error)
        else:
            if wait is _A_MOMENT:
                # After the loop has looked at its sockets.
                self._loop.call_later(0, self._has_looked)
            else:
                self._patience.begin(wait.seconds)

    def _has_looked(self) -> None:
        if self._waits_for is _A_MOMENT:
            self._wake()

    def _wake(self) -> None:
        # A cancelled conversation begins nothing more.
        if self._waits_for is not None and not self._ended.done():
            self._go_on()

    def _heard_nothing(self) -> None:
        if self._waits_for is not None:
            self._fail(SilenceError(self._waits_for.too_late.format(self._waits_for.seconds)))

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _fail(self, failure: WireError) -> None:
        if self._failure is None:
            self._failure = failure
        self._patience.drop()
        self._transport.abort()
        self._wake()
