"""Send one issue: claim, put in flight, hand over, record; then the same again.

The order is the promise. Rows are committed in flight before a server hears of them, and their
outcomes as soon as a small window is through, so that a crash at any moment leaves in doubt only
what was really in the air.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.database import Database
from newsletter.delivery import audience, leases
from newsletter.delivery.books import Books
from newsletter.delivery.connecting import SenderMisconfiguredError, ServerUnavailableError
from newsletter.delivery.flights import InFlight
from newsletter.delivery.outcomes import (
    Accepted,
    NotSent,
    Outcome,
    RecipientRefused,
    Uncertain,
    Untried,
)
from newsletter.delivery.pacing import WINDOW_SECONDS, WINDOWS_CLAIMED, Pace
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.progress import Progress
from newsletter.delivery.reasons import Reason
from newsletter.delivery.status import Status
from newsletter.delivery.transport import Envelope, Transport
from newsletter.delivery.trouble import BACK_OFF, Trouble
from newsletter.errors import BusyError, HeaderError
from newsletter.issues.approval import FrozenIssue
from newsletter.messages import MessageRecipient, Skeleton
from subscribers.tokens import Claim, Keys, Purpose
from subscribers.wording import Sentence

__all__ = ["Limits", "Progress", "send_issue"]

#: Seconds between two looks at what another worker holds.
POLL = 0.5
_STOPPED = Pause(
    PauseKind.STOPPED,
    Sentence("Stopped on request. What was being sent was finished; the others wait."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How fast, and how patient."""

    #: 0: as fast as the server takes them.
    messages_per_second: float = 0.0
    #: `trouble.BACK_OFF`.
    back_off: Sequence[float] = BACK_OFF
    #: Rows of the audience made in one transaction.
    chunk: int = audience.CHUNK
    #: `leases.LEASE`.
    lease: timedelta = leases.LEASE


