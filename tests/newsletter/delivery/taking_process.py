"""A process that takes deliveries under a limit and leaves them in flight; run with `python -m`.

Takes database URL, issue, messages an hour, how long one hour is in seconds, how many messages to
take at most, and prints when it took how many, in its own hours, as JSON. The hours of all such
processes pass at the same time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime, timedelta

from newsletter.database import Database
from newsletter.delivery.books import Books
from newsletter.delivery.limits import Limit, Span

BEGAN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


async def take(
    database: Database, issue_id: int, *, per_hour: int, hour: float, most: int
) -> list[tuple[float, int]]:
    now = [BEGAN]
    books = Books(database, issue_id, clock=lambda: now[0])
    books.newsletter_id = 1
    taken: list[tuple[float, int]] = []
    while sum(count for _, count in taken) < most:
        hours = time.time() / hour
        now[0] = BEGAN + timedelta(hours=hours % 100_000)
        turn = await books.turn([], take=3, within=[Limit("all", Span.HOUR, per_hour)])
        if turn.taken.flying:
            taken.append((hours, len(turn.taken.flying)))
        elif turn.taken.was_empty:
            break
        else:
            await asyncio.sleep(hour / 50)
    return taken


def main(database_url: str, issue_id: str, per_hour: str, hour: str, most: str) -> None:
    database = Database(database_url)
    print(
        json.dumps(
            asyncio.run(
                take(
                    database,
                    int(issue_id),
                    per_hour=int(per_hour),
                    hour=float(hour),
                    most=int(most),
                )
            )
        )
    )
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
