"""`newsletter issues test|send|status`: out to readers, and how it went."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich import progress as bars
from rich.console import Console

from newsletter.app import App
from newsletter.cli.command import DONE, FAILED, PARTLY, Common, Output
from newsletter.cli.issues import program
from newsletter.delivery import rehearsal, sending, signals, status, way_out
from newsletter.delivery.folder import FolderTransport
from newsletter.delivery.outcomes import Accepted
from newsletter.delivery.pauses import PauseKind
from newsletter.delivery.progress import Progress
from newsletter.delivery.sending import Limits
from newsletter.delivery.status import Status
from newsletter.delivery.transport import SmtpTransport
from newsletter.errors import UnsafeError
from newsletter.issues import approval, composing, proof
from newsletter.models import IssueState
from subscribers import addresses, audit
from subscribers.recipients import Audience


@program.command
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
    transport = _smtp(app)
    with app.database.writing() as session:
        found = composing.find(session, app.newsletter_id, issue)
        found.tests_sent += 1
        number = found.tests_sent
        content = rehearsal.as_test(proof.pull(session, found, app.press).content, number)
    outcomes = asyncio.run(
        rehearsal.send_test(
            content,
            wires,
            press=app.press,
            keys=app.keys,
            now=app.clock(),
            transport=transport,
        )
    )
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


@program.command
def send(
    issue: str,
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    to_folder: Path | None = None,
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
    yes
        Do not ask.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        audience = status.dry_run(session, app.newsletter_id, now=app.clock())
        if dry_run:
            _print_audience(out, audience)
            return DONE
        frozen = approval.thaw(approval.frozen(session, found))
        before = status.of(session, found.id, now=app.clock())
    if to_folder is not None:
        return _write(app, out, found.id, frozen, audience, before, to_folder)
    if before.state is IssueState.SENT:
        out.say("Issue {issue} is sent already; nothing was sent again.", issue=issue)
        _print_status(out, before)
        return DONE
    transport = _smtp(app)
    way_out.check(
        app.settings.base_url,
        smtp_host=transport.server.host,
        keys=app.keys,
        now=app.clock(),
    )
    _confirm(out, issue, before.waiting or audience.mailable, yes=yes)
    with app.database.writing() as session:
        audit.record(
            session,
            at=app.clock(),
            actor=app.actor,
            action="issue.sending",
            subject=f"issue:{issue}",
            count=before.waiting or audience.mailable,
            details={},
        )
    with _progress(out) as on_progress:
        after = signals.run(
            lambda stop: sending.send_issue(
                app.database,
                issue_id=found.id,
                frozen=frozen,
                keys=app.keys,
                clock=app.clock,
                transport=transport,
                limits=Limits(messages_per_second=app.settings.messages_per_second),
                stop=stop,
                on_progress=on_progress,
            )
        )
    _print_status(out, after)
    return _exit_code(after)


@program.command(name="status")
def status_(issue: str, /, *, common: Common | None = None) -> None:
    """Show how the sending of an issue stands.

    Example: newsletter issues status 2026-02
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        _print_status(out, status.of(session, found.id, now=app.clock()))


def _smtp(app: App) -> SmtpTransport:
    return SmtpTransport.of_url(
        app.settings.smtp_url.get_secret_value(),
        host_name=app.settings.smtp_hostname,
        final_dot_timeout=app.settings.final_dot_timeout,
    )


def _write(
    app: App,
    out: Output,
    issue_id: int,
    frozen: approval.FrozenIssue,
    audience: Audience,
    before: Status,
    folder: Path,
) -> int:
    with _counter(out, audience.mailable) as on_progress:
        written = asyncio.run(
            rehearsal.write_all(
                app.database,
                issue_id=issue_id,
                newsletter_id=app.newsletter_id,
                frozen=frozen,
                keys=app.keys,
                now=app.clock(),
                transport=FolderTransport(folder),
                on_progress=on_progress,
            )
        )
    out.say(
        "{n} message was written to {folder}. Nobody got anything and nothing was recorded.",
        plural="{n} messages were written to {folder}. "
        "Nobody got anything and nothing was recorded.",
        n=written,
        folder=str(folder),
    )
    out.result(_as_json(before) | {"written": written, "folder": str(folder)})
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
    if input(out.language.gettext("Type the number of readers to send: ")).strip() != str(count):
        raise UnsafeError("That was not the number. Nothing was sent.")


