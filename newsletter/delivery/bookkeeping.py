"""One worker's way to the database: each step is one transaction of its own, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.delivery import leases, ledger
from newsletter.delivery.in_flight import AnyFlight, Lease
from newsletter.delivery.outcomes import Outcome
from newsletter.delivery.road import Turn
from newsletter.delivery.threads import write
from newsletter.errors import BusyError, StorageError

Result = TypeVar("Result")

#: How often outcomes are tried to be stored: they are known nowhere else.
STORE_TRIES = 5


class Bookkeeping(Generic[AnyFlight]):
    """What every queue's books share: a name to hold rows by, what it holds, and patience."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        lease: timedelta = leases.LEASE,
    ) -> None:
        self._database = database
        self._clock = clock
        self._lease = lease
        self._owner = leases.new_owner()
        #: One turn after another: each has to know what the one before put in flight.
        self._turning = asyncio.Lock()
        self._writing = asyncio.Lock()
        #: What lanes have in flight.
        self._flying: set[int] = set()
        #: A turn was begun and not answered: it may be committed all the same.
        self._is_unsure = False

    def seconds_until(self, at: datetime) -> float:
        """Return how long it is until a time."""
        return (at - self._clock()).total_seconds()

    def _new_lease(self) -> Lease:
        return Lease(self._owner, self._clock() + self._lease)

    async def _commit_turn(
        self,
        outcomes: Sequence[tuple[AnyFlight, Outcome]],
        work: Callable[[Session, bool], Turn[AnyFlight]],
    ) -> Turn[AnyFlight]:
        """Commit a turn while `_turning` is held, and remember what lanes have in flight after it.

        `work` is told if one before it may be committed without anybody having been answered.
        """

        def once(session: Session) -> Turn[AnyFlight]:
            is_unsure, self._is_unsure = self._is_unsure, True
            return work(session, is_unsure)

        turn = await self._write(once, tries=STORE_TRIES)
        self._is_unsure = False
        self._flying.difference_update(flight.id for flight, _ in outcomes)
        self._flying.update(flight.id for flight in turn.taken.flying)
        return turn

    async def _write(self, work: Callable[[Session], Result], *, tries: int = 1) -> Result:
        for attempt in range(1, tries):
            try:
                return await self._write_once(work)
            except ledger.LedgerError:
                raise
            except (BusyError, StorageError):
                await asyncio.sleep(2**attempt / 10)
        return await self._write_once(work)

    async def _write_once(self, work: Callable[[Session], Result]) -> Result:
        # One at a time: lanes that wait for each other here do not have to poll for SQLite's lock.
        async with self._writing:
            return await write(self._database, work)
