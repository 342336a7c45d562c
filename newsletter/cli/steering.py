"""`newsletter issues pause|resume|cancel|withdraw|resend-missing`: steer a sending by hand.

Whoever sends notices within a window: as many readers as are served in a fifth of a second.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.cli.command import DONE, PARTLY, Common, Output
from newsletter.cli.status import as_json
from newsletter.delivery import by_hand, issue_states, status, withdrawal
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.status import Status
from newsletter.errors import IssueStateError, UnsafeError
from newsletter.issues import composing
from newsletter.models import IssueState
from newsletter.worker import leftovers, rota, starting
from subscribers import audit
from subscribers.wording import Sentence

#: Deliveries moved in one transaction.
CHUNK = 500

_BY_HAND = Pause(PauseKind.STOPPED, Sentence("Paused by hand."))


def pause(issue: str, /, *, common: Common | None = None) -> None:
    """Stop an issue that is being sent; who waits still waits.

    Example: newsletter issues pause 2026-02
    """
    app, out = (common or Common()).open()
    with app.database.writing() as session:
        found = composing.find(session, app.newsletter_id, issue)
        if not issue_states.pause(session, found.id, _BY_HAND):
            raise IssueStateError(
                "Issue {issue} is not being sent: it is {state}. Nothing was changed.",
                issue=found.name,
                state=Sentence(found.state.value),
            )
        _note(session, app, "issue.paused", found.name)
    now = _status(app, found.id)
    out.say(
        "Paused after {done} of {audience}. Go on with: newsletter issues resume {issue}",
        done=now.audience - now.waiting,
        audience=now.audience,
        issue=now.issue,
    )
    out.result(as_json(now))


def resume(issue: str, /, *, common: Common | None = None) -> None:
    """Go on with an issue that was paused; workers send it.

    Example: newsletter issues resume 2026-02
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
    if found.state is not IssueState.PAUSED:
        raise IssueStateError(
            "Issue {issue} is not paused: it is {state}. Nothing was changed.",
            issue=found.name,
            state=Sentence(found.state.value),
        )
    starting.start(app, found.id, actor=app.actor)
    _going_on(app, out, found.id)


