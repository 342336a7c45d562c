"""`newsletter issues correct|send-to-new`: what can follow once an issue is out."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from newsletter.cli.command import Common
from newsletter.delivery import newcomers, status
from newsletter.issues import composing
from newsletter.worker import rota, steering


def correct(issue: str, /, *, common: Common | None = None) -> None:
    """Make the correction of an issue that is out: a copy, for those who got the faulty one.

    Mend it, check and approve it, and send it like any other. It goes to nobody else.

    Example: newsletter issues correct 2026-02
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
    name = steering.correct(app, found.id, actor=app.actor)
    with app.database.reading() as session:
        made = composing.find(session, app.newsletter_id, name)
        audience = status.dry_run(session, made.id, now=app.clock(), segment=None).mailable
    out.say(
        "Issue {name} corrects {issue}. It goes to {n} reader who got that one.",
        plural="Issue {name} corrects {issue}. It goes to {n} readers who got that one.",
        name=name,
        issue=issue,
        n=audience,
    )
    out.say(
        "Next: newsletter issues edit {issue} --item … and newsletter issues check {issue}",
        issue=name,
    )
    out.result({"issue": name, "corrects": issue, "subject": made.subject, "audience": audience})


def send_to_new(
    issue: str,
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Send an issue that is out also to who came onto the list since; nobody gets it twice.

    Example: newsletter issues send-to-new 2026-02 --dry-run

    Parameters
    ----------
    dry_run
        Only tell how many.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        count = newcomers.count(session, found.id, now=app.clock())
        is_at_work = rota.is_anybody_at_work(session, now=app.clock())
    if dry_run or not count:
        out.say(
            "{n} reader has come since issue {issue} went out and would get it. Nothing was sent.",
            plural="{n} readers have come since issue {issue} went out and would get it. "
            "Nothing was sent.",
            n=count,
            issue=issue,
        )
    else:
        count = steering.send_to_newcomers(app, found.id, actor=app.actor)
        out.say(
            "{n} new reader waits for issue {issue}.",
            plural="{n} new readers wait for issue {issue}.",
            n=count,
            issue=issue,
        )
        if is_at_work:
            out.say("A worker sends it now. Follow it: newsletter issues status {issue} --watch",
                    issue=issue)  # fmt: skip
        else:
            out.say(
                "No worker is running. Send with: newsletter issues send {issue}, or start "
                "newsletter serve",
                issue=issue,
            )
    out.result({"issue": issue, "new": count, "queued": 0 if dry_run else count})
