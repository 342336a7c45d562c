"""What one worker reads and writes about the outbox: its way to the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.delivery import leases, limits, mails_in_flight
from newsletter.delivery.bookkeeping import Bookkeeping
from newsletter.delivery.limits import Rule
from newsletter.delivery.mails_in_flight import MailInFlight
from newsletter.delivery.outcomes import Outcome
from newsletter.delivery.road import Turn
from newsletter.delivery.service_mails import Links
from newsletter.delivery.threads import read


class OutboxBooks(Bookkeeping[MailInFlight]):
    """What one worker reads and writes about the outbox."""

    def __init__(
        self,
        database: Database,
        links: Links,
        *,
        clock: Callable[[], datetime],
        lease: timedelta = leases.LEASE,
    ) -> None:
        super().__init__(database, clock=clock, lease=lease)
        self._links = links

    async def turn(
        self,
        outcomes: Sequence[tuple[MailInFlight, Outcome]],
        *,
        take: int,
        within: Sequence[Rule] = (),
    ) -> Turn[MailInFlight]:
        """Write down what became of a window, and put up to `take` more in flight: one commit."""

        def work(session: Session, is_unsure: bool) -> Turn[MailInFlight]:
            now = self._clock()
            allowance = limits.allowance(session, within if take else (), now=now)
            if is_unsure:
                mails_in_flight.give_back(session, owner=self._owner, known=self._flying, now=now)
            mails_in_flight.record(session, outcomes, owner=self._owner, now=now)
            taken = mails_in_flight.take(
                session,
                self._links,
                lease=self._new_lease(),
                limit=take,
                now=now,
                allowance=allowance,
            )
            return Turn(taken, Counter())

        async with self._turning:
            return await self._commit_turn(outcomes, work)

    async def is_sending(self) -> bool:
        """Tell that it is: nobody pauses the outbox."""
        return True

    async def is_over(self) -> bool:
        """Take back what dead workers held, and tell whether nothing is due."""
        if not await read(
            self._database, lambda session: mails_in_flight.is_due(session, now=self._clock())
        ):
            return True
        await self._write(lambda session: mails_in_flight.expire_leases(session, now=self._clock()))
        return not await read(
            self._database, lambda session: mails_in_flight.is_due(session, now=self._clock())
        )

    async def renew_leases(self) -> None:
        """Prolong what this worker holds."""
        await self._write(lambda session: mails_in_flight.renew(session, self._new_lease()))