@contextmanager
def _progress(out: Output) -> Iterator[Callable[[Progress], None]]:
    """Draw how far the sending has come, on a terminal only."""
    if out.as_json or not sys.stderr.isatty():
        yield lambda _progress: None
        return
    with bars.Progress(
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.TextColumn("{task.completed}/{task.total} {task.fields[rate]}"),
        bars.TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as drawn:
        task = drawn.add_task(out.language.gettext("Sending"), total=None, rate="")

        def show(now: Progress) -> None:
            rate = f"{out.language.number(round(now.rate_per_second, 1))}/s"
            drawn.update(task, total=now.audience, completed=now.done, rate=rate)

        yield show


@contextmanager
def _counter(out: Output, total: int) -> Iterator[Callable[[int], None]]:
    if out.as_json or not sys.stderr.isatty():
        yield lambda _count: None
        return
    with bars.Progress(console=Console(stderr=True)) as drawn:
        task = drawn.add_task(out.language.gettext("Writing"), total=total)
        yield lambda count: drawn.update(task, completed=count)


def _print_audience(out: Output, audience: Audience) -> None:
    out.say(
        "{n} reader would get the issue.",
        plural="{n} readers would get the issue.",
        n=audience.mailable,
    )
    suppressed = sum(audience.suppressed.values())
    rows = [
        ("have left", audience.unsubscribed),
        ("are suppressed", suppressed),
        ("have not confirmed", audience.pending),
        ("take a break", audience.paused),
        ("have an address that cannot be sent to yet", audience.not_supported),
    ]
    for why, count in rows:
        if count:
            out.plain(f"{count:>6}  {out.language.gettext(why)}")
    out.say("Nothing was sent.")
    out.result(
        {
            "mailable": audience.mailable,
            "unsubscribed": audience.unsubscribed,
            "suppressed": {reason.value: n for reason, n in audience.suppressed.items()},
            "pending": audience.pending,
            "paused": audience.paused,
            "not_supported": audience.not_supported,
        }
    )


def _print_status(out: Output, now: Status) -> None:
    out.plain(f"{now.issue} · {out.language.gettext(now.state.value)}")
    out.sentence(now.equation)
    for count, reason in now.reason_sentences:
        out.plain(f"{count:>6}  {out.language.say(reason)}")
    if now.rate_per_second:
        out.say(
            "{rate} messages a second",
            rate=out.language.number(round(now.rate_per_second, 1)),
        )
    if now.pause is not None:
        out.sentence(now.pause.sentence)
        out.say(
            "Paused after {done} of {audience}. Go on with: newsletter issues send {issue}",
            done=now.audience - now.waiting,
            audience=now.audience,
            issue=now.issue,
        )
    elif now.next_attempt_at is not None:
        out.say(
            "{n} waits: its server asked us to come back later. "
            "Run newsletter issues send {issue} again after {clock} UTC.",
            plural="{n} wait: their servers asked us to come back later. "
            "Run newsletter issues send {issue} again after {clock} UTC.",
            n=now.deferred,
            issue=now.issue,
            clock=f"{now.next_attempt_at:%H:%M}",
        )
    if now.uncertain:
        out.say(
            "{n} is uncertain: it may have got it, and is not sent to again by itself.",
            plural="{n} are uncertain: they may have got it, and are not sent to again by itself.",
            n=now.uncertain,
        )
    out.result(_as_json(now))


def _as_json(now: Status) -> dict[str, Any]:
    return {
        "issue": now.issue,
        "state": now.state.value,
        "audience": now.audience,
        "accepted": now.accepted,
        "refused": now.refused,
        "skipped": now.skipped,
        "uncertain": now.uncertain,
        "waiting": now.waiting,
        "rate_per_second": round(now.rate_per_second, 1),
        "reasons": dict(now.reasons),
        "next_attempt_at": now.next_attempt_at.isoformat() if now.next_attempt_at else None,
        "paused_because": now.pause.sentence.in_english() if now.pause else None,
    }


def _exit_code(now: Status) -> int:
    if now.pause is not None:
        return DONE if now.pause.kind is PauseKind.STOPPED else FAILED
    return PARTLY if now.uncertain or now.waiting else DONE
