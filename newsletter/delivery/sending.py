"""Send one issue: begin, freeze the audience, let the lanes work, and say how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.database import Database
from newsletter.delivery import audience, leases, routes
from newsletter.delivery.addressing import Addressing
from newsletter.delivery.books import Books
from newsletter.delivery.domain_groups import DomainGroups
from newsletter.delivery.driving import drive
from newsletter.delivery.limits import Limit, Rule
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.progress import Progress
from newsletter.delivery.refusals import Refusals
from newsletter.delivery.road import Road
from newsletter.delivery.servers import Server
from newsletter.delivery.status import Status
from newsletter.delivery.trouble import BACK_OFF
from newsletter.issues.approval import FrozenIssue
from newsletter.messages import Signer
from subscribers.tokens import Keys
from subscribers.wording import Sentence

__all__ = ["Limits", "Progress", "send_issue"]

_STOPPED = Pause(
    PauseKind.STOPPED,
    Sentence("Stopped on request. What was being sent was finished; the others wait."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How fast, and how patient."""

    #: What all workers together may send over all servers, mails about a subscription first.
    shared: Sequence[Limit] = ()
    #: What holds for issues, and not for mails about a subscription.
    of_issues: Sequence[Rule] = ()
    #: What holds for some of the recipients' domains.
    of_domains: DomainGroups | None = None
    #: `trouble.BACK_OFF`.
    back_off: Sequence[float] = BACK_OFF
    #: Rows of the audience made in one transaction.
    chunk: int = audience.CHUNK
    #: `leases.LEASE`.
    lease: timedelta = leases.LEASE

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All that holds for an issue, whichever server it goes over."""
        return (*self.shared, *self.of_issues)


async def send_issue(
    database: Database,
    *,
    issue_id: int,
    frozen: FrozenIssue,
    keys: Keys,
    clock: Callable[[], datetime],
    servers: Sequence[Server],
    signer: Signer | None = None,
    limits: Limits | None = None,
    stop: asyncio.Event | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    joining: bool = False,
) -> Status:
    """Send an approved issue to everybody who is to have it, and return how it stands.

    Over as many connections as the servers have transports; one to begin with, the others once
    that server has taken or refused a first recipient. Begins, or goes on where an earlier call, a
    crash or a pause left it; several at once share the work. Ends when the issue is sent; when
    only deferred recipients wait (`Status.next_attempt_at` says until when; call again then); when
    a rule holds it back for long (`limits.hold` says until when; call again then, too); or when it
    is paused, by trouble, by a command or by `stop` (`Status.pause` says why).

    With `joining` it only takes part while somebody has the issue sent: it begins nothing, and
    `stop` leaves it to the others.

    Raises IssueStateError, TamperedError, NoSuchError: nothing was sent (`issue_states.begin`);
    HeaderError, RenderingError: no message can be made of it; LedgerError, StorageError,
    BusyError.
    """
    limits = limits or Limits()
    stop = stop or asyncio.Event()
    books = Books(database, issue_id, clock=clock, lease=limits.lease, groups=limits.of_domains)
    stopped = None if joining else _STOPPED
    if await (books.join(frozen) if joining else books.begin(frozen)):
        issued_at = await _freeze(books, frozen, limits=limits, stop=stop)
        await books.expire_leases()
        await books.release()
        pause: Pause | None = None
        # Nobody is called for the sake of those whose time has not come.
        if issued_at is not None and not await books.is_over():
            addressing = Addressing(
                frozen,
                keys=keys,
                newsletter_id=books.newsletter_id,
                issued_at=issued_at,
                signer=signer,
            )
            road = Road(
                books,
                addressing,
                routes=routes.to(
                    servers,
                    rules=limits.rules,
                    back_off=limits.back_off,
                    receivers=limits.of_domains.of_domain if limits.of_domains else {},
                ),
                on_progress=on_progress or (lambda _progress: None),
                refusals=Refusals(are_known=books.refusals_known),
            )
            with addressing:
                # Without a connection for nothing.
                if not await books.is_held(limits.rules):
                    await drive(road, stop=stop, lease=limits.lease)
            pause = road.pause
        await books.settle(pause or (stopped if stop.is_set() else None))
    return await books.status()


async def _freeze(
    books: Books, frozen: FrozenIssue, *, limits: Limits, stop: asyncio.Event
) -> datetime | None:
    """Freeze the audience; return when it was complete, None if stopped before."""
    frozen_at = None
    chunks = 0
    while frozen_at is None and not stop.is_set():
        frozen_at = await books.freeze_chunk(frozen, limit=limits.chunk)
        chunks += 1
    if chunks > 1:
        await books.learn_sizes()
    return frozen_at
