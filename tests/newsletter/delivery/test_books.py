"""Lanes that come for their windows together share a commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from newsletter.database import Database
from newsletter.delivery.books import Books
from newsletter.delivery.in_flight import InFlight
from newsletter.delivery.outcomes import Accepted, Outcome
from newsletter.delivery.pacing import LARGEST_WINDOW
from newsletter.models import DeliveryState
from subscribers.tokens import Keys
from tests.conftest import Clock
from tests.newsletter.delivery.approved import FROZEN, approve_issue

LANES = 3


def accepted(flying: Sequence[InFlight]) -> list[tuple[InFlight, Outcome]]:
    return [(flight, Accepted("250 ok")) for flight in flying]


async def test_the_first_lane_to_come_back_waits_for_those_that_are_nearly_through(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = approve_issue(database, keys, LANES * LARGEST_WINDOW, now=clock())
    books = Books(database, issue_id, clock=clock)
    await books.begin(FROZEN)
    await books.freeze_chunk(FROZEN, limit=LANES * LARGEST_WINDOW)
    first, second, _third = [
        (await books.turn((), take=LARGEST_WINDOW)).taken.flying for _ in range(LANES)
    ]

    one, other = await asyncio.gather(
        books.turn(accepted(first), take=0), books.turn(accepted(second), take=0)
    )

    assert one.counts == other.counts
    assert one.counts[DeliveryState.ACCEPTED] == len(first) + len(second)
