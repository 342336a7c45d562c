"""`newsletter issues status`, and how a sending is shown while it goes on and after."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from rich import progress as bars
from rich.console import Console

from newsletter.app import App
from newsletter.cli import forecasts
from newsletter.cli.command import Common, Output
from newsletter.delivery import limits
from newsletter.delivery import status as statuses
from newsletter.delivery.forecast import Forecast
from newsletter.delivery.limits import Hold
from newsletter.delivery.progress import Progress
from newsletter.delivery.status import Status
from newsletter.issues import composing
from newsletter.models import IssueState
from subscribers.recipients import Audience

#: A wait shorter than this is nothing to tell of.
_SHOWN_FROM = timedelta(minutes=1)


def status(issue: str, /, *, common: Common | None = None) -> None:
    """Show how the sending of an issue stands.

    Example: newsletter issues status 2026-02
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        now = statuses.of(session, found.id, now=app.clock())
        expected = forecasts.of_status(app, session, found.id, now)
    print_status(app, out, now, expected)


def _held(app: App, now: Status) -> Hold | None:
    """Return until when a rule lets nothing of an issue go; None if it does not show."""
    if now.state is not IssueState.SENDING or not now.waiting:
        return None
    with app.database.reading() as session:
        found = limits.hold(session, app.sending_limits.rules, now=app.clock())
    return found if found and found.until > app.clock() + _SHOWN_FROM else None


@contextmanager
def drawn_progress(out: Output) -> Iterator[Callable[[Progress], None]]:
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
def drawn_count(out: Output, total: int) -> Iterator[Callable[[int], None]]:
    """Draw how many messages have been written, on a terminal only."""
    if out.as_json or not sys.stderr.isatty():
        yield lambda _count: None
        return
    with bars.Progress(console=Console(stderr=True)) as drawn:
        task = drawn.add_task(out.language.gettext("Writing"), total=total)
        yield lambda count: drawn.update(task, completed=count)


def print_audience(
    app: App, out: Output, audience: Audience, now: Status, expected: Forecast | None
) -> None:
    """Print who would get an issue, who would not and why, and when it would be done."""
    if now.audience:
        # Its audience is settled: what counts is who of it still waits.
        print_status(app, out, now, expected)
        out.say("Nothing was sent.")
        return
    if now.state is IssueState.DRAFT:
        out.say("Issue {issue} is a draft; it must be approved first.", issue=now.issue)
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
    forecasts.say(app, out, expected)
    out.say("Nothing was sent.")
    out.result(
        {
            "mailable": audience.mailable,
            "unsubscribed": audience.unsubscribed,
            "suppressed": {reason.value: n for reason, n in audience.suppressed.items()},
            "pending": audience.pending,
            "paused": audience.paused,
            "not_supported": audience.not_supported,
            **forecasts.as_json(expected),
        }
    )


def print_status(app: App, out: Output, now: Status, expected: Forecast | None = None) -> None:
    """Print the equation, the reasons, and how it goes on."""
    held = _held(app, now)
    out.plain(f"{now.issue} · {out.language.gettext(now.state.value)}")
    if now.segment is not None:
        out.say(
            "Goes to the segment “{name}” only: {condition}",
            name=now.segment.name,
            condition=now.segment.condition,
        )
    out.sentence(now.equation)
    for count, reason in now.reason_sentences:
        out.plain(f"{count:>6}  {out.language.say(reason)}")
    if now.rate_per_second:
        out.say(
            "{rate} messages a second",
            rate=out.language.number(round(now.rate_per_second, 1)),
        )
    if now.is_freezing:
        out.say("The audience is still being counted; it will grow.")
    forecasts.say(app, out, expected)
    if now.pause is not None:
        out.sentence(now.pause.sentence)
        out.say(
            "Paused after {done} of {audience}. Go on with: newsletter issues resume {issue}",
            done=now.audience - now.waiting,
            audience=now.audience,
            issue=now.issue,
        )
    elif held is not None:
        out.say(
            "Nothing goes before {time}: {rule}.",
            time=out.language.moment(held.until, app.settings.zone),
            rule=held.rule.sentence,
        )
        out.say(
            "If nobody is sending it then, go on with: newsletter issues send {issue}",
            issue=now.issue,
        )
    elif now.state is IssueState.SENDING and now.next_attempt_at is None and now.waiting:
        out.say(
            "If nobody is sending it any more, go on with: newsletter issues send {issue}",
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
        out.say("See who: newsletter issues uncertain {issue}", issue=now.issue)
    out.result(as_json(now, held=held) | forecasts.as_json(expected))


def as_json(now: Status, *, held: Hold | None = None) -> dict[str, Any]:
    """Return a status as `--json` shows it."""
    return {
        "issue": now.issue,
        "state": now.state.value,
        "segment": now.segment.name if now.segment else None,
        "audience": now.audience,
        "accepted": now.accepted,
        "refused": now.refused,
        "skipped": now.skipped,
        "uncertain": now.uncertain,
        "waiting": now.waiting,
        "rate_per_second": round(now.rate_per_second, 1),
        "reasons": dict(now.reasons),
        "next_attempt_at": now.next_attempt_at.isoformat() if now.next_attempt_at else None,
        "held_until": held.until.isoformat() if held else None,
        "held_by": held.rule.sentence.in_english() if held else None,
        "paused_because": now.pause.sentence.in_english() if now.pause else None,
    }
