"""Hand over what is in a lane's window, one message after the other, and note what becomes of it.

All that has to be waited for is waited for between two calls of the transport: while it sends,
the next message is given to it in the very call that brings the answer to the last one.
"""

from __future__ import annotations

import asyncio
from typing import Generic

from newsletter.delivery.calling import Call
from newsletter.delivery.in_flight import AnyFlight
from newsletter.delivery.making import Maker
from newsletter.delivery.outcomes import Outcome, Uncertain
from newsletter.delivery.reasons import Reason
from newsletter.delivery.road import Road, Turn
from newsletter.delivery.routes import Route
from newsletter.delivery.transport import Message
from newsletter.delivery.turns import Turns
from newsletter.delivery.windows import Window


class Supplier(Generic[AnyFlight]):
    """The supply of one lane's transport (`transport.Supply`)."""

    def __init__(
        self,
        road: Road[AnyFlight],
        route: Route,
        call: Call[AnyFlight],
        turns: Turns[AnyFlight],
        window: Window[AnyFlight],
    ) -> None:
        self._road = road
        self._route = route
        self._call = call
        self._turns = turns
        self._window = window
        self.is_at_work = False
        #: Somebody of this window was to be served, whatever came of it.
        self._was_asked = False
        self._maker = Maker(road.composer)
        #: The next one may have been announced: it goes, or nothing more does.
        self._is_promised = False
        #: The next one has waited for all there was to wait for.
        self._has_waited = False
        #: Nothing more is to go over this connection.
        self._is_over = False

    async def hand_over(self) -> None:
        """Send what is in flight and note what becomes of all of it, whatever happens."""
        window = self._window
        self._maker.begin()
        self._is_promised = self._was_asked = self._is_over = False
        self.is_at_work = True
        try:
            while window.flying and not self._is_over:
                if not self._is_promised:
                    await self._road.sleep(self._route.pace.wait)
                    if self._was_asked and self._is_late:
                        break
                if not self._call.is_connected:
                    break
                if (turn := self._turn()) is not None:
                    await asyncio.shield(turn)
                await self._maker.wait(window.flying)
                self._has_waited = True
                await self._call.send(self)
            if not self._was_asked:
                self._call.was_lost_at_once()
        finally:
            self.is_at_work = False
            await self._turns.settle()
            window.empty(Uncertain(reason=Reason.BROKEN_OFF))

    def take(self) -> Message | None:
        """Return the message that goes now; see `Supply`."""
        window = self._window
        while window.flying and self._goes_at_once():
            message, delivery = self._maker.take(), window.flying.popleft()
            self._is_promised, self._was_asked = False, True
            if isinstance(message, Message):
                window.on_the_wire = delivery
                window.stretch.begin()
                return message
            window.outcomes.append((delivery, message))
        return None

    def following(self) -> Message | None:
        """Return the message that goes next, if it may be announced; see `Supply`."""
        window = self._window
        if not window.flying or not self._route.pace.is_free or self._is_late:
            return None
        message = self._maker.look(window.flying)
        if not isinstance(message, Message):
            return None
        self._is_promised = True
        return message

    def went(self, outcome: Outcome) -> None:
        """Note what became of the message taken last; see `Supply`."""
        window = self._window
        window.stretch.went()
        delivery, window.on_the_wire = window.on_the_wire, None
        assert delivery is not None  # noqa: S101 - it was taken
        window.outcomes.append((delivery, outcome))
        self._is_over = self._call.ends_with(outcome, delivery)

    @property
    def _is_late(self) -> bool:
        """Whether nothing more is to be begun of this window."""
        return self._road.ending.is_set() or self._window.stretch.is_late

    def _turn(self) -> asyncio.Future[Turn[AnyFlight]] | None:
        """Have a turn begun in time; return it once one is left, with which the next is to ride."""
        window = self._window
        if window.is_low:
            window.turn = self._turns.begin()
        return window.turn if len(window.flying) == 1 else None

    def _goes_at_once(self) -> bool:
        if self._has_waited:
            self._has_waited = False
            return True
        if self._is_over:
            return False
        if not self._is_promised and (self._route.pace.wait > 0 or self._is_late):
            return False
        if self._turn() is not None:
            return False
        return self._maker.look(self._window.flying) is not None
