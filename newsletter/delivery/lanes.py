"""One connection's share of the work: take a window, hand it over, write down what became of it.

The order is the promise. Rows are committed in flight before a server hears of them, and their
outcomes as soon as a small window is through, so that a crash at any moment leaves in doubt only
what was really in the air. One commit does both: the outcomes of a window and the next one. The
last message of a window is kept for after that commit, so that the next one can ride with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime
from typing import Generic

from newsletter.delivery import routes
from newsletter.delivery.calling import Call
from newsletter.delivery.in_flight import AnyFlight
from newsletter.delivery.limits import LONGEST_HOLD
from newsletter.delivery.outcomes import (
    Outcome,
    RecipientDeferred,
    RecipientRefused,
    Uncertain,
    Untried,
)
from newsletter.delivery.pacing import LARGEST_WINDOW, Stretch
from newsletter.delivery.reasons import Reason
from newsletter.delivery.replies import shown
from newsletter.delivery.road import Road, Turn
from newsletter.delivery.routes import Route
from newsletter.delivery.transport import Message, Transport
from newsletter.errors import HeaderError, RenderingError

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

    def __init__(self, road: Road[AnyFlight], route: Route, transport: Transport) -> None:
        self._road = road
        self._route = route
        self._call = Call(road, route, transport)
        #: In flight by the ledger, and not begun.
        self._flying: deque[AnyFlight] = deque()
        #: Messages of theirs that were made together.
        self._signed: dict[int, Message] = {}
        #: What became of others, and is not written down yet.
        self._outcomes: list[tuple[AnyFlight, Outcome]] = []

    async def work(self) -> None:
        """Send until nothing is left to do, for this worker or another, or the lanes are ending.

        Raises HeaderError, LedgerError, StorageError, BusyError.
        """
        try:
            while await self._take():
                await self._hand_over()
        finally:
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
            turn = await self._turn(take=min(route.pace.window, share))
            if self._flying:
                return True
            if turn.taken.hold is not None:
                await self._wait(turn.taken.hold.until)
            elif turn.taken.was_empty:
                if await road.queue.is_over():
                    road.end()
                await road.sleep(POLL)
        return False

    def _room_ahead(self) -> int:
        """Return how many may be put in flight beside the last one of a window, without waiting.

        No more together than a window holds, but two at least.
        """
        road, route = self._road, self._route
        if not (route.proven.is_set() and route.pace.is_free) or route.rest or road.ending.is_set():
            return 0
        return max(0, int(min(max(1, route.pace.window - 1), routes.share(route, road.routes))))

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

    async def _hand_over(self) -> None:
        """Send what is in flight and note what becomes of all of it, whatever happens."""
        road, route, flying = self._road, self._route, self._flying
        stretch = Stretch(route.pace)
        on_the_wire: AnyFlight | None = None
        promised: Message | Outcome | None = None
        try:
            while flying:
                if promised is None:
                    await road.sleep(route.pace.wait)
                    if self._outcomes and (road.ending.is_set() or stretch.is_late):
                        break
                if not self._call.is_connected:
                    break
                if len(flying) == 1 and (room := self._room_ahead()):
                    stretch.end()
                    await self._turn(take=room)
                    stretch = Stretch(route.pace)
                delivery = flying.popleft()
                message, promised = promised or self._message(delivery), None
                if isinstance(message, Outcome):
                    self._outcomes.append((delivery, message))
                    continue
                if flying and route.pace.is_free and not (road.ending.is_set() or stretch.is_late):
                    promised = self._message(flying[0])
                following = promised if isinstance(promised, Message) else None
                on_the_wire = delivery
                with stretch.timing():
                    outcome = await self._call.send(message, following)
                on_the_wire = None
                self._outcomes.append((delivery, outcome))
                if self._call.ends_with(outcome, delivery):
                    break
            stretch.end()
            if not self._outcomes:
                self._call.was_lost_at_once()
        finally:
            if on_the_wire is not None:
                self._outcomes.append((on_the_wire, Uncertain(reason=Reason.BROKEN_OFF)))
            # What was not begun has certainly not gone: it is taken back.
            self._outcomes += [(delivery, Untried()) for delivery in flying]
            flying.clear()
            self._signed.clear()

    def _message(self, delivery: AnyFlight) -> Message | RecipientRefused | RecipientDeferred:
        try:
            return self._signed.pop(delivery.id, None) or self._road.composer.message(delivery)
        except HeaderError:
            return RecipientRefused(reason=Reason.BAD_SYNTAX)
        except RenderingError as error:
            # A template of a service mail: it can be mended before this one is tried again.
            return RecipientDeferred(shown(str(error)), Reason.TEMPLATE)

    async def _write_down(self) -> None:
        if self._outcomes:
            await self._turn(take=0)

    async def _turn(self, *, take: int) -> Turn[AnyFlight]:
        turning = asyncio.ensure_future(
            self._road.queue.turn(self._outcomes, take=take, within=self._route.rules)
        )
        try:
            turn = await asyncio.shield(turning)
        except asyncio.CancelledError:
            # What this put in flight is not begun any more.
            self._outcomes = [(row, Untried()) for row in (await turning).taken.flying]
            raise
        if self._outcomes:
            self._road.report(turn.counts)
        taken = turn.taken.flying
        self._outcomes = []
        self._flying += taken
        self._route.taken += len(taken)
        self._signed |= await self._road.composer.signed(taken)
        return turn
