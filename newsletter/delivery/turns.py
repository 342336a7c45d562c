"""Turns: one commit writes down what became of the messages of all lanes, and gives them more.

It costs the same however few messages it is for. So whichever lane needs it first, all take part,
and go on sending what they still have meanwhile.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Generic

from newsletter.delivery import routes
from newsletter.delivery.in_flight import AnyFlight
from newsletter.delivery.outcomes import Accepted
from newsletter.delivery.road import Road, Turn
from newsletter.delivery.routes import Route
from newsletter.delivery.windows import Window


class Turns(Generic[AnyFlight]):
    """Where the lanes of one route get what they send."""

    def __init__(self, road: Road[AnyFlight], route: Route) -> None:
        self._road = road
        self._route = route
        self._windows: list[Window[AnyFlight]] = []
        #: Held by the turn under way.
        self._turning = asyncio.Lock()
        #: The turn after it: whoever has something may still join.
        self._next: asyncio.Task[Turn[AnyFlight]] | None = None
        self._last: asyncio.Task[Turn[AnyFlight]] | None = None

    def join(self, window: Window[AnyFlight]) -> None:
        """Let a window take part from now on."""
        self._windows.append(window)

    def begin(self) -> asyncio.Future[Turn[AnyFlight]]:
        """Have a turn made, after the one under way; to be shielded by who waits for it."""
        if self._next is None:
            self._next = self._last = asyncio.create_task(self._make())
        return self._next

    async def settle(self) -> None:
        """Wait until none is under way; whoever waits for a turn is told how it went."""
        if self._last is not None:
            await asyncio.gather(asyncio.shield(self._last), return_exceptions=True)

    async def _make(self) -> Turn[AnyFlight]:
        async with self._turning:
            this, self._next = self._next, None
            assert this is not None  # noqa: S101 - it is what runs
            left = routes.share(self._route, self._road.routes)
            joined = []
            for window in self._windows:
                outcomes, asked = window.brings(this, at_most=left)
                left -= asked
                joined.append((window, outcomes, asked))
            outcomes = [outcome for _, brought, _ in joined for outcome in brought]
            try:
                turn = await self._road.queue.turn(
                    outcomes, take=sum(asked for *_, asked in joined), within=self._route.rules
                )
            except BaseException:
                for window, brought, _ in joined:
                    window.gets_back(brought)
                raise
            self._route.taken += len(turn.taken.flying)
            try:
                if outcomes:
                    accepted = sum(isinstance(outcome, Accepted) for _, outcome in outcomes)
                    self._road.report(turn.counts, accepted=accepted)
            finally:
                # Whatever happened, they are in flight, and somebody has to give them back.
                flying = iter(turn.taken.flying)
                parts = _dealt(len(turn.taken.flying), [asked for *_, asked in joined])
                for (window, *_), part in zip(joined, parts, strict=True):
                    window.gets(list(itertools.islice(flying, part)))
            return turn


def _dealt(number: int, asked: Sequence[int]) -> Iterator[int]:
    """Yield what each gets of a number: as many as it asked for, or its part of what there is.

    >>> list(_dealt(5, [8, 0, 8]))
    [3, 0, 2]
    """
    all_asked = sum(asked)
    for one in asked:
        part = math.ceil(number * one / all_asked) if one else 0
        number -= part
        all_asked -= one
        yield part
