"""What the lanes of one sending share: the queue, who composes, the routes, and when to end."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from newsletter.delivery import counting, routes
from newsletter.delivery.in_flight import AnyFlight, Flight, Taken
from newsletter.delivery.limits import Rule
from newsletter.delivery.outcomes import Outcome
from newsletter.delivery.pauses import Pause
from newsletter.delivery.progress import Progress
from newsletter.delivery.refusals import Refusals
from newsletter.delivery.routes import Route
from newsletter.delivery.transport import Message

#: The rate is that of the messages of so many turns.
RATE_TURNS = 64

_Composed = TypeVar("_Composed", bound=Flight, contravariant=True)


@dataclass(frozen=True, slots=True)
class Turn(Generic[AnyFlight]):
    """What a window's commit brought."""

    taken: Taken[AnyFlight]
    #: Of the issue; empty where there is none.
    counts: counting.Counts


class Queue(Protocol[AnyFlight]):
    """Where windows come from, and where it is written down what became of them."""

    async def turn(
        self,
        outcomes: Sequence[tuple[AnyFlight, Outcome]],
        *,
        take: int,
        within: Sequence[Rule] = (),
    ) -> Turn[AnyFlight]:
        """Write down what became of a window, and put up to `take` more in flight: one commit."""

    async def is_sending(self) -> bool:
        """Tell whether anything of it is to be sent at all."""

    async def is_over(self) -> bool:
        """Tell whether there is nothing left to do now, for this worker or another."""

    def seconds_until(self, moment: datetime) -> float:
        """Return how long it is until then, by this worker's clock."""

    async def renew_leases(self) -> None:
        """Prolong what this worker holds."""


class Composer(Protocol[_Composed]):
    """Makes the message of a row: the same one every time."""

    def message(self, flight: _Composed, /) -> Message:
        """Return the message of one row.

        Raises HeaderError: its address may not stand on the wire; RenderingError: its template
        has a mistake.
        """

    @property
    def executor(self) -> Executor | None:
        """Where messages are made while others go; None: here, for they take no time."""


class Road(Generic[AnyFlight]):
    """What the lanes of one sending share."""

    def __init__(
        self,
        queue: Queue[AnyFlight],
        composer: Composer[AnyFlight],
        *,
        routes: Sequence[Route],
        on_progress: Callable[[Progress], None],
        refusals: Refusals | None = None,
    ) -> None:
        self.queue = queue
        self.composer = composer
        self.routes = routes
        self.pause: Pause | None = None
        #: No lane takes anything more.
        self.ending = asyncio.Event()
        self._on_progress = on_progress
        self._refusals = refusals or Refusals()
        #: When messages were written down as accepted, by the loop's clock, and how many.
        self._accepted: deque[tuple[float, int]] = deque(maxlen=RATE_TURNS)

    def end(self, pause: Pause | None = None) -> None:
        """Let every lane finish what it has in flight; the first reason given counts."""
        self.pause = self.pause or pause
        self.ending.set()
        for route in self.routes:
            route.proven.set()

    def leave_alone(self, route: Route, why: Pause) -> None:
        """Let the other servers do the work of one; without any, nothing goes on."""
        route.leave_alone(why)
        if pause := routes.all_down(self.routes):
            self.end(pause)

    def report(self, counts: counting.Counts, *, accepted: int) -> None:
        """Tell how far the issue has come, and stop it if too many are refused.

        `accepted` is how many of this worker's messages were since the last report.
        """
        if accepted:
            self._accepted.append((asyncio.get_running_loop().time(), accepted))
        self._on_progress(Progress.of(counts, rate_per_second=self._rate()))
        if pause := self._refusals.judge(counts):
            self.end(pause)

    async def sleep(self, seconds: float) -> None:
        """Wait, but not once the lanes are ending."""
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), seconds)

    async def unless_ending(self, work: Coroutine[None, None, None]) -> None:
        """Do something that may take long; leave it once the lanes are ending."""
        doing, ending = asyncio.create_task(work), asyncio.create_task(self.ending.wait())
        try:
            await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                await doing
        finally:
            for task in (doing, ending):
                task.cancel()
            await asyncio.gather(doing, ending, return_exceptions=True)

    def _rate(self) -> float:
        if len(self._accepted) < 2:
            return 0.0
        first, *others = self._accepted
        return sum(accepted for _, accepted in others) / max(others[-1][0] - first[0], 1e-6)
