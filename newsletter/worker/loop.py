"""Work until told to stop: empty the outbox, send issues, do the duties, side by side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic

from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.delivery import issue_states, limits, mails_in_flight, sending
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.status import Status
from newsletter.delivery.threads import read, write
from newsletter.errors import BusyError, ExplainedError, StorageError
from newsletter.issues import approval
from newsletter.issues.approval import FrozenIssue
from newsletter.models import IssueState
from newsletter.worker import installation, post, rota

#: Seconds between two looks at whether there is anything to do.
POLL = 1.0
#: Seconds to wait after trouble: the database is away, the mail server does not answer.
TROUBLE = 30.0
#: Seconds an issue is worked on before another that waits has its turn.
TURN = 10.0
#: Seconds until an issue is looked at again of which nothing could be sent.
REST = 5.0

_log = logging.getLogger("newsletter.worker")


async def work(
    app: App, stop: asyncio.Event, *, turn: float = TURN, trouble: float = TROUBLE
) -> None:
    """Do everything that is to be done, by this worker and others, until `stop` is set.

    `turn` is how many seconds an issue is worked on before another that waits has its turn;
    `trouble` how many are waited after something went wrong.
    What is in flight is finished, and the rest left to others. Nothing that goes wrong ends it.
    """
    worker = _Worker(app, stop, turn, trouble)
    await asyncio.gather(
        worker.again_and_again(worker.empty_outbox),
        worker.again_and_again(worker.send_an_issue),
        worker.again_and_again(worker.do_duties),
    )


@contextmanager
def working(app: App) -> Iterator[None]:
    """Work in a thread meanwhile; at the end what is in flight is finished."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def run() -> None:
        with contextlib.closing(loop):
            loop.run_until_complete(work(app, stop))

    thread = Thread(target=run, name="worker")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


class _Worker:
    """One worker: it holds no more than what it is sending at this moment."""

    def __init__(self, app: App, stop: asyncio.Event, turn: float, trouble: float) -> None:
        self._app = app
        self._stop = stop
        self._turn = turn
        self._trouble = trouble
        #: The issue worked on last: the next one has its turn.
        self._last_issue = 0
        #: Issues that had nothing to do, and until when they are left alone.
        self._resting: dict[int, float] = {}

    async def again_and_again(self, step: Callable[[], Awaitable[float]]) -> None:
        """Take a step, and wait as many seconds as it says, until told to stop."""
        while not self._stop.is_set():
            try:
                seconds = await step()
            except ExplainedError as error:
                _log.warning("%s", error.sentence.in_english())
                seconds = self._trouble
            except Exception as error:
                # Its words may hold an address, so only where it arose is told.
                trace = "".join(traceback.format_tb(error.__traceback__))
                _log.error("Unexpected: %s\n%s", type(error).__name__, trace)
                seconds = self._trouble
            await self._sleep(seconds)

    async def empty_outbox(self) -> float:
        """Send the service mails that are due."""
        app = self._app
        if not await read(
            app.database, lambda session: mails_in_flight.is_due(session, now=app.clock())
        ):
            return POLL
        pause = await post.empty(app, stop=self._stop)
        if pause is None:
            return POLL
        _log.warning("The outbox waits: %s", pause.sentence.in_english())
        return self._trouble

    async def do_duties(self) -> float:
        """Do the duties that are due."""
        await rota.do_due(self._app, self._stop)
        return POLL

    async def send_an_issue(self) -> float:
        """Work on one of the issues being sent, for a while; they take turns."""
        issue_id = self._next(await self._issues())
        if issue_id is None:
            return POLL
        await asyncio.to_thread(installation.check, self._app)
        self._last_issue = issue_id
        leave = asyncio.Event()
        watching = asyncio.create_task(self._watch(issue_id, leave))
        try:
            status = await self._send(issue_id, leave)
        except (BusyError, StorageError):
            raise
        except ExplainedError as error:
            await self._pause(issue_id, error)
            return POLL
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if status.state is not IssueState.SENDING:
            _log.info("Issue %s is %s: %s", status.issue, status.state.value, status.equation)
        if not leave.is_set():
            # It ended by itself: a rule holds it back, or nobody is due for the moment.
            self._resting[issue_id] = monotonic() + REST
        return POLL / 10

    async def _send(self, issue_id: int, leave: asyncio.Event) -> Status:
        app = self._app
        frozen: FrozenIssue = await read(
            app.database,
            lambda session: approval.thaw(
                approval.frozen(session, issue_states.find(session, issue_id))
            ),
        )
        return await sending.send_issue(
            app.database,
            issue_id=issue_id,
            frozen=frozen,
            keys=app.keys,
            clock=app.clock,
            servers=app.mail_servers(),
            signer=app.signer(frozen.sender.from_address),
            limits=app.sending_limits,
            stop=leave,
            joining=True,
        )

    async def _issues(self) -> list[int]:
        now, rules = self._app.clock(), self._app.sending_limits.rules

        def work(session: Session) -> list[int]:
            # Outside the sending hours, say, nothing can be done about any of them.
            if limits.hold(session, rules, now=now):
                return []
            return issue_states.to_work_on(session, now=now)

        found = await read(self._app.database, work)
        return [issue for issue in found if self._resting.get(issue, 0.0) <= monotonic()]

    def _next(self, issues: list[int]) -> int | None:
        later = [issue for issue in issues if issue > self._last_issue]
        return next(iter(later or issues), None)

    async def _watch(self, issue_id: int, leave: asyncio.Event) -> None:
        """Have the issue left when told to stop, or when another waits after its turn."""
        while not leave.is_set():
            await self._sleep(self._turn)
            with contextlib.suppress(BusyError, StorageError):
                if self._stop.is_set() or set(await self._issues()) - {issue_id}:
                    leave.set()

    async def _pause(self, issue_id: int, error: ExplainedError) -> None:
        # Going on would only bring the same error; somebody must look at it.
        _log.warning("Issue %s is paused: %s", issue_id, error.sentence.in_english())
        pause = Pause(PauseKind.SAFETY, error.sentence)
        await write(
            self._app.database, lambda session: issue_states.pause(session, issue_id, pause)
        )

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
