"""Steer a sending by hand: what the commands and the desk do alike.

Whoever sends notices within a window: as many readers as are served in a fifth of a second. Each
step is a short transaction of its own, and can be repeated if it was cut short.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.delivery import (
    by_hand,
    issue_states,
    newcomers,
    rehearsal,
    schedules,
    servers,
    withdrawal,
)
from newsletter.delivery.outcomes import Outcome
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.errors import IssueStateError
from newsletter.issues import correcting, proof
from newsletter.worker import leftovers, starting
from subscribers import audit
from subscribers.segments import Description
from subscribers.wording import Sentence

#: Deliveries moved in one transaction.
CHUNK = 500

_BY_HAND = Pause(PauseKind.STOPPED, Sentence("Paused by hand."))


@dataclass(frozen=True, slots=True)
class Tested:
    """A test mail that was sent, and how it went to each address."""

    number: int
    outcomes: Sequence[tuple[str, Outcome]]


def send_test(app: App, issue_id: int, addresses: Sequence[str]) -> Tested:
    """Send the next numbered test of an issue to addresses in wire form.

    Raises TransportError: no mail server lets us in; RenderingError: as `proof.content`.
    """
    mail_servers, press = app.mail_servers(), app.press
    signer = app.signer(press.sender.from_address)
    with app.database.writing() as session:
        issue = issue_states.find(session, issue_id)
        issue.tests_sent += 1
        number = issue.tests_sent
        content = rehearsal.as_test(proof.content(session, issue, press), number)
    transport = asyncio.run(servers.reach(mail_servers))
    outcomes = asyncio.run(
        rehearsal.send_test(
            content,
            addresses,
            press=press,
            keys=app.keys,
            now=app.clock(),
            transport=transport,
            signer=signer,
        )
    )
    return Tested(number, outcomes)


def schedule(
    app: App, issue_id: int, *, at: datetime, segment: Description | None, actor: str
) -> None:
    """Have an approved issue sent at a time. Raises as `schedules.schedule`."""
    with app.database.writing() as session:
        issue_states.choose_segment(session, issue_id, segment)
        schedules.schedule(session, issue_id, at=at)
        _note(session, app, issue_id, "issue.scheduled", actor, at=at.isoformat())


def pause(app: App, issue_id: int, *, actor: str) -> None:
    """Stop an issue that is being sent; who waits still waits.

    Raises IssueStateError: it is not being sent.
    """
    with app.database.writing() as session:
        issue = issue_states.find(session, issue_id)
        if not issue_states.pause(session, issue_id, _BY_HAND):
            raise IssueStateError(
                "Issue {issue} is not being sent: it is {state}. Nothing was changed.",
                issue=issue.name,
                state=Sentence(issue.state.value),
            )
        _note(session, app, issue_id, "issue.paused", actor)


def cancel(app: App, issue_id: int, *, waiting: int, actor: str) -> None:
    """Give an issue up: the waiting never get it. Raises as `issue_states.cancel`."""
    with app.database.writing() as session:
        issue_states.cancel(session, issue_id)
        _note(session, app, issue_id, "issue.cancelled", actor, count=waiting)
    leftovers.skip_all(app, issue_id)


def withdraw(app: App, issue_id: int, *, actor: str) -> None:
    """Take an issue back that has reached nobody: it is approved again. Raises as `withdrawal`."""
    with app.database.writing() as session:
        withdrawal.begin(session, issue_id)
        _note(session, app, issue_id, "issue.withdrawn", actor)
    is_done = False
    while not is_done:
        with app.database.writing() as session:
            is_done = withdrawal.go_on(session, issue_id)


def resend(app: App, issue_id: int, *, count: int, uncertain: bool, actor: str) -> None:
    """Let those who lack an issue wait for it again; with `uncertain` also who may have got it."""
    with app.database.writing() as session:
        issue_states.reopen(session, issue_id)
        _note(session, app, issue_id, "issue.resent", actor, count=count, uncertain=uncertain)
    for requeue in (
        by_hand.requeue_refused,
        *((by_hand.requeue_uncertain,) if uncertain else ()),
    ):
        moved = CHUNK
        while moved:
            with app.database.writing() as session:
                # In the transaction of the rows: nobody can find it finished in between.
                issue_states.reopen(session, issue_id)
                moved = requeue(session, issue_id, limit=CHUNK, now=app.clock())


def send_to_newcomers(app: App, issue_id: int, *, actor: str) -> int:
    """Send an issue also to who came since it went out; return how many wait for it now.

    Raises as `starting.see_that_it_can` and `newcomers.add_chunk`; then nothing was changed.
    """
    sender = starting.see_that_it_can(app, issue_id).sender
    with app.database.writing() as session:
        count = newcomers.count(session, issue_id, now=app.clock())
        _note(session, app, issue_id, "issue.sent_to_newcomers", actor, count=count)
    after: int | None = 0
    while after is not None:
        with app.database.writing() as session:
            after = newcomers.add_chunk(
                session, issue_id, sender=sender, now=app.clock(), after=after
            )
    return count


def correct(app: App, issue_id: int, *, actor: str) -> str:
    """Make a correction to be mended, and return its name. Raises as `correcting.correct`."""
    with app.database.writing() as session:
        issue = correcting.correct(
            session,
            issue_states.find(session, issue_id),
            language=app.press.masthead.language,
            issued_on=app.today,
            now=app.clock(),
        )
        _note(session, app, issue_id, "issue.corrected", actor, by=issue.name)
        return issue.name


def resume(app: App, issue_id: int, *, actor: str) -> None:
    """Go on with an issue that was paused; workers send it. Raises as `starting.start`."""
    starting.start(app, issue_id, actor=actor)


def _note(
    session: Session,
    app: App,
    issue_id: int,
    action: str,
    actor: str,
    *,
    count: int = 1,
    **details: object,
) -> None:
    audit.record(
        session,
        at=app.clock(),
        actor=actor,
        action=action,
        subject=f"issue:{issue_states.find(session, issue_id).name}",
        count=count,
        details=details,
    )
