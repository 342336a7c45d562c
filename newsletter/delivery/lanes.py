"""One connection's share of the work: take a window, have it handed over, and take the next.

The order is the promise. Rows are committed in flight before a server hears of them, and their
outcomes soon after, so that a crash at any moment leaves in doubt only what was really in the air.
Turns (`turns`) do both in one commit while the lane goes on. Only its last message waits for that,
so that the next one can ride with it.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Generic

from newsletter.delivery import routes
from newsletter.delivery.calling import Call
from newsletter.delivery.in_flight import AnyFlight
from newsletter.delivery.limits import LONGEST_HOLD
from newsletter.delivery.outcomes import Uncertain
from newsletter.delivery.pacing import LARGEST_WINDOW
from newsletter.delivery.reasons import Reason
from newsletter.delivery.road import Road
from newsletter.delivery.routes import Route
from newsletter.delivery.supplying import Supplier
from newsletter.delivery.transport import Transport
from newsletter.delivery.turns import Turns
from newsletter.delivery.windows import Window

#: Seconds between two looks at what another worker holds.
POLL = 0.5
#: Seconds a connection may stand idle while a limit holds its lane back; servers close it in time.
LONGEST_IDLE = 10.0
#: Seconds between two looks at whether a lane that is held back is still wanted.
LOOK = 2.0
#: Seconds between two looks at whether the weights let this server have more, and how often.
GLANCE, PATIENCE = 0.02, 50


class Lane(Generic[AnyFlight]):
    """One connection and what goes over it."""

    def __init__(
        self,
        road: Road[AnyFlight],
        route: Route,
        transport: Transport,
        turns: Turns[AnyFlight],
    ) -> None:
        self._road = road
        self._route = route
        self._call: Call[AnyFlight] = Call(road, route, transport)
        self._turns = turns
        #: How many it may have in flight before anything is sent.
        self._asked = 0
        self._window: Window[AnyFlight] = Window(route.pace, size=self._size)
        self._supplier = Supplier(road, route, self._call, turns, self._window)
        turns.join(self._window)

    async def work(self) -> None:
        """Send until nothing is left to do, for this worker or another, or the lanes are ending.

        Raises HeaderError, LedgerError, StorageError, BusyError.
        """
        try:
            while await self._take():
                await self._supplier.hand_over()
        finally:
            await self._turns.settle()
            self._window.empty(Uncertain(reason=Reason.BROKEN_OFF))
            await self._write_down()
            await self._call.close()

    async def _take(self) -> bool:
        """Put a window in flight once connected; False once there is nothing to do."""
        road, route = self._road, self._route
        while not road.ending.is_set():
            if route.rest:
                await self._write_down()
                await self._call.close()
                await road.sleep(route.rest)
                continue
            if not self._call.is_connected:
                await self._write_down()
                await self._call.connect()
                continue
            await road.sleep(route.pace.wait)
            share = await self._share()
            if road.ending.is_set():
                break
            self._asked = min(route.pace.window, share)
            try:
                turn = await asyncio.shield(self._turns.begin())
            finally:
                self._asked = 0
            if self._window.flying:
                return True
            if turn.taken.hold is not None:
                await self._wait(turn.taken.hold.until)
            elif turn.taken.was_empty:
                if await road.queue.is_over():
                    road.end()
                await road.sleep(POLL)
        return False

    def _size(self) -> int:
        """Return how many may be in flight here now; two at least, or none could be announced."""
        route = self._route
        if self._road.ending.is_set() or route.rest:
            return 0
        if self._supplier.is_at_work and route.proven.is_set() and route.pace.is_free:
            return max(2, route.pace.window)
        return self._asked

    async def _share(self) -> int:
        """Return how many messages the weights leave to this server; waits for the others a bit."""
        road, route = self._road, self._route
        for _ in range(PATIENCE):
            share = routes.share(route, road.routes)
            if share >= 1 or road.ending.is_set():
                return int(min(share, LARGEST_WINDOW))
            await road.sleep(GLANCE)
        # They do not get on: no reason to stand still.
        routes.fall_in(route, road.routes)
        return 1

    async def _wait(self, until: datetime) -> None:
        """Wait until a rule lets somebody go; a connection that would idle is given up."""
        road, route = self._road, self._route
        seconds = road.queue.seconds_until(until)
        if seconds > LONGEST_HOLD:
            road.end()
            return
        route.is_held = True
        if seconds > LONGEST_IDLE:
            await self._call.close()
        while not road.ending.is_set() and (seconds := road.queue.seconds_until(until)) > 0:
            await road.sleep(min(seconds, LOOK))
            if not await road.queue.is_sending():
                break
        if route.is_held:
            route.is_held = False
            routes.fall_in(route, road.routes)

    async def _write_down(self) -> None:
        if self._window.outcomes:
            await asyncio.shield(self._turns.begin())
