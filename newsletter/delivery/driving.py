"""Let the lanes of one sending work side by side, to their ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta

from newsletter.delivery import leases
from newsletter.delivery.claims import AnyFlight
from newsletter.delivery.lanes import Lane
from newsletter.delivery.road import Queue, Road
from newsletter.errors import BusyError


async def drive(
    road: Road[AnyFlight],
    lanes: Sequence[Lane[AnyFlight]],
    *,
    stop: asyncio.Event,
    lease: timedelta,
) -> None:
    """Let all lanes work to their ends; if one fails, the others finish what is in flight."""

    async def stopped() -> None:
        await stop.wait()
        road.end()

    async def later(lane: Lane[AnyFlight]) -> None:
        await road.proven.wait()
        await lane.work()

    beside = [
        asyncio.create_task(stopped()),
        asyncio.create_task(_renew_leases(road.queue, lease)),
    ]
    first, *others = lanes
    working = [asyncio.create_task(work) for work in (first.work(), *map(later, others))]
    try:
        await asyncio.wait(working, return_when=asyncio.FIRST_EXCEPTION)
        road.end()
        await asyncio.wait(working)
        await asyncio.gather(*working)
    finally:
        for task in (*working, *beside):
            task.cancel()
        await asyncio.gather(*working, *beside, return_exceptions=True)


async def _renew_leases(queue: Queue[AnyFlight], lease: timedelta) -> None:
    while True:
        await asyncio.sleep(lease.total_seconds() * leases.RENEWED_AFTER)
        # If somebody writes for long, there is time for another try before the lease is over.
        with contextlib.suppress(BusyError):
            await queue.renew_leases()