def cancel(
    issue: str,
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Give an issue up: who has not got it never will.

    Example: newsletter issues cancel 2026-02 --yes

    Parameters
    ----------
    dry_run
        Only tell how many have got it and how many would not.
    yes
        It cannot be undone; needed.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        before = status.of(session, found.id, now=app.clock())
    if dry_run:
        out.say(
            "{accepted} have got issue {issue}; {waiting} wait and would not get it. "
            "Nothing was changed.",
            accepted=before.accepted,
            waiting=before.waiting,
            issue=issue,
        )
        out.result(as_json(before))
        return
    if not yes:
        raise UnsafeError(
            "{waiting} who wait for issue {issue} would never get it, and that cannot be undone. "
            "Nothing was changed. Add --yes if that is meant, or only stop it: "
            "newsletter issues pause {issue}",
            waiting=before.waiting,
            issue=issue,
        )
    with app.database.writing() as session:
        issue_states.cancel(session, found.id)
        _note(session, app, "issue.cancelled", found.name, before.waiting)
    leftovers.skip_all(app, found.id)
    now = _status(app, found.id)
    out.say(
        "Issue {issue} is cancelled. {accepted} have got it, {skipped} do not get it.",
        issue=issue,
        accepted=now.accepted,
        skipped=now.audience - now.accepted,
    )
    out.result(as_json(now))


def withdraw(issue: str, /, *, common: Common | None = None) -> None:
    """Take an issue back that has reached nobody: it is approved again, and can be edited.

    For one that is scheduled, or whose sender or message the mail server refused.

    Example: newsletter issues withdraw 2026-02
    """
    app, out = (common or Common()).open()
    with app.database.writing() as session:
        found = composing.find(session, app.newsletter_id, issue)
        withdrawal.begin(session, found.id)
        _note(session, app, "issue.withdrawn", found.name)
    is_done = False
    while not is_done:
        with app.database.writing() as session:
            is_done = withdrawal.go_on(session, found.id)
    out.say(
        "Issue {issue} is approved and not on its way any more; nobody has got it. "
        "It can be edited, or sent: newsletter issues send {issue}",
        issue=issue,
    )
    out.result(as_json(_status(app, found.id)))


def resend_missing(
    issue: str,
    /,
    *,
    uncertain: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> int:
    """Send an issue to those who lack it: refused for a reason that may have passed, or too late.

    Who was refused for good is left alone, and who may have left meanwhile is skipped as always.
    Exits with 3 where some still lack it or are uncertain.

    Example: newsletter issues resend-missing 2026-02

    Parameters
    ----------
    uncertain
        Also to those who may have got it; the same message, which some then get twice.
    dry_run
        Only tell how many.
    yes
        Some may get it twice; needed with --uncertain.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        lacking = by_hand.lacking(session, found.id)
    again = lacking.softly + (lacking.uncertain if uncertain else 0)
    out.say(
        "{softly} refused for a reason that may have passed, {for_good} refused for good "
        "(left alone), {uncertain} uncertain.",
        softly=lacking.softly,
        for_good=lacking.for_good,
        uncertain=lacking.uncertain,
    )
    if dry_run:
        out.say(
            "{n} reader would get the issue again. Nothing was changed.",
            plural="{n} readers would get the issue again. Nothing was changed.",
            n=again,
        )
    elif uncertain and lacking.uncertain and not yes:
        raise UnsafeError(
            "{n} may get issue {issue} twice. Nothing was changed. Add --yes if that is meant.",
            n=lacking.uncertain,
            issue=issue,
        )
    elif again:
        _requeue(app, found.id, found.name, uncertain=uncertain, count=again)
        _going_on(app, out, found.id, quiet=True)
    else:
        out.say("Nobody is to get it again.")
    left = lacking.for_good + (0 if uncertain else lacking.uncertain)
    out.result(
        {
            "requeued": 0 if dry_run else again,
            "softly": lacking.softly,
            "for_good": lacking.for_good,
            "uncertain": lacking.uncertain,
        }
    )
    return PARTLY if left and not dry_run else DONE


def _requeue(app: App, issue_id: int, name: str, *, uncertain: bool, count: int) -> None:
    with app.database.writing() as session:
        issue_states.reopen(session, issue_id)
        _note(session, app, "issue.resent", name, count, uncertain=uncertain)
    for requeue in (
        by_hand.requeue_refused,
        *((by_hand.requeue_uncertain,) if uncertain else ()),
    ):
        moved = CHUNK
        while moved:
            with app.database.writing() as session:
                moved = requeue(session, issue_id, limit=CHUNK, now=app.clock())


def _going_on(app: App, out: Output, issue_id: int, *, quiet: bool = False) -> None:
    with app.database.reading() as session:
        now = status.of(session, issue_id, now=app.clock())
        is_at_work = rota.is_anybody_at_work(session, now=app.clock())
    waiting = now.waiting
    if now.state is IssueState.PAUSED:
        out.say(
            "{n} wait again. Issue {issue} is paused; go on with: newsletter issues resume {issue}",
            n=waiting,
            issue=now.issue,
        )
    elif is_at_work:
        out.say("A worker sends it now. Follow it: newsletter issues status {issue}",
                issue=now.issue)  # fmt: skip
    else:
        out.say(
            "No worker is running. Send with: newsletter issues send {issue}, or start "
            "newsletter serve",
            issue=now.issue,
        )
    if not quiet:
        out.result(as_json(now))


def _status(app: App, issue_id: int) -> Status:
    with app.database.reading() as session:
        return status.of(session, issue_id, now=app.clock())


def _note(
    session: Session, app: App, action: str, name: str, count: int = 1, **details: object
) -> None:
    audit.record(
        session,
        at=app.clock(),
        actor=app.actor,
        action=action,
        subject=f"issue:{name}",
        count=count,
        details=dict(details),
    )
