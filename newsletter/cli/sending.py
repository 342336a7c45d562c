"""`newsletter issues test|send`: out to readers."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
from cyclopts import Parameter

from newsletter.app import App
from newsletter.cli import forecasts, segments
from newsletter.cli.command import DONE, FAILED, PARTLY, Common, Output
from newsletter.cli.scheduling import Minutes, put_off
from newsletter.cli.status import drawn_count, drawn_progress, print_audience, print_status
from newsletter.cli.status_shown import as_json
from newsletter.delivery import (
    issue_states,
    readership,
    rehearsal,
    sending,
    servers,
    signals,
    status,
    way_out,
)
from newsletter.delivery.folder import FolderTransport
from newsletter.delivery.outcomes import Accepted
from newsletter.delivery.pauses import PauseKind
from newsletter.delivery.status import Status
from newsletter.errors import UnsafeError
from newsletter.issues import approval, composing
from newsletter.models import IssueState
from newsletter.worker import installation, post, spool, steering
from subscribers import addresses, audit
from subscribers.audiences import Audience


def test(
    issue: str,
    /,
    *,
    to: Annotated[tuple[str, ...], Parameter(required=True, negative="")],
    common: Common | None = None,
) -> int:
    """Send a marked test mail; its links lead to a page that changes nothing.

    Example: newsletter issues test 2026-02 --to kim.exempel@example.org

    Parameters
    ----------
    to
        An address; may be given several times.
    """
    app, out = (common or Common()).open()
    wires = [addresses.read(address).wire for address in to]
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
    tested = steering.send_test(app, found.id, wires)
    number, outcomes = tested.number, tested.outcomes
    accepted = sum(isinstance(outcome, Accepted) for _, outcome in outcomes)
    out.say(
        "[TEST {number}] was taken by the mail server for {n} address.",
        plural="[TEST {number}] was taken by the mail server for {n} addresses.",
        number=number,
        n=accepted,
    )
    for address, outcome in outcomes:
        if not isinstance(outcome, Accepted):
            out.say(
                "Not for {address}: {reply}",
                address=addresses.masked(address),
                reply=outcome.reply,
            )
    out.result({"test": number, "accepted": accepted, "addresses": len(outcomes)})
    return DONE if accepted == len(outcomes) else PARTLY if accepted else FAILED


def send(
    issue: str,
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    to_folder: Path | None = None,
    segment: str | None = None,
    everybody: Annotated[bool, Parameter(negative="")] = False,
    in_: Minutes = None,
    yes: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> int:
    """Send an approved issue to its readers, or go on where an earlier run stopped.

    Ctrl-C finishes what is on its way and pauses; the same command goes on. Exits with 0 when
    done or paused by you, 1 when paused by trouble, 3 when some wait or are uncertain.

    Example: newsletter issues send 2026-02

    Parameters
    ----------
    dry_run
        Only count who would get it, and who would not and why.
    to_folder
        Write the messages to a folder instead; nobody gets anything and nothing is recorded.
    segment
        Only to who is in this segment (subscribers segment list). The issue remembers it.
    everybody
        To everybody after all, where the issue remembers a segment.
    in_
        Only in so many minutes, until which it can be withdrawn; a worker sends it then.
    yes
        Do not ask.
    """
    app, out = (common or Common()).open()
    if not dry_run:
        # Who left while the database was away is not counted, and gets nothing.
        spool.apply(app)
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        before = status.of(session, found.id, now=app.clock())
        part = segments.chosen(app, session, before, name=segment, everybody=everybody)
        within = readership.narrowed(found, to=part)
        audience = status.dry_run(session, found.id, now=app.clock(), segment=part)
        expected = (
            forecasts.of_status(app, session, found.id, before)
            if before.audience
            else forecasts.of_audience(app, session, audience, within)
        )
        if dry_run:
            segments.warn(out, part)
            print_audience(app, out, audience, before, expected)
            return DONE
        frozen = approval.thaw(approval.frozen(session, found))
    if to_folder is not None:
        return _write(app, out, found.id, frozen, audience, before, to_folder, within)
    if before.state is IssueState.SENT:
        out.say("Issue {issue} is sent already; nothing was sent again.", issue=issue)
        print_status(app, out, before)
        return _exit_code(before)
    installation.beat(app)
    mail_servers = app.mail_servers()
    signer = app.signer(frozen.sender.from_address)
    way_out.check(
        frozen,
        base_url=app.settings.base_url,
        servers=mail_servers,
        keys=app.keys,
        now=app.clock(),
    )
    if not before.audience:
        asyncio.run(servers.reach(mail_servers))
    count = before.waiting or audience.mailable
    forecasts.say(app, out, expected)
    segments.warn(out, part)
    _confirm(out, issue, count, yes=yes)
    if in_:
        at = app.clock() + timedelta(minutes=in_)
        put_off(app, out, found.id, issue, at=at, part=part)
        return DONE
    with app.database.writing() as session:
        issue_states.choose_segment(session, found.id, part)
        audit.record(
            session,
            at=app.clock(),
            actor=app.actor,
            action="issue.sending",
            subject=f"issue:{issue}",
            count=count,
            details={} if part is None else {"segment": part.condition},
        )
    post.queue_confirmations(app)
    with drawn_progress(out) as on_progress:

        async def work(stop: asyncio.Event) -> Status:
            # What a person waits for goes before what everybody gets.
            await post.empty(app, stop=stop)
            return await sending.send_issue(
                app.database,
                issue_id=found.id,
                frozen=frozen,
                keys=app.keys,
                clock=app.clock,
                servers=mail_servers,
                signer=signer,
                limits=app.sending_limits,
                stop=stop,
                on_progress=on_progress,
            )

        after = signals.run(work)
    print_status(app, out, after)
    return _exit_code(after)


def _write(
    app: App,
    out: Output,
    issue_id: int,
    frozen: approval.FrozenIssue,
    audience: Audience,
    before: Status,
    folder: Path,
    within: sa.ColumnElement[bool] | None,
) -> int:
    with drawn_count(out, audience.mailable) as on_progress:
        written = asyncio.run(
            rehearsal.write_all(
                app.database,
                issue_id=issue_id,
                newsletter_id=app.newsletter_id,
                frozen=frozen,
                keys=app.keys,
                now=app.clock(),
                transport=FolderTransport(folder),
                within=within,
                on_progress=on_progress,
                signer=app.signer(frozen.sender.from_address),
            )
        )
    out.say(
        "{n} message was written to {folder}. Nobody got anything and nothing was recorded.",
        plural="{n} messages were written to {folder}. "
        "Nobody got anything and nothing was recorded.",
        n=written,
        folder=str(folder),
    )
    out.result(as_json(before) | {"written": written, "folder": str(folder)})
    return DONE


def _confirm(out: Output, issue: str, count: int, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UnsafeError(
            "Issue {issue} would go to {n} readers, and nobody is here to confirm it. "
            "Nothing was sent. Add --yes if that is meant.",
            issue=issue,
            n=count,
        )
    out.say(
        "Issue {issue} goes to {n} reader. What has gone cannot be called back.",
        plural="Issue {issue} goes to {n} readers. What has gone cannot be called back.",
        issue=issue,
        n=count,
    )
    try:
        typed = input(out.language.gettext("Type the number of readers to send: "))
    except EOFError:
        typed = ""
    if typed.strip() != str(count):
        raise UnsafeError("That was not the number. Nothing was sent.")


def _exit_code(now: Status) -> int:
    if now.pause is not None:
        return DONE if now.pause.kind is PauseKind.STOPPED else FAILED
    return PARTLY if now.uncertain or now.waiting else DONE
