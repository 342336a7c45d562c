"""`newsletter issues pause|resume|cancel|withdraw|resend-missing`: steer a sending by hand.

Whoever sends notices within a window: as many readers as are served in a fifth of a second.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from newsletter.app import App
from newsletter.cli.command import DONE, PARTLY, Common, Output
from newsletter.cli.status_shown import as_json
from newsletter.delivery import by_hand, status
from newsletter.delivery.status import Status
from newsletter.errors import IssueStateError, UnsafeError
from newsletter.issues import composing
from newsletter.models import IssueState
from newsletter.worker import rota, steering
from subscribers.wording import Sentence


def pause(issue: str, /, *, common: Common | None = None) -> None:
    """Stop an issue that is being sent; who waits still waits.

    Example: newsletter issues pause 2026-02
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
    steering.pause(app, found.id, actor=app.actor)
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
    steering.resume(app, found.id, actor=app.actor)
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
    steering.cancel(app, found.id, waiting=before.waiting, actor=app.actor)
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
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
    steering.withdraw(app, found.id, actor=app.actor)
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
        steering.resend(app, found.id, count=again, uncertain=uncertain, actor=app.actor)
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
        out.say("A worker sends it now. Follow it: newsletter issues status {issue} --watch",
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
