"""What one worker reads and writes about one issue: its way to the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.delivery import (
    audience,
    claims,
    counting,
    flights,
    holding,
    issue_states,
    leases,
    ledger,
    limits,
    mails_in_flight,
    status,
)
from newsletter.delivery.bookkeeping import Bookkeeping
from newsletter.delivery.domain_groups import DomainGroups, Doors
from newsletter.delivery.in_flight import InFlight
from newsletter.delivery.limits import LONGEST_HOLD, Allowance, Rule
from newsletter.delivery.outcomes import Outcome
from newsletter.delivery.pauses import Pause
from newsletter.delivery.road import Turn
from newsletter.delivery.status import Status
from newsletter.delivery.threads import read
from newsletter.issues.approval import FrozenIssue
from newsletter.models import Delivery, DeliveryState, Issue, IssueState
from subscribers.models import Subscriber, Subscription

#: Parked deliveries queued in one transaction: it must be over well within 250 ms.
RELEASED = 2000


class Books(Bookkeeping[InFlight]):
    """What one worker reads and writes about one issue."""

    def __init__(
        self,
        database: Database,
        issue_id: int,
        *,
        clock: Callable[[], datetime],
        lease: timedelta = leases.LEASE,
        groups: DomainGroups | None = None,
    ) -> None:
        super().__init__(database, clock=clock, lease=lease)
        self._issue_id = issue_id
        self._limited = groups if groups and groups.limits else None
        #: The last row that was claimed.
        self._claimed_through = 0
        self.newsletter_id = 0
        #: Somebody knows that many are refused, and goes on all the same.
        self.refusals_known = False

    async def begin(self, frozen: FrozenIssue) -> bool:
        """Make the issue one that is being sent; False if it is sent already.

        Raises as `issue_states.begin`.
        """

        def work(session: Session) -> bool:
            issue = issue_states.begin(session, self._issue_id, frozen, now=self._clock())
            self._know(issue)
            return issue.state is IssueState.SENDING

        return await self._write(work)

    async def join(self, frozen: FrozenIssue) -> bool:
        """Tell whether the issue is being sent, and is what was approved.

        Raises TamperedError: it is another one.
        """

        def work(session: Session) -> bool:
            issue = issue_states.find(session, self._issue_id)
            self._know(issue)
            if issue.state is not IssueState.SENDING:
                return False
            issue_states.see_that_it_is(session, issue, frozen)
            return True

        return await read(self._database, work)

    def _know(self, issue: Issue) -> None:
        self.newsletter_id = issue.newsletter_id
        self.refusals_known = issue.refusals_known

    async def freeze_chunk(self, frozen: FrozenIssue, *, limit: int) -> datetime | None:
        """Add the next rows of the audience; return when it was complete, once it is."""
        return await self._write(
            lambda session: audience.freeze_chunk(
                session, self._issue_id, sender=frozen.sender, now=self._clock(), limit=limit
            )
        )

    async def learn_sizes(self) -> None:
        """Let the database see how large the list is, and the audience that was made of it."""
        grown = [cast(sa.Table, model.__table__) for model in (Delivery, Subscriber, Subscription)]
        await asyncio.to_thread(self._database.learn_sizes, grown)

    async def release(self) -> None:
        """Queue what was parked for limits that are no more."""
        limited = self._limited.limits if self._limited else ()

        def work(session: Session) -> int:
            return claims.release(session, self._issue_id, limited=limited, limit=RELEASED)

        while await self._write(work) == RELEASED:
            pass

    async def expire_leases(self) -> None:
        """Take back what dead workers held."""
        await self._write(
            lambda session: holding.expire_leases(session, self._issue_id, now=self._clock())
        )

    async def turn(
        self,
        outcomes: Sequence[tuple[InFlight, Outcome]],
        *,
        take: int,
        within: Sequence[Rule] = (),
    ) -> Turn[InFlight]:
        """Write down what became of some, and put up to `take` more in flight: one commit.

        As many as the limits let go, once the service mails that are due have their part.
        """

        def work(session: Session, is_unsure: bool) -> Turn[InFlight]:
            now = self._clock()
            rules, groups = (within, self._limited) if take else ((), None)
            # Locked before anything else: who waits for them holds nothing yet.
            held = limits.locked(session, [*rules, *(groups.rules if groups else ())])
            allowance = Allowance(
                {rule: held[rule] for rule in rules},
                now=now,
                left=mails_in_flight.needed(session, rules, now=now),
            )
            with counting.at_the_end(session, self._issue_id):
                if is_unsure:
                    holding.give_back(
                        session, self._issue_id, owner=self._owner, known=self._flying, now=now
                    )
                flights.record(session, self._issue_id, outcomes, owner=self._owner, now=now)
                taken = claims.take(
                    session,
                    self._issue_id,
                    self.newsletter_id,
                    lease=self._new_lease(),
                    limit=take,
                    after=self._claimed_through,
                    allowance=allowance,
                    doors=Doors(groups, held, now=now) if groups else None,
                    now=now,
                )
            return Turn(taken, counting.of(session, self._issue_id))

        async with self._turning:
            turn = await self._commit_turn(outcomes, work)
            self._claimed_through = max((flight.id for flight in turn.taken.flying), default=0)
        return turn

    async def is_sending(self) -> bool:
        """Tell whether the issue is still to be sent."""
        return await read(
            self._database, lambda session: ledger.is_sending(session, self._issue_id)
        )

    async def renew_leases(self) -> None:
        """Prolong what this worker holds."""
        await self._write(lambda session: holding.renew(session, self._issue_id, self._new_lease()))

    async def is_held(self, rules: Sequence[Rule]) -> bool:
        """Tell whether nothing goes for so long that nobody should wait for it."""
        held = await read(
            self._database, lambda session: limits.hold(session, rules, now=self._clock())
        )
        return held is not None and self.seconds_until(held.until) > LONGEST_HOLD

    async def is_over(self) -> bool:
        """Tell whether there is nothing left to do now, for this worker or another."""

        def work(session: Session) -> bool:
            issue = issue_states.find(session, self._issue_id)
            if issue.state is not IssueState.SENDING:
                return True
            holding.expire_leases(session, self._issue_id, now=self._clock())
            counts = counting.of(session, self._issue_id)
            # What another worker holds may come back into the queue, and what is parked will.
            if counts[DeliveryState.IN_FLIGHT] or counts[DeliveryState.PARKED]:
                return False
            return not ledger.is_due(session, self._issue_id, now=self._clock())

        return await self._write(work)

    async def settle(self, pause: Pause | None) -> None:
        """Make the issue sent if nobody waits any more, whatever came in between; else pause it.

        Raises ledger.LedgerError: the running counts and the rows disagree.
        """
        is_done = await read(
            self._database, lambda session: issue_states.is_done(session, self._issue_id)
        )

        def work(session: Session) -> None:
            if is_done and issue_states.finish(session, self._issue_id, now=self._clock()):
                return
            if pause is not None:
                issue_states.pause(session, self._issue_id, pause)

        if is_done or pause is not None:
            await self._write(work)

    async def status(self) -> Status:
        """Return how the sending stands."""
        return await read(
            self._database,
            lambda session: status.of(session, self._issue_id, now=self._clock()),
        )
