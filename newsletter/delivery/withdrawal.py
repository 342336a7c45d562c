"""Take an issue back that has reached nobody: approved again, as if its sending had not begun."""

from __future__ import annotations

from sqlalchemy.orm import Session

from newsletter.delivery import by_hand, counting
from newsletter.delivery.issue_states import find
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.errors import IssueStateError
from newsletter.models import DeliveryState, Issue, IssueState
from subscribers.wording import Sentence

#: Deliveries forgotten in one transaction: it must be over well within 250 ms.
CHUNK = 1000

_UNDER_WAY = Pause(PauseKind.STOPPED, Sentence("It is being withdrawn."))


def begin(session: Session, issue_id: int) -> None:
    """Stop an issue for good, if nobody has got it and nobody may have.

    From here on its audience counts as not chosen; call `go_on` until it says that it is done.

    Raises IssueStateError: somebody has got it, may have, or is just getting it; or it is not
    scheduled, being sent or paused.
    """
    issue = find(session, issue_id, lock=True)
    if issue.state not in (IssueState.SCHEDULED, IssueState.SENDING, IssueState.PAUSED):
        raise IssueStateError(
            "Issue {issue} cannot be withdrawn: it is {state}. Nothing was changed.",
            issue=issue.name,
            state=Sentence(issue.state.value),
        )
    counts = counting.of(session, issue_id)
    if counts[DeliveryState.IN_FLIGHT]:
        raise IssueStateError(
            "Issue {issue} is on its way to {n} readers at this moment. Nothing was changed. "
            "Stop it first: newsletter issues pause {issue}",
            issue=issue.name,
            n=counts[DeliveryState.IN_FLIGHT],
        )
    reached = counts[DeliveryState.ACCEPTED] + counts[DeliveryState.UNCERTAIN]
    if reached:
        raise IssueStateError(
            "Issue {issue} has gone, or may have, to {n} readers, so it cannot be taken back. "
            "Nothing was changed. Spare the others: newsletter issues cancel {issue}",
            issue=issue.name,
            n=reached,
        )
    issue.state = IssueState.PAUSED
    issue.paused_because = _UNDER_WAY.to_json()
    issue.audience_through = issue.audience_frozen_at = None


def go_on(session: Session, issue_id: int, *, limit: int = CHUNK) -> bool:
    """Forget some of its deliveries; True once none is left and the issue is approved again.

    Raises IssueStateError: somebody began to send it meanwhile.
    """
    issue = find(session, issue_id, lock=True)
    if issue.state is not IssueState.PAUSED or issue.audience_through is not None:
        raise IssueStateError(
            "Somebody began to send issue {issue} while it was being withdrawn. It is {state} now.",
            issue=issue.name,
            state=Sentence(issue.state.value),
        )
    forgotten = by_hand.forget(session, issue_id, limit=limit)
    issue.audience -= forgotten
    if forgotten:
        return False
    _make_approved(issue)
    return True


def _make_approved(issue: Issue) -> None:
    issue.state = IssueState.APPROVED
    issue.paused_because = ""
    issue.scheduled_at = issue.sending_since = None
