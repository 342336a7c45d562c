"""Where the CPU of one message goes: each part of our path by itself, beside the whole of it.

Run as `python -m benchmarks.pieces`. All in CPU time, user and system, of a process that does
nothing else; what the parts do not explain is the lanes, the event loop's share for them, and
threads that wait for each other.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import readers, sink
from benchmarks.measuring import SHORT, Run, Stopwatch, best, report, run_module, say_where, table
from benchmarks.messages import SENDER
from benchmarks.readers import FROZEN, KEYS
from newsletter.database import Database
from newsletter.delivery import smtp_url
from newsletter.delivery.addressing import Addressing
from newsletter.delivery.in_flight import InFlight
from newsletter.delivery.outcomes import Accepted, Outcome
from newsletter.delivery.pacing import LARGEST_WINDOW
from newsletter.delivery.sending import send_issue
from newsletter.delivery.servers import Server
from newsletter.delivery.smtp import SmtpTransport
from newsletter.delivery.transport import Messages

COUNT = 6_400 if SHORT else 25_600
ROUNDS = 3
CONNECTIONS = 8
_HALF = CONNECTIONS * LARGEST_WINDOW // 2
_ACCEPTED = Accepted("250 2.0.0 Ok: queued as 4XyZ1234ABCd")


def main() -> None:
    """Print what was measured."""
    say_where()
    print(f"{COUNT} messages, {CONNECTIONS} connections, the cheapest of {ROUNDS} rounds")
    with sink.running(2) as port:
        found = {name: best(_measured(name, port) for _ in range(ROUNDS)).cpu_us for name in PIECES}
    found["all the rest: lanes, hand-overs"] = 2 * found["the whole"] - sum(found.values())
    table(("CPU for a message", "µs"), ((name, f"{us:,.0f}") for name, us in found.items()))


def _measured(name: str, port: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        return run_module("benchmarks.pieces", name, port, f"sqlite:///{Path(folder, 'a.db')}")


async def _freezing(_port: int, database: Database) -> Run:
    readers.fill(database, COUNT)
    watch = Stopwatch()
    await readers.freeze(database)
    return watch.run(COUNT)


async def _books(_port: int, database: Database) -> Run:
    """Half the windows of all connections, which are filled up together."""
    readers.fill(database, COUNT)
    books = await readers.freeze(database)
    outcomes: Sequence[tuple[InFlight, Outcome]] = ()
    watch = Stopwatch()
    while flying := (await books.turn(outcomes, take=_HALF)).taken.flying:
        outcomes = [(flight, _ACCEPTED) for flight in flying]
    return watch.run(COUNT)


async def _composing(_port: int, _database: Database) -> Run:
    addressing, flights = _addressing(), [_flight(number) for number in range(COUNT)]
    watch = Stopwatch()
    for flight in flights:
        addressing.message(flight)
    return watch.run(COUNT)


async def _wire(port: int, _database: Database) -> Run:
    addressing = _addressing()
    made = [addressing.message(_flight(number)) for number in range(64)]
    address = smtp_url.parse(f"smtp+plain://127.0.0.1:{port}")

    async def lane() -> None:
        transport = SmtpTransport(address)
        await transport.connect()
        messages = itertools.islice(itertools.cycle(made), COUNT // CONNECTIONS)
        await transport.send(Messages(messages))
        await transport.close()

    watch = Stopwatch()
    await asyncio.gather(*(lane() for _ in range(CONNECTIONS)))
    return watch.run(COUNT)


async def _whole(port: int, database: Database) -> Run:
    readers.fill(database, COUNT)
    address = smtp_url.parse(f"smtp+plain://127.0.0.1:{port}")
    transports = [SmtpTransport(address) for _ in range(CONNECTIONS)]
    watch = Stopwatch()
    status = await send_issue(
        database,
        issue_id=1,
        frozen=FROZEN,
        keys=KEYS,
        clock=lambda: datetime.now(UTC),
        servers=[Server(transports=transports)],
    )
    return watch.run(status.accepted)


def _addressing() -> Addressing:
    return Addressing(FROZEN, keys=KEYS, newsletter_id=1, issued_at=readers.NOW)


def _flight(number: int) -> InFlight:
    return InFlight(
        id=number,
        subscriber_id=number,
        address=f"forvaltning.lasare{number}@kommun{number % 290}.example.org",
        domain=f"kommun{number % 290}.example.org",
        message_id=f"<{number:032x}@example.org>",
        envelope_sender=SENDER.from_address,
        first_attempt_at=readers.NOW,
        attempts=1,
        reason="",
    )


PIECES: dict[str, Callable[[int, Database], Awaitable[Run]]] = {
    "freeze a row": _freezing,
    "books: claim, commit, record": _books,
    "compose: token, slots": _composing,
    "wire: the conversation, and the kernel": _wire,
    "the whole": _whole,
}


async def _main(name: str, port: str, url: str) -> None:
    report(await PIECES[name](int(port), Database(url)))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(_main(*sys.argv[1:]))
    else:
        main()
