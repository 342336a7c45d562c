"""`newsletter issues status`, and how a sending is shown while it goes on and after."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from cyclopts import Parameter
from rich import progress as bars
from rich.console import Console

from newsletter.app import App
from newsletter.cli import forecasts, status_shown, watching
from newsletter.cli.command import Common, Output
from newsletter.cli.status_shown import Standing, as_json, held
from newsletter.delivery.forecast import Forecast
from newsletter.delivery.progress import Progress
from newsletter.delivery.status import Status
from newsletter.issues import composing
from newsletter.models import IssueState
from subscribers.audiences import Audience


def status(
    issue: str,
    /,
    *,
    watch: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Show how the sending of an issue stands.

    Example: newsletter issues status 2026-02 --watch

    Parameters
    ----------
    watch
        Again each second, until nobody waits any more or you press Ctrl-C, which stops the watching
        only. Not on a terminal: a line for each change; with --json what it was at the end.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
    if not watch:
        print_standing(app, out, status_shown.look(app, found.id))
        return
    # Not the console of `out`, whose lines may be longer than the terminal is wide.
    console = Console(highlight=False, markup=False, emoji=False)
    out.result(_result(watching.watch(app, out, found.id, console=console)))


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
    print_standing(app, out, Standing(now, expected, held(app, now)))


def print_standing(app: App, out: Output, standing: Standing) -> None:
    """Print how an issue stands."""
    for line in status_shown.lines(app, out, standing):
        out.plain(line)
    out.result(_result(standing))


def _result(standing: Standing) -> dict[str, Any]:
    return as_json(standing.now, held=standing.held) | forecasts.as_json(standing.expected)
