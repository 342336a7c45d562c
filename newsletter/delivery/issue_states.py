"""The states of an issue from approved to sent; every arrow checks where it comes from."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery import counting, holding, ledger, pauses, readership
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.errors import IssueStateError, NoSuchError, TamperedError
from newsletter.issues import approval
from newsletter.issues.approval import FrozenIssue
from newsletter.models import DeliveryState, Issue, IssueState
from subscribers import recipients
from subscribers.segments import Description
from subscribers.wording import Sentence

WAITING = ledger.WAITING


def find(session: Session, issue_id: int, *, lock: bool = False) -> Issue:
    """Return an issue by its row; with `lock` nobody else changes it until the commit.

    Raises NoSuchError: there is none.
    """
    query = sa.select(Issue).where(Issue.id == issue_id)
    issue = session.scalar(query.with_for_update() if lock else query)
    if issue is None:
        raise NoSuchError(
            "There is no such issue. Nothing was done. See them all: newsletter issues list"
        )
    return issue


def choose_segment(session: Session, issue_id: int, segment: Description | None) -> None:
    """Let an issue go to a segment, as it is described now; to everybody for None.

    Raises IssueStateError: its audience is settled already, and was another one.
    """
    issue = find(session, issue_id, lock=True)
    chosen = None if segment is None else segment.to_json()
    if issue.segment == chosen:
        return
    if issue.audience_through is not None:
        raise IssueStateError(
            "The audience of issue {issue} is settled and cannot be chosen anew. Nothing was "
            "sent. See whom it goes to: newsletter issues status {issue}",
            issue=issue.name,
        )
    issue.segment = chosen


def begin(session: Session, issue_id: int, frozen: FrozenIssue, *, now: datetime) -> Issue:
    """Make an approved, scheduled, paused or interrupted issue one that is being sent.

    The last subscriber who can be in the audience is fixed the first time. A sent issue stays
    sent. The approval is checked here, in the same transaction, whatever was checked before.

    Raises IssueStateError: a draft, cancelled, or there is nobody to send to; TamperedError: what
    is to be sent is not what was approved.
    """
    issue = find(session, issue_id, lock=True)
    if issue.state in (IssueState.DRAFT, IssueState.CANCELLED):
        raise IssueStateError(
            "Issue {issue} cannot be sent: it is {state}. Nothing was sent. "
            "Check and approve it first: newsletter issues approve {issue}",
            issue=issue.name,
            state=Sentence(issue.state.value),
        )
    see_that_it_is(session, issue, frozen)
    if issue.state is IssueState.SENT:
        return issue
    if issue.audience_through is None:
        through = recipients.last_subscriber(session)
        if not recipients.mailable(
            session,
            issue.newsletter_id,
            after=0,
            through=through,
            limit=1,
            at=now,
            within=readership.of(issue),
        ):
            raise IssueStateError(
                "There is nobody to send issue {issue} to. Nothing was sent. "
                "Add subscribers: subscribers import FILE",
                issue=issue.name,
            )
        issue.audience_through = through
        issue.audience_frozen_through = ledger.last_subscriber(session, issue_id)
        issue.sending_since = now
        counting.begin(session, issue.id)
    paused = pauses.from_json(issue.paused_because)
    issue.refusals_known |= paused is not None and paused.kind is PauseKind.REFUSALS
    issue.state = IssueState.SENDING
    issue.paused_because = ""
    return issue


def see_that_it_is(session: Session, issue: Issue, frozen: FrozenIssue) -> None:
    """Do nothing if what was approved is what is to be sent.

    Raises TamperedError: it is not, or is not what is stored.
    """
    if approval.thaw(approval.frozen(session, issue)) != frozen:
        raise TamperedError(
            "Issue {issue} was approved anew while its sending was being prepared. "
            "Nothing was sent. Look at it again, then run the same command again.",
            issue=issue.name,
        )


def to_work_on(session: Session, *, now: datetime) -> list[int]:
    """Return the issues being sent of which something can be done now, by their rows.

    Readers are due, or were held by somebody who died; the audience is not complete; or nobody
    waits any more and it only has to be said.
    """
    sending = session.scalars(
        sa.select(Issue).where(Issue.state == IssueState.SENDING).order_by(Issue.id)
    ).all()
    return [issue.id for issue in sending if _has_work(session, issue, now=now)]


def left_behind(session: Session, *, now: datetime) -> list[Issue]:
    """Return issues that nobody sends any more, but with readers whom a sender left in the air.

    Of a paused one what was in flight with somebody who died; of a cancelled one also who came
    back into the queue after the others were skipped.
    """
    stopped = session.scalars(
        sa.select(Issue).where(Issue.state.in_((IssueState.PAUSED, IssueState.CANCELLED)))
    ).all()
    return [
        issue
        for issue in stopped
        if holding.has_abandoned(session, issue.id, now=now)
        or (issue.state is IssueState.CANCELLED and _queued(session, issue.id))
    ]


def _queued(session: Session, issue_id: int) -> int:
    counts = counting.of(session, issue_id)
    return sum(counts[state] for state in WAITING) - counts[DeliveryState.IN_FLIGHT]


def _has_work(session: Session, issue: Issue, *, now: datetime) -> bool:
    if issue.audience_frozen_at is None or ledger.is_due(session, issue.id, now=now):
        return True
    if ledger.is_parked(session, issue.id):
        return True
    counts = counting.of(session, issue.id)
    return (
        counts[DeliveryState.PARKED] > 0
        or not any(counts[state] for state in WAITING)
        or holding.has_abandoned(session, issue.id, now=now)
    )


def pause(session: Session, issue_id: int, why: Pause) -> bool:
    """Stop an issue that is being sent; whoever sends it stops within a moment.

    What waits still waits. False if it was not being sent.
    """
    issue = find(session, issue_id, lock=True)
    if issue.state is not IssueState.SENDING:
        return False
    issue.state = IssueState.PAUSED
    issue.paused_because = why.to_json()
    return True


def cancel(session: Session, issue_id: int) -> None:
    """Give an issue up; call `by_hand.cancel` in further transactions until nothing is left.

    Raises IssueStateError: it is sent, or was never approved.
    """
    issue = find(session, issue_id, lock=True)
    if issue.state in (IssueState.SENT, IssueState.DRAFT):
        raise IssueStateError(
            "Issue {issue} cannot be cancelled: it is {state}. Nothing was changed.",
            issue=issue.name,
            state=Sentence(issue.state.value),
        )
    issue.state = IssueState.CANCELLED
    issue.paused_because = ""


def reopen(session: Session, issue_id: int) -> None:
    """Make a sent issue one that is being sent, for those who are waiting again.

    Raises IssueStateError: it was cancelled, or its sending never began.
    """
    issue = find(session, issue_id, lock=True)
    if issue.state not in (IssueState.SENT, IssueState.SENDING, IssueState.PAUSED):
        raise IssueStateError(
            "Issue {issue} cannot be sent to who lacks it: it is {state}. Nothing was changed.",
            issue=issue.name,
            state=Sentence(issue.state.value),
        )
    if issue.state is IssueState.SENT:
        issue.state = IssueState.SENDING
        issue.sent_at = None


def is_done(session: Session, issue_id: int) -> bool:
    """Tell whether nothing of an issue waits, after counting every row: longer than one may write.

    Raises ledger.LedgerError: the running counts and the rows disagree.
    """
    if not _is_done(session, find(session, issue_id)):
        return False
    counting.verified(session, issue_id)
    return True


def finish(session: Session, issue_id: int, *, now: datetime) -> bool:
    """Make an issue sent that `is_done`, unless somebody waits again; tell whether it is."""
    issue = find(session, issue_id, lock=True)
    if _is_done(session, issue):
        issue.state = IssueState.SENT
        issue.sent_at = now
    return issue.state is IssueState.SENT


def _is_done(session: Session, issue: Issue) -> bool:
    counts = counting.of(session, issue.id)
    return (
        issue.state is IssueState.SENDING
        and issue.audience_frozen_at is not None
        and not any(counts[state] for state in WAITING)
    )
