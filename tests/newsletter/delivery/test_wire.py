"""The conversation stays in step, and a transaction is never left half-way."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.delivery.conversations import (
    Conversation,
    GarbledError,
    LostError,
    SilenceError,
)
from newsletter.delivery.replies import Reply
from newsletter.delivery.threads import write
from newsletter.delivery.wire import Wire
from newsletter.models import Newsletter


@asynccontextmanager
async def wired() -> AsyncIterator[tuple[Wire, socket.socket]]:
    """Yield a wire and the server's end of it, which does nothing by itself."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        end.setblocking(False)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    wire = Wire(transport)
    try:
        yield wire, theirs
    finally:
        wire.abort()
        theirs.close()


async def ask(wire: Wire, command: bytes, *, within: float = 5) -> Reply:
    wire.command(command + b"\r\n", replies=1)
    return await wire.hold(wire.reply(within=within))


async def test_text_counts_as_written_only_when_the_network_has_taken_it() -> None:
    async with wired() as (wire, _):
        with pytest.raises(SilenceError):
            await wire.hold(wire.text(b"x" * 40_000, b".\r\n", replies=1, within=0.1))

        assert not wire.is_usable


async def test_an_answer_to_the_dot_before_the_text_is_through_is_none() -> None:
    loop = asyncio.get_running_loop()
    async with wired() as (wire, server):
        writing = asyncio.ensure_future(
            wire.hold(wire.text(b"x" * 40_000, b".\r\n", replies=1, within=5))
        )
        await loop.sock_recv(server, 1)
        await loop.sock_sendall(server, b"552 5.3.4 too big\r\n")

        with pytest.raises(GarbledError) as raised:
            await writing

    assert raised.value.reply == Reply(552, "5.3.4 too big")


async def test_a_reply_may_come_in_pieces_and_in_lines() -> None:
    loop = asyncio.get_running_loop()
    async with wired() as (wire, server):
        asking = asyncio.ensure_future(ask(wire, b"MAIL"))
        for piece in (b"25", b"0-first\r\n250-", b"second\r\n250 th", b"ird\r\n"):
            await loop.sock_sendall(server, piece)

        assert await asking == Reply(250, "first\nsecond\nthird")
        assert wire.is_usable


async def test_replies_to_commands_that_went_out_together_come_in_their_order() -> None:
    loop = asyncio.get_running_loop()
    async with wired() as (wire, server):
        wire.command(b"MAIL\r\nRCPT\r\nDATA\r\n", replies=3)
        await loop.sock_sendall(server, b"250 mail\r\n550 rcpt\r\n503 da")
        first, second = [await wire.hold(wire.reply(within=5)) for _ in range(2)]
        await loop.sock_sendall(server, b"ta\r\n")
        third = await wire.hold(wire.reply(within=5))

    assert [first, second, third] == [Reply(250, "mail"), Reply(550, "rcpt"), Reply(503, "data")]


async def test_what_was_said_before_leaving_still_counts() -> None:
    loop = asyncio.get_running_loop()
    async with wired() as (wire, server):
        wire.command(b".\r\nMAIL\r\n", replies=2)
        await loop.sock_sendall(server, b"250 taken\r\n")
        server.close()

        assert await wire.hold(wire.reply(within=5)) == Reply(250, "taken")
        with pytest.raises(LostError):
            await wire.hold(wire.reply(within=5))


async def test_each_answer_is_waited_for_as_long_as_it_may_take() -> None:
    loop = asyncio.get_running_loop()
    async with wired() as (wire, server):
        for within, answered_after in ((60, 0.0), (0.05, 0.0), (60, 0.1)):
            loop.call_later(answered_after, server.send, b"250 ok\r\n")
            assert await ask(wire, b"MAIL", within=within) == Reply(250, "ok")

        with pytest.raises(SilenceError, match=r"no answer in 0\.05 s"):
            await ask(wire, b"RCPT", within=0.05)


async def test_what_comes_unasked_ends_the_conversation() -> None:
    loop = asyncio.get_running_loop()
    async with wired() as (wire, server):
        await loop.sock_sendall(server, b"421 4.4.2 idle too long\r\n")
        asking = asyncio.ensure_future(loop.sock_recv(server, 1))
        await asking

        with pytest.raises(GarbledError) as raised:
            await ask(wire, b"MAIL")

    assert raised.value.reply == Reply(421, "4.4.2 idle too long")


async def test_after_the_end_nothing_can_be_asked() -> None:
    async with wired() as (wire, server):
        server.close()
        with pytest.raises(LostError):
            await ask(wire, b"MAIL")
        with pytest.raises(LostError):
            await ask(wire, b"RCPT")
        with pytest.raises(LostError):
            await wire.hold(wire.text(b"text\r\n", b".\r\n", replies=1, within=5))


async def test_a_reply_is_waited_for_whatever_else_happens_meanwhile() -> None:
    loop = asyncio.get_running_loop()
    async with wired() as (wire, server):
        asking = asyncio.ensure_future(ask(wire, b"MAIL"))
        await loop.sock_recv(server, 100)
        # The network has room again: news, but no reply.
        wire.resume_writing()
        await loop.sock_sendall(server, b"250 ok\r\n")

        assert await asking == Reply(250, "ok")


async def test_a_fault_in_a_conversation_ends_it_and_is_raised_where_it_is_held() -> None:
    loop = asyncio.get_running_loop()

    def faulty(wire: Wire) -> Conversation[None]:
        wire.command(b"MAIL\r\n", replies=1)
        yield from wire.reply(within=5)
        raise ZeroDivisionError

    async with wired() as (wire, server):
        await loop.sock_sendall(server, b"250 ok\r\n")
        with pytest.raises(ZeroDivisionError):
            await wire.hold(faulty(wire))

        assert not wire.is_usable


async def test_a_cancelled_conversation_says_nothing_more() -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def talkative(wire: Wire) -> Conversation[None]:
        try:
            while True:
                wire.command(b"NOOP\r\n", replies=1)
                yield from wire.reply(within=5)
        finally:
            ended.set()

    async with wired() as (wire, server):
        holding = asyncio.ensure_future(wire.hold(talkative(wire)))
        assert await loop.sock_recv(server, 100) == b"NOOP\r\n"
        holding.cancel()
        # The answer comes before the event loop gets to telling the task that it is cancelled.
        wire.data_received(b"250 ok\r\n")
        with pytest.raises(asyncio.CancelledError):
            await holding

        assert ended.is_set()
        assert not wire.is_usable
        # Closed, with not one word more.
        assert await loop.sock_recv(server, 100) == b""


async def test_a_wire_on_a_closed_connection_is_not_usable() -> None:
    ours, theirs = socket.socketpair()
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    transport.close()

    assert not Wire(transport).is_usable
    theirs.close()


async def test_who_leaves_in_the_middle_of_a_transaction_waits_for_its_end(
    database: Database,
) -> None:
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(session: Session) -> None:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(10)
        session.add(Newsletter(slug="written"))

    writing = asyncio.ensure_future(write(database, work))
    await begun.wait()
    writing.cancel()
    done, _ = await asyncio.wait({writing}, timeout=0.05)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing

    assert done == set()
    with database.reading() as session:
        assert session.query(Newsletter).count() == 1
