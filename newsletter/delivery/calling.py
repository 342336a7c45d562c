"""One connection of a lane: made when its route lets it, and judged by what comes over it."""

from __future__ import annotations

from typing import Generic

from newsletter.delivery import routes
from newsletter.delivery.connecting import SenderMisconfiguredError, ServerUnavailableError
from newsletter.delivery.in_flight import AnyFlight
from newsletter.delivery.outcomes import NotSent, Outcome
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.reasons import Reason
from newsletter.delivery.road import Road
from newsletter.delivery.routes import Route
from newsletter.delivery.transport import Supply, Transport

_CONTENT = Reason.CONTENT.value
#: Seconds until a server that has no room for one more connection is asked again.
NO_ROOM = 10.0


class Call(Generic[AnyFlight]):
    """A transport, used as its route allows."""

    def __init__(self, road: Road[AnyFlight], route: Route, transport: Transport) -> None:
        self._road = road
        self._route = route
        self._transport = transport
        #: What `Trouble.failures` was when this connection was made.
        self._failures_before = 0
        self._was_connected = False

    @property
    def is_connected(self) -> bool:
        """Whether a message can be sent without connecting first."""
        return self._transport.is_connected

    async def connect(self) -> None:
        """Connect; leaves the server alone for a while if that cannot be done."""
        road, route = self._road, self._route
        self._note_connection()
        async with route.connecting:
            await road.sleep(route.trouble.wait)
            if road.ending.is_set() or route.rest:
                return
            self._failures_before = route.trouble.failures
            try:
                await road.unless_ending(self._transport.connect())
            except SenderMisconfiguredError as error:
                road.leave_alone(route, Pause(PauseKind.SENDER, error.sentence))
            except ServerUnavailableError as error:
                if route.connections:
                    await road.sleep(NO_ROOM)
                elif route.trouble.fail():
                    road.leave_alone(route, Pause(PauseKind.SERVER, error.sentence))
            else:
                if not self._transport.is_connected:
                    self.was_lost_at_once()
                elif route.down is not None:
                    route.answers()
                    routes.fall_in(route, road.routes)
            self._note_connection()

    async def close(self) -> None:
        """Say goodbye and close."""
        await self._transport.close()
        self._note_connection()

    async def send(self, supply: Supply) -> None:
        """Send what can go without waiting; see `Transport.send`."""
        await self._transport.send(supply)

    def ends_with(self, outcome: Outcome, delivery: AnyFlight) -> bool:
        """Take in what became of a delivery; tell whether nothing more is to go over it."""
        self._route.saw(outcome)
        return self._is_stopped(
            self._route.trouble.judge(
                outcome,
                domain=delivery.domain,
                was_refused_before=delivery.reason == _CONTENT,
                failures_before=self._failures_before,
            )
        )

    def was_lost_at_once(self) -> None:
        """Count a connection that broke before the first message: a failure like any other."""
        self._is_stopped(
            self._route.trouble.judge(
                NotSent("the connection was closed by the server"),
                domain="",
                was_refused_before=False,
                failures_before=self._failures_before,
            )
        )

    def _is_stopped(self, pause: Pause | None) -> bool:
        if pause is None:
            return False
        # What the message is to blame for would be the same at every server.
        if pause.kind is PauseKind.MESSAGE:
            self._road.end(pause)
        else:
            self._road.leave_alone(self._route, pause)
        return True

    def _note_connection(self) -> None:
        is_connected = self._transport.is_connected
        self._route.connections += is_connected - self._was_connected
        self._was_connected = is_connected
