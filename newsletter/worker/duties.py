"""The duties: what the program does by itself, and how often. A new one is added to `DUTIES`.

A duty is a function that takes the program and tells in a word or a number what it did. It must do
no harm when it is run twice, or broken off: a worker may be killed in the middle of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.app import App
from newsletter.worker import (
    forgetting,
    installation,
    leftovers,
    links,
    post,
    records,
    spool,
    starting,
)

#: Tells when something done now is due again, by the clocks of the newsletter.
Rhythm = Callable[[datetime, ZoneInfo], datetime]


def every(**span: float) -> Rhythm:
    """Return the rhythm of what is done again and again: `every(minutes=5)`."""
    return lambda now, _zone: now + timedelta(**span)


def daily(at: time) -> Rhythm:
    """Return the rhythm of what is done once a day: `daily(time(3, 30))`.

    On the day when that clock time does not exist it is an hour later by the new clocks; where it
    exists twice, the first is meant.
    """

    def next_one(now: datetime, zone: ZoneInfo) -> datetime:
        today = now.astimezone(zone).date()
        at_today = datetime.combine(today, at, zone).astimezone(UTC)
        # In UTC: within a zone Python compares the clocks on the wall, which can go back.
        return at_today if at_today > now else datetime.combine(today + timedelta(days=1), at, zone)

    return next_one


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that is to be done again and again."""

    #: As it is called in the database and by `newsletter duties`; never changed.
    name: str
    rhythm: Rhythm
    #: Does it; what it returns is kept as what it did last.
    work: Callable[[App], object]
    #: Tells, reading only, whether there is anything to do: what is looked for every few seconds
    #: should not write every few seconds.
    is_needed: Callable[[App], bool] = lambda _app: True


DUTIES: tuple[Duty, ...] = (
    Duty("heartbeat", every(minutes=1), installation.beat),
    Duty("confirmations", every(seconds=5), post.queue_confirmations, post.has_confirmations_due),
    Duty("forgetting", every(hours=1), forgetting.forget),
    Duty("withdrawals", every(seconds=5), spool.apply, spool.is_filled),
    Duty("schedules", every(seconds=5), starting.start_scheduled, starting.has_scheduled_due),
    Duty("leftovers", every(minutes=1), leftovers.tidy_up, leftovers.is_any),
    Duty("links", every(seconds=20), links.check_stale, links.has_stale),
    Duty("retention", daily(time(3, 30)), records.purge),
    Duty("suppressions", daily(time(3, 40)), records.match_suppressions),
    Duty("audit", daily(time(3, 45)), records.verify),
)