async def send_issue(
    database: Database,
    *,
    issue_id: int,
    frozen: FrozenIssue,
    keys: Keys,
    clock: Callable[[], datetime],
    transport: Transport,
    limits: Limits | None = None,
    stop: asyncio.Event | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Status:
    """Send an approved issue to everybody who is to have it, and return how it stands.

    Begins, or goes on where an earlier call, a crash or a pause left it; several at once share
    the work. Ends when the issue is sent; when only deferred recipients wait
    (`Status.next_attempt_at` says until when; call again then); or when it is paused, by trouble,
    by a command or by `stop` (`Status.pause` says why).

    Raises IssueStateError, TamperedError, NoSuchError: nothing was sent (`issue_states.begin`);
    HeaderError, RenderingError: no message can be made of it; LedgerError, StorageError,
    BusyError.
    """
    limits = limits or Limits()
    books = Books(database, issue_id, clock=clock, lease=limits.lease)
    sending = _Sending(
        books,
        frozen,
        keys,
        transport,
        limits=limits,
        stop=stop or asyncio.Event(),
        on_progress=on_progress or (lambda _progress: None),
    )
    try:
        await sending.run()
    finally:
        await transport.close()
    return await books.status()


class _Sending:
    """One worker's part in sending one issue."""

    def __init__(
        self,
        books: Books,
        frozen: FrozenIssue,
        keys: Keys,
        transport: Transport,
        *,
        limits: Limits,
        stop: asyncio.Event,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self.books = books
        self.frozen = frozen
        self.skeleton = Skeleton.of(frozen.rendered, content=frozen.content, sender=frozen.sender)
        self.keys = keys
        self.transport = transport
        self.limits = limits
        self.stop = stop
        self.on_progress = on_progress
        self.pace = Pace(limits.messages_per_second)
        self.trouble = Trouble(limits.back_off)
        #: When the last messages were accepted, by the loop's clock.
        self.accepted_at: deque[float] = deque(maxlen=256)
        #: Part of every token; fixed once for the issue, so that a retry is the same message.
        self.issued_at: datetime | None = None

    async def run(self) -> None:
        if not await self.books.begin(self.frozen):
            return
        while self.issued_at is None and not self.stop.is_set():
            self.issued_at = await self.books.freeze_chunk(
                self.frozen, self.keys, limit=self.limits.chunk
            )
        await self.books.expire_leases()
        renewing = asyncio.create_task(self._renew_leases())
        try:
            pause = await self._send_all()
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await self.books.give_back()
        await self.books.settle(pause)

    async def _send_all(self) -> Pause | None:
        while not self.stop.is_set():
            waiting = deque(await self.books.claim(self.pace.window * WINDOWS_CLAIMED))
            if not waiting:
                if await self.books.is_over():
                    return None
                await self._sleep(POLL)
            while waiting and not self.stop.is_set():
                pause = await self._connect()
                await self._sleep(self.pace.wait)
                if pause is None and not self.stop.is_set():
                    size = min(self.pace.window, len(waiting))
                    ids = [waiting.popleft() for _ in range(size)]
                    pause = await self._send_window(await self.books.put_in_flight(ids))
                if pause is not None:
                    return pause
        return _STOPPED

    async def _send_window(self, flying: Sequence[InFlight]) -> Pause | None:
        """Hand over what is in flight and record what became of all of it, whatever happens."""
        outcomes: dict[int, Outcome] = {}
        on_the_wire: InFlight | None = None
        pause = None
        loop = asyncio.get_running_loop()
        overdue_at = loop.time() + 2 * WINDOW_SECONDS
        try:
            for delivery in flying:
                await self._sleep(self.pace.wait)
                is_late = self.stop.is_set() or loop.time() > overdue_at
                if (outcomes and is_late) or not self.transport.is_connected:
                    break
                on_the_wire = delivery
                outcomes[delivery.id] = await self._send(delivery)
                on_the_wire = None
                pause = self.trouble.judge(
                    outcomes[delivery.id],
                    domain=delivery.domain,
                    was_refused_before=delivery.reason == Reason.CONTENT.value,
                )
                if pause is not None:
                    break
            if flying and not outcomes:
                pause = self._lost_at_once()
        finally:
            if on_the_wire is not None:
                outcomes[on_the_wire.id] = Uncertain(reason=Reason.BROKEN_OFF)
            # What was not begun has certainly not gone: it is taken back.
            await self._record([(row, outcomes.get(row.id, Untried())) for row in flying])
        return pause

    async def _send(self, delivery: InFlight) -> Outcome:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            content = self.skeleton.fill(
                MessageRecipient(
                    address=delivery.address,
                    token=self._token(delivery.subscriber_id),
                    message_id=delivery.message_id,
                    date=delivery.first_attempt_at,
                )
            )
        except HeaderError:
            return RecipientRefused(reason=Reason.BAD_SYNTAX)
        self.pace.begin()
        outcome = await self.transport.send(
            Envelope(delivery.envelope_sender, delivery.address), content
        )
        self.pace.took(loop.time() - began)
        if isinstance(outcome, Accepted):
            self.accepted_at.append(loop.time())
        return outcome

    def _token(self, subscriber_id: int) -> str:
        if self.issued_at is None:
            raise AssertionError("nothing is sent before the audience is frozen")
        newsletter_id = self.books.newsletter_id
        return self.keys.sign(
            Claim(Purpose.UNSUBSCRIBE, subscriber_id, newsletter_id, self.issued_at)
        )

    async def _record(self, outcomes: Sequence[tuple[InFlight, Outcome]]) -> None:
        if outcomes:
            counts = await self.books.record(outcomes)
            self.on_progress(Progress.of(counts, rate_per_second=self._rate()))

    def _rate(self) -> float:
        if len(self.accepted_at) < 2:
            return 0.0
        return (len(self.accepted_at) - 1) / max(self.accepted_at[-1] - self.accepted_at[0], 1e-6)

    async def _connect(self) -> Pause | None:
        """Connect unless connected; a pause if that cannot be done."""
        while not self.transport.is_connected and not self.stop.is_set():
            await self._sleep(self.trouble.wait)
            try:
                await self._unless_stopped(self.transport.connect())
            except SenderMisconfiguredError as error:
                return Pause(PauseKind.SENDER, error.sentence)
            except ServerUnavailableError as error:
                if self.trouble.fail():
                    return Pause(PauseKind.SERVER, error.sentence)
            else:
                pause = None if self.transport.is_connected else self._lost_at_once()
                if pause is not None and not self.stop.is_set():
                    return pause
        return None

    def _lost_at_once(self) -> Pause | None:
        # A connection that does not live until the first message is a failure like any other.
        lost = NotSent("the connection was closed by the server")
        return self.trouble.judge(lost, domain="", was_refused_before=False)

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(self.limits.lease.total_seconds() * leases.RENEWED_AFTER)
            # If somebody writes for long, there is time for another try before the lease is over.
            with contextlib.suppress(BusyError):
                await self.books.renew_leases()

    async def _sleep(self, seconds: float) -> None:
        """Wait, but not once asked to stop."""
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), seconds)

    async def _unless_stopped(self, work: Coroutine[None, None, None]) -> None:
        """Do something that may take long; leave it once asked to stop."""
        doing, stopping = asyncio.create_task(work), asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                await doing
        finally:
            for task in (doing, stopping):
                task.cancel()
            await asyncio.gather(doing, stopping, return_exceptions=True)
