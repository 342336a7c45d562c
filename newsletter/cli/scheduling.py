"""`newsletter issues schedule`: have an issue sent when its time comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from cyclopts import Parameter, validators

from newsletter.app import App
from newsletter.cli import segments
from newsletter.cli.command import Common, Output
from newsletter.delivery import status
from newsletter.errors import UsageError
from newsletter.issues import composing, timing
from newsletter.times import moment_to_come
from newsletter.worker import rota, steering
from subscribers.segments import Description

#: Minutes that somebody who has second thoughts may take.
Minutes = Annotated[
    int | None, Parameter(name="--in", validator=validators.Number(gte=0, lte=60 * 24 * 60))
]


def schedule(
    issue: str,
    /,
    *,
    at: str | None = None,
    in_: Minutes = None,
    segment: str | None = None,
    everybody: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Have an approved issue sent at a time, by the clocks of the newsletter's zone.

    A worker must be running then: newsletter serve, or newsletter worker. If none was until an hour
    later (setting schedule_grace), it is not sent, and you are asked.

    Example: newsletter issues schedule 2026-02 --at "2026-02-24 09:00"

    Parameters
    ----------
    at
        Date and clock time.
    in_
        So many minutes from now, instead.
    segment
        Only to who is in this segment (subscribers segment list). The issue remembers it.
    everybody
        To everybody after all, where the issue remembers a segment.
    """
    app, out = (common or Common()).open()
    moment = _moment(app, at, in_)
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        before = status.of(session, found.id, now=app.clock())
        part = segments.chosen(app, session, before, name=segment, everybody=everybody)
    segments.warn(out, part)
    put_off(app, out, found.id, issue, at=moment, part=part)


def put_off(
    app: App, out: Output, issue_id: int, name: str, *, at: datetime, part: Description | None
) -> None:
    """Schedule an issue, and say when and to how many it goes, and what speaks against it."""
    steering.schedule(app, issue_id, at=at, segment=part, actor=app.actor)
    with app.database.reading() as session:
        count = status.dry_run(session, issue_id, now=at, segment=part).mailable
        is_at_work = rota.is_anybody_at_work(session, now=app.clock())
    zone, language = app.settings.zone, out.language
    out.say(
        "Scheduled: {moment} ({zone}) to {n} subscriber. Stop it: newsletter issues withdraw "
        "{issue}",
        plural="Scheduled: {moment} ({zone}) to {n} subscribers. Stop it: newsletter issues "
        "withdraw {issue}",
        moment=language.day_and_moment(at, zone),
        zone=app.settings.newsletter.zone,
        n=count,
        issue=name,
    )
    done_at = _forecast(app, count, at)
    if done_at is not None:
        out.say("Done about {time}.", time=language.clock(done_at, zone))
    doubts = list(timing.doubts(at, zone, language=language.code))
    for doubt in doubts:
        out.say("Note: {doubt}", doubt=doubt)
    if not is_at_work:
        out.say("No worker is running now. One must be by then: newsletter serve")
    out.result(
        {
            "issue": name,
            "state": "scheduled",
            "scheduled_at": at.isoformat(),
            "audience": count,
            "done_at": done_at and done_at.isoformat(),
            "notes": [doubt.in_english() for doubt in doubts],
            "worker": is_at_work,
        }
    )


def _moment(app: App, at: str | None, minutes: int | None) -> datetime:
    if (at is None) == (minutes is None):
        raise UsageError('Say when: --at "2026-02-24 09:00" or --in MINUTES. Nothing was changed.')
    if minutes is not None:
        return app.clock() + timedelta(minutes=minutes)
    return moment_to_come(at or "", app.settings.zone, now=app.clock())


def _forecast(app: App, count: int, at: datetime) -> datetime | None:
    """Return when the last one goes at the rate of the settings; None: as fast as it can."""
    rates = [
        app.settings.messages_per_second,
        app.settings.messages_per_hour / 3600,
    ]
    slowest = min((rate for rate in rates if rate), default=0)
    return at + timedelta(seconds=count / slowest) if slowest else None
