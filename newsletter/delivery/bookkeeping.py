"""One worker's way to the database: each step is one transaction of its own, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.delivery import leases, ledger
from newsletter.delivery.claims import Lease
from newsletter.delivery.threads import write
from newsletter.errors import BusyError, StorageError

Result = TypeVar("Result")

#: How often outcomes are tried to be stored: they are known nowhere else.
STORE_TRIES = 5


class Bookkeeping:
    """What every queue's books share: a name to hold rows by, and patience."""

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
        self._writing = asyncio.Lock()

    def seconds_until(self, at: datetime) -> float:
        """Return how long it is until a time."""
        return (at - self._clock()).total_seconds()

    def _new_lease(self) -> Lease:
        return Lease(self._owner, self._clock() + self._lease)

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
