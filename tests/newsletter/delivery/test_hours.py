"""Issues go out in the sending hours only, by the clock on the wall."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.database import Database
from newsletter.delivery import limits
from newsletter.delivery.hours import SendingHours
from newsletter.delivery.limits import Limit, Rule, Span
from newsletter.delivery.sending import Limits, send_issue
from newsletter.delivery.servers import Server
from newsletter.delivery.status import Status
from newsletter.errors import SettingsError
from newsletter.models import IssueState
from newsletter.settings import load
from subscribers.tokens import Keys
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import FROZEN, approve_issue, readers, smtp

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OFFICE = SendingHours(frozenset(range(5)), time(7), time(18), STOCKHOLM)
NIGHT = SendingHours(frozenset({4}), time(22), time(5), STOCKHOLM)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM)


async def send(
    database: Database,
    keys: Keys,
    clock: Clock,
    server: MailServer,
    rules: Sequence[Rule],
    issue: int,
) -> Status:
    return await send_issue(
        database,
        issue_id=issue,
        frozen=FROZEN,
        keys=keys,
        clock=clock,
        # So slowly that one or two are in flight at a time.
        servers=[Server(transports=[smtp(server.url)], messages_per_second=10)],
        limits=Limits(of_issues=rules, back_off=()),
    )


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        (OFFICE, "2026-11-20 06:59", "2026-11-20 07:00"),
        (OFFICE, "2026-11-20 07:00", None),
        (OFFICE, "2026-11-20 17:59", None),
        # Friday evening: on Monday.
        (OFFICE, "2026-11-20 18:00", "2026-11-23 07:00"),
        (OFFICE, "2026-11-22 12:00", "2026-11-23 07:00"),
        # Clocks are put back on Sunday, 25 October 2026, and forward on 29 March.
        (OFFICE, "2026-10-24 12:00", "2026-10-26 07:00"),
        (OFFICE, "2026-03-28 12:00", "2026-03-30 07:00"),
        (NIGHT, "2026-11-20 21:59", "2026-11-20 22:00"),
        (NIGHT, "2026-11-21 04:59", None),
        (NIGHT, "2026-11-21 05:00", "2026-11-27 22:00"),
    ],
)
def test_sending_hours_are_those_on_the_wall(
    hours: SendingHours, now: str, opens: str | None
) -> None:
    assert hours.opens_at(at(now)) == (None if opens is None else at(opens))


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001
        lambda moment: moment.replace(tzinfo=UTC)
    ),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    opens=st.times(),
    closes=st.times(),
)
def test_there_is_always_a_next_time_within_a_week(
    now: datetime, days: frozenset[int], opens: time, closes: time
) -> None:
    hours = SendingHours(days, opens, closes, STOCKHOLM)

    begins, ends = hours.next_open(now)

    assert now < ends
    assert begins <= now + timedelta(days=8)
    assert hours.opens_at(max(begins, now)) is None


async def test_outside_the_sending_hours_nothing_is_claimed_and_then_it_goes_on(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer
) -> None:
    issue = approve_issue(database, keys, 3, now=clock())
    clock.at = at("2026-11-21 12:00")

    waiting = await send(database, keys, clock, mail_server, [OFFICE], issue)
    with database.reading() as session:
        held = limits.hold(session, [OFFICE], now=clock())

    assert (waiting.state, waiting.waiting, waiting.pause) == (IssueState.SENDING, 3, None)
    assert mail_server.received == []
    assert held is not None
    assert held.until == at("2026-11-23 07:00")

    clock.at = held.until
    sent = await send(database, keys, clock, mail_server, [OFFICE], issue)

    assert (sent.state, sent.accepted) == (IssueState.SENT, 3)


async def test_the_hours_may_end_in_the_middle_of_an_issue(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer
) -> None:
    issue = approve_issue(database, keys, 9, now=clock())
    clock.at = at("2026-11-20 17:59")
    mail_server.reply_to_rcpt = lambda _address: clock.forward(seconds=15)

    stopped = await send(database, keys, clock, mail_server, [OFFICE], issue)
    before = len(mail_server.received)
    clock.at = at("2026-11-23 07:00")
    sent = await send(database, keys, clock, mail_server, [OFFICE], issue)

    # Four have gone after a minute, and what was in flight with them.
    assert 4 <= before < 9
    assert (stopped.state, stopped.waiting) == (IssueState.SENDING, 9 - before)
    assert sent.state is IssueState.SENT
    assert sorted(a for m in mail_server.received for a in m.rcpt_to) == sorted(readers(9))


def test_hours_and_limits_must_all_agree(clock: Clock) -> None:
    limit = Limit("all", Span.HOUR, 1)
    clock.at = at("2026-11-20 06:30")
    full = limit.after([], 1, clock().timestamp())

    hold = limits.Allowance({limit: full, OFFICE: []}, now=clock()).hold

    assert hold is not None
    # The limit has room again at 07:30, half an hour after the hours begin.
    assert hold.rule is limit
    assert hold.until >= at("2026-11-20 07:30")


@pytest.mark.parametrize(
    "wrong",
    [
        "opens = 07:00:00",
        "opens = 07:00:00\ncloses = 07:00:00",
        "days = []",
        'days = ["someday"]',
    ],
)
def test_sending_hours_that_make_no_sense_are_refused(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "newsletter.toml"
    file.write_text(f"[sending_hours]\n{wrong}\n")

    with pytest.raises(SettingsError):
        load(file)
