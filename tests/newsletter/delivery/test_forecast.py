"""What is forecast is what the rules will let happen, and who is named is who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.database import Database
from newsletter.delivery import forecast, limits
from newsletter.delivery.forecast import Forecast
from newsletter.delivery.hours import SendingHours
from newsletter.delivery.limits import Limit, Rule, Span
from newsletter.delivery.servers import Server
from newsletter.delivery.warmup import WarmUp

STOCKHOLM = ZoneInfo("Europe/Stockholm")
FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=STOCKHOLM)
TEN_A_SECOND = Limit("all", Span.SECOND, 10)
THOUSAND_AN_HOUR = Limit("all", Span.HOUR, 1000)
OFFICE = SendingHours(frozenset(range(5)), time(7), time(18), STOCKHOLM)
PLAN = WarmUp(100, 2, 1000, STOCKHOLM)


def expect(
    database: Database,
    counts: Mapping[str, int],
    *rules: Rule,
    rate: float = 0,
    groups: Mapping[str, Sequence[Limit]] | None = None,
    servers: Sequence[Server] = (),
) -> Forecast | None:
    with database.reading() as session:
        return forecast.of(
            session,
            counts,
            rules=rules,
            groups=groups or {},
            servers=servers,
            rate=rate,
            now=FRIDAY,
        )


@pytest.mark.parametrize(
    ("count", "rate", "rules", "done_at", "because"),
    [
        (600, 10, [], "2026-11-20 16:01", None),
        (36_000, 0, [TEN_A_SECOND], "2026-11-20 17:00", TEN_A_SECOND),
        (36_000, 5, [TEN_A_SECOND], "2026-11-20 18:00", None),
        # The first thousand at once, the others an hour apart.
        (2500, 100, [THOUSAND_AN_HOUR], "2026-11-20 18:01", THOUSAND_AN_HOUR),
        # Two hours are left on Friday; the third is on Monday morning.
        (108_000, 10, [OFFICE], "2026-11-23 08:00", OFFICE),
        # 100, 200 and 400 on the first three days, the rest on the fourth.
        (800, 10, [PLAN], "2026-11-23 00:00", PLAN),
        (650, 100, [OFFICE, PLAN], "2026-11-24 07:00", OFFICE),
    ],
)
def test_the_end_is_where_the_rules_lead(
    database: Database,
    count: int,
    rate: float,
    rules: list[Rule],
    done_at: str,
    because: Rule | None,
) -> None:
    expected = expect(database, {"": count}, *rules, rate=rate)

    assert expected is not None
    exact = datetime.fromisoformat(done_at).replace(tzinfo=STOCKHOLM)
    assert abs(expected.done_at - exact) < timedelta(minutes=3)
    assert expected.because == because


def test_without_rules_or_a_rate_nothing_is_said(database: Database) -> None:
    assert expect(database, {"": 1000}) is None
    assert expect(database, {"": 0}, TEN_A_SECOND) is None


def test_what_was_taken_before_counts(database: Database) -> None:
    with database.writing() as session:
        held = limits.allowance(session, [THOUSAND_AN_HOUR], now=FRIDAY)
        limits.save(session, held.take(1000))

    expected = expect(database, {"": 10}, THOUSAND_AN_HOUR, rate=10)

    assert expected is not None
    assert expected.done_at >= FRIDAY + timedelta(hours=1)


def test_the_slowest_group_of_domains_decides(database: Database) -> None:
    slow = Limit("group microsoft", Span.HOUR, 100)

    expected = expect(
        database, {"": 10_000, "microsoft": 350}, rate=100, groups={"microsoft": [slow]}
    )

    assert expected is not None
    assert abs(expected.done_at - FRIDAY - timedelta(hours=3)) < timedelta(minutes=5)
    assert expected.because == slow


def test_the_limits_of_all_servers_add_up(database: Database) -> None:
    several = [
        Server(name=name, transports=(), limits=[Limit(f"server {name}", Span.SECOND, 5)])
        for name in ("a", "b")
    ]

    together = expect(database, {"": 36_000}, servers=several)
    one_is_free = expect(database, {"": 36_000}, servers=[*several, Server(transports=())])

    assert together is not None
    assert abs(together.done_at - FRIDAY - timedelta(hours=1)) < timedelta(minutes=1)
    assert one_is_free is None
