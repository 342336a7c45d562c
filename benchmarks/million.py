"""The curve from a thousand readers to a million: freezing, memory, claims and status.

Run as `python -m benchmarks.million`. Nothing may get dearer for a reader because there are many:
neither the first nor the last claim, nor the memory of the process that sends.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from benchmarks import databases, readers, sink
from benchmarks.databases import Watched
from benchmarks.measuring import SHORT, Run, run_module, say_where, table
from newsletter.database import Database
from newsletter.delivery import audience, claims, issue_states, status
from newsletter.delivery.books import Books
from newsletter.delivery.counting import COUNTS
from newsletter.delivery.in_flight import Lease
from newsletter.delivery.ledger import DELIVERIES
from newsletter.models import DeliveryState, IssueState

COUNTS_OF_READERS = (1_000, 10_000, 100_000) if SHORT else (1_000, 10_000, 100_000, 1_000_000)
#: Messages sent of each issue: not all of the smallest.
SENT = 300
CONNECTIONS = 8
#: Rows of a claim, and claims of which the median counts.
CLAIM, CLAIMS = 64, 41
LEASE = Lease("benchmark", datetime(2100, 1, 1, tzinfo=UTC))


def main() -> None:
    """Print a table for each kind of database."""
    say_where()
    for kind in databases.KINDS:
        table(
            (
                f"readers, {kind}",
                "freeze, s",
                "longest write, ms",
                "sender, MB",
                "status while sending, ms",
                "claim at row 10, ms",
                "claim near the end, ms",
            ),
            (_row(kind, count) for count in COUNTS_OF_READERS),
        )


def _row(kind: str, count: int) -> Sequence[str]:
    with databases.fresh(kind) as url, sink.running(2) as port:
        issue_id = readers.fill(Database(url), count)
        freezing, longest = _freeze(url, issue_id)
        first = _claim(url, issue_id, after=0)
        looks: list[float] = []
        run = _while_looking(
            url,
            issue_id,
            looks,
            lambda: run_module("benchmarks.senders", "ours", port, SENT, CONNECTIONS, url),
        )
        through = _accept_all_but_the_last(url, issue_id, count)
        databases.tidy(url, "deliveries")
        last = _claim(url, issue_id, after=through)
    return (
        f"{count:,}",
        f"{freezing:.1f}",
        f"{longest * 1000:.0f}",
        f"{run.peak_mb:.0f}",
        f"{statistics.median(looks) * 1000:.0f}",
        f"{first * 1000:.2f}",
        f"{last * 1000:.2f} ({last / first:.2f} ×)",
    )


def _freeze(url: str, issue_id: int) -> tuple[float, float]:
    database = Watched(url)
    with database.writing() as session:
        issue_states.begin(session, issue_id, readers.FROZEN, now=readers.NOW)
    database.longest_write = 0.0
    began = time.perf_counter()
    frozen_at = None
    while frozen_at is None:
        with database.writing() as session:
            frozen_at = audience.freeze_chunk(
                session, issue_id, sender=readers.FROZEN.sender, now=readers.NOW
            )
    asyncio.run(Books(database, issue_id, clock=lambda: readers.NOW).learn_sizes())
    seconds = time.perf_counter() - began
    database.close()
    return seconds, database.longest_write


def _while_looking(url: str, issue_id: int, looks: list[float], work: Callable[[], Run]) -> Run:
    """Do `work`, and look how the issue stands again and again until it is done."""
    done = threading.Event()
    database = Database(url)

    def look() -> None:
        while not done.wait(0.2):
            began = time.perf_counter()
            with database.reading() as session:
                status.of(session, issue_id, now=datetime.now(UTC))
            looks.append(time.perf_counter() - began)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        return work()
    finally:
        done.set()
        looking.join()
        database.close()


def _claim(url: str, issue_id: int, *, after: int) -> float:
    """Return the median time of a claim behind a row, as the books do it, undone again."""
    database = Database(url)
    times = []
    for _ in range(CLAIMS):
        with database.writing() as session:
            began = time.perf_counter()
            taken = claims.take(
                session, issue_id, 1, lease=LEASE, limit=CLAIM, now=datetime.now(UTC), after=after
            )
            times.append(time.perf_counter() - began)
            session.rollback()
        if not taken.flying:
            raise SystemExit("nobody was left to claim")
    database.close()
    return statistics.median(times)


def _accept_all_but_the_last(url: str, issue_id: int, count: int) -> int:
    """Leave the last hundredth waiting, or a claim; return the last row that is done."""
    database = Database(url)
    with database.writing() as session:
        first = session.scalar(sa.select(sa.func.min(DELIVERIES.c.id))) or 0
        through = first + count - max(count // 100, CLAIM) - 1
        accepted = session.connection().execute(
            sa.update(DELIVERIES)
            .where(DELIVERIES.c.id <= through, DELIVERIES.c.state == DeliveryState.QUEUED)
            .values(state=DeliveryState.ACCEPTED)
        )
        for state, moved in (("queued", -accepted.rowcount), ("accepted", accepted.rowcount)):
            session.execute(
                sa.update(COUNTS)
                .where(COUNTS.c.issue_id == issue_id, COUNTS.c.state == DeliveryState(state))
                .values(count=COUNTS.c.count + moved)
            )
        issue_states.find(session, issue_id).state = IssueState.SENDING
    database.close()
    return through


if __name__ == "__main__":
    main()
