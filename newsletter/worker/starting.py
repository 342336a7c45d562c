"""Begin to send an issue: on somebody's word, or because its time has come."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from newsletter.app import App
from newsletter.delivery import issue_states, schedules, servers, way_out
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.schedules import Due
from newsletter.errors import ExplainedError, IssueStateError, TamperedError
from newsletter.issues import approval
from newsletter.issues.approval import FrozenIssue
from newsletter.worker import installation
from subscribers import audit
from subscribers.wording import Sentence

_log = logging.getLogger("newsletter.worker")


def start(app: App, issue_id: int, *, actor: str) -> None:
    """Make an issue one that is being sent, after seeing that it can be; workers do the rest.

    Raises UnsafeError: readers could not unsubscribe, or this is a restored copy; TransportError:
    no mail server lets us in; IssueStateError, TamperedError: as `issue_states.begin`. Then
    nothing was changed.
    """
    frozen = see_that_it_can(app, issue_id)
    with app.database.writing() as session:
        issue = issue_states.begin(session, issue_id, frozen, now=app.clock())
        audit.record(
            session,
            at=app.clock(),
            actor=actor,
            action="issue.sending",
            subject=f"issue:{issue.name}",
            details={},
        )


def see_that_it_can(app: App, issue_id: int) -> FrozenIssue:
    """Return what was approved, after seeing that it can be sent and that readers can leave.

    Raises as `start`.
    """
    installation.check(app)
    with app.database.reading() as session:
        issue = issue_states.find(session, issue_id)
        frozen = approval.thaw(approval.frozen(session, issue))
    mail_servers = app.mail_servers()
    way_out.check(
        frozen,
        base_url=app.settings.base_url,
        servers=mail_servers,
        keys=app.keys,
        now=app.clock(),
    )
    asyncio.run(servers.reach(mail_servers))
    return frozen


def has_scheduled_due(app: App) -> bool:
    """Tell whether the time of a scheduled issue has come."""
    with app.database.reading() as session:
        return bool(schedules.due(session, now=app.clock()))


def start_scheduled(app: App) -> str:
    """Begin to send the scheduled issues whose time has come; return which, and which were held.

    One that is late by more than the setting allows is paused: somebody is asked. So is one that
    cannot be sent as it is. Where only a server does not answer, it is tried again until then.

    Raises ExplainedError: what stood in the way of the last one that did not begin.
    """
    with app.database.reading() as session:
        waiting = schedules.due(session, now=app.clock())
    done, trouble = [], None
    for due in waiting:
        late = app.clock() - due.scheduled_at
        if late > timedelta(minutes=app.settings.schedule_grace):
            _hold_back(app, due, _too_late(app, due, late))
            done.append(f"{due.name} held back")
            continue
        try:
            start(app, due.issue_id, actor="schedule")
            done.append(f"{due.name} begun")
        except (IssueStateError, TamperedError) as error:
            _hold_back(app, due, error.sentence)
            done.append(f"{due.name} held back")
        except ExplainedError as error:
            trouble = error
    if trouble is not None:
        raise trouble
    return ", ".join(done)


def _hold_back(app: App, due: Due, why: Sentence) -> None:
    _log.warning("Issue %s is held back: %s", due.name, why.in_english())
    with app.database.writing() as session:
        schedules.hold_back(session, due.issue_id, Pause(PauseKind.SAFETY, why))


def _too_late(app: App, due: Due, late: timedelta) -> Sentence:
    return Sentence(
        "It was to go out at {time}, and {n} minutes later nobody had been there to send it. "
        "Nothing was sent. Does it still fit the day?",
        time=f"{due.scheduled_at.astimezone(app.settings.zone):%Y-%m-%d %H:%M}",
        n=int(late / timedelta(minutes=1)),
    )
