"""A new server sends little on its first day and more on every next day on which it sends."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.database import Database
from newsletter.delivery.limits import Allowance
from newsletter.delivery.warmup import WarmUp
from subscribers.tokens import Keys
from tests.conftest import Clock
from tests.newsletter.delivery.test_limits import frozen_issue, take

STOCKHOLM = ZoneInfo("Europe/Stockholm")
PLAN = WarmUp(3, 2, 20, STOCKHOLM)


def test_every_day_on_which_something_was_sent_allows_more_until_it_is_warm(
    database_url: str, database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 60)
    clock.at = datetime(2026, 11, 20, 12, 0, tzinfo=STOCKHOLM)

    taken = []
    for days in (1, 1, 7, 1):
        # Each day in a program that was started anew.
        today = Database(database_url)
        taken.append(len(take(today, issue_id, clock, PLAN).flying))
        assert take(today, issue_id, clock, PLAN).flying == []
        today.close()
        clock.forward(days=days)
    # Three, six and twelve; the next day would allow twenty-four, which is full speed.
    assert taken == [3, 6, 12, 39]


def test_a_day_is_one_on_the_calendar_of_the_newsletter() -> None:
    late = datetime(2026, 11, 20, 23, 59, tzinfo=STOCKHOLM)
    full = PLAN.after([], 3, late.timestamp())

    held = Allowance({PLAN: full}, now=late).hold

    assert held is not None
    assert held.until == late + timedelta(minutes=1)
    assert Allowance({PLAN: full}, now=held.until).room == 6


def test_days_without_mail_do_not_count() -> None:
    began = datetime(2026, 11, 20, 12, 0, tzinfo=STOCKHOLM)
    full = PLAN.after([], 3, began.timestamp())

    assert Allowance({PLAN: full}, now=began + timedelta(days=30)).room == 6
