"""Let the lanes of one sending, one for each connection, work side by side to their ends."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from newsletter.delivery import leases
from newsletter.delivery.in_flight import AnyFlight
from newsletter.delivery.lanes import Lane
from newsletter.delivery.road import Queue, Road
from newsletter.delivery.routes import Route
from newsletter.delivery.transport import Transport
from newsletter.delivery.turns import Turns
from newsletter.errors import BusyError


async def drive(
    road: Road[AnyFlight],
    *,
    stop: asyncio.Event,
    lease: timedelta,
) -> None:
    """Let all lanes work to their ends; if one fails, the others finish what is in flight."""

    async def stopped() -> None:
        await stop.wait()
        road.end()

    async def work(route: Route, transport: Transport, turns: Turns[AnyFlight]) -> None:
        if transport is not route.server.transports[0]:
            await route.proven.wait()
        await Lane(road, route, transport, turns).work()

    beside = [
        asyncio.create_task(stopped()),
        asyncio.create_task(_renew_leases(road.queue, lease)),
    ]
    working = [
        asyncio.create_task(work(route, transport, turns))
        for route, turns in [(route, Turns(road, route)) for route in road.routes]
        for transport in route.server.transports
    ]
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
