"""Turns that lanes come for at about the same time: one commit for all of them.

A commit costs the same however few messages it is for, so that each message is the cheaper, the
more share one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol

from newsletter.delivery.in_flight import AnyFlight
from newsletter.delivery.limits import Rule
from newsletter.delivery.outcomes import Outcome
from newsletter.delivery.pacing import LARGEST_WINDOW
from newsletter.delivery.road import Turn

#: Seconds a lane waits at most for those at work, so that one commit is made for all of them.
COMING_TOGETHER = 0.02


class _Commit(Protocol[AnyFlight]):
    """Makes one turn, and commits it."""

    async def __call__(
        self,
        outcomes: Sequence[tuple[AnyFlight, Outcome]],
        /,
        *,
        take: int,
        within: Sequence[Rule],
    ) -> Turn[AnyFlight]: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Asked(Generic[AnyFlight]):
    """A turn that a lane waits for."""

    outcomes: Sequence[tuple[AnyFlight, Outcome]]
    take: int
    within: Sequence[Rule]
    answer: asyncio.Future[Turn[AnyFlight]]


class SharedTurns(Generic[AnyFlight]):
    """Where the lanes of one sending come for their turns."""

    def __init__(self, commit: _Commit[AnyFlight], *, turning: asyncio.Lock) -> None:
        """Take who makes a turn, and what is held meanwhile."""
        self._commit = commit
        self._turning = turning
        self._asked: list[_Asked[AnyFlight]] = []
        #: No lane is far from asking, too.
        self._all_here = asyncio.Event()
        #: How many are in flight, those included whose outcomes are brought along.
        self._in_flight = 0

    async def turn(
        self,
        outcomes: Sequence[tuple[AnyFlight, Outcome]],
        *,
        take: int,
        within: Sequence[Rule],
    ) -> Turn[AnyFlight]:
        """Make a turn together with what other lanes under the same rules ask for meanwhile."""
        asked = _Asked(outcomes, take, within, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if not self._others_are_at_work():
            self._all_here.set()
        async with self._turning:
            if not asked.answer.done():
                await self._come_together()
                together = [other for other in self._asked if other.within == within]
                self._asked = [other for other in self._asked if other.within != within]
                await self._turn_together(together, within)
        return await asked.answer

    async def _come_together(self) -> None:
        if self._others_are_at_work():
            self._all_here.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_here.wait(), COMING_TOGETHER)

    def _others_are_at_work(self) -> bool:
        # With so many in the air messages go fast, and to wait costs less than another commit.
        done = sum(len(asked.outcomes) for asked in self._asked)
        return self._in_flight - done > LARGEST_WINDOW

    async def _turn_together(
        self, together: Sequence[_Asked[AnyFlight]], within: Sequence[Rule]
    ) -> None:
        outcomes = [outcome for asked in together for outcome in asked.outcomes]
        try:
            turn = await self._commit(
                outcomes, take=sum(asked.take for asked in together), within=within
            )
        except BaseException as error:
            for asked in together:
                asked.answer.set_exception(error)
            return
        self._in_flight += len(turn.taken.flying) - len(outcomes)
        flying = iter(turn.taken.flying)
        for asked in together:
            share = replace(turn.taken, flying=list(itertools.islice(flying, asked.take)))
            asked.answer.set_result(replace(turn, taken=share))
