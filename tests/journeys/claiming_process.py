"""A process that claims deliveries as fast as it can and says they were accepted; for `python -m`.

Takes database URL and issue; prints the rows it was given as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime

from newsletter.database import Database
from newsletter.delivery.books import Books
from newsletter.delivery.outcomes import Accepted
from tests.newsletter.delivery.approved import FROZEN

#: Small, so that processes meet often.
WINDOW = 16


async def claim_all(database: Database, issue_id: int) -> list[int]:
    books = Books(database, issue_id, clock=lambda: datetime.now(UTC))
    await books.begin(FROZEN)
    rows: list[int] = []
    turn = await books.turn([], take=WINDOW)
    while turn.taken.flying:
        rows += [flight.id for flight in turn.taken.flying]
        accepted = [(flight, Accepted("250 OK")) for flight in turn.taken.flying]
        turn = await books.turn(accepted, take=WINDOW)
    return rows


def main(database_url: str, issue_id: str) -> None:
    database = Database(database_url)
    print(json.dumps(asyncio.run(claim_all(database, int(issue_id)))))
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
