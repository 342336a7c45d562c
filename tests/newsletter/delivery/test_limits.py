"""No span of time sees more than its limit, whoever takes, and whatever is started anew."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.database import Database
from newsletter.delivery import audience, claims, issue_states, leases, limits
from newsletter.delivery.in_flight import InFlight, Lease, Taken
from newsletter.delivery.limits import Allowance, Limit, Rule, Span
from newsletter.models import DeliveryState
from subscribers.tokens import Keys
from tests.conftest import Clock
from tests.newsletter.delivery.approved import FROZEN, approve_issue, states, unsubscribe

BEGAN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TEN_AN_HOUR = Limit("all", Span.HOUR, 10)


def most_in_any(seconds: float, taken: Sequence[tuple[float, int]]) -> int:
    """Return the most that was taken in any span; each is tried from its first message on."""
    return max(
        sum(count for at, count in taken if began <= at < began + seconds) for began, _ in taken
    )


def frozen_issue(database: Database, keys: Keys, clock: Clock, people: int) -> int:
    issue_id = approve_issue(database, keys, people, now=clock())
    with database.writing() as session:
        issue_states.begin(session, issue_id, FROZEN, now=clock())
    with database.writing() as session:
        audience.freeze_chunk(session, issue_id, sender=FROZEN.sender, now=clock())
    return issue_id


def take(
    database: Database, issue_id: int, clock: Clock, *within: Rule, limit: int = 100
) -> Taken[InFlight]:
    with database.writing() as session:
        return claims.take(
            session,
            issue_id,
            1,
            lease=Lease(leases.new_owner(), clock() + leases.LEASE),
            limit=limit,
            now=clock(),
            allowance=limits.allowance(session, within, now=clock()),
        )


@given(
    messages=st.one_of(st.integers(1, 40), st.floats(0.1, 40)),
    span=st.sampled_from(Span),
    steps=st.lists(st.tuples(st.floats(0, 1.5), st.integers(1, 50)), min_size=1, max_size=40),
)
def test_no_span_sees_more_than_its_limit_wherever_it_begins(
    messages: float, span: Span, steps: list[tuple[float, int]]
) -> None:
    limit = Limit("all", span, messages)
    seconds = 0.0
    kept: list[tuple[float, int]] = []
    taken: list[tuple[float, int]] = []
    for share, wanted in steps:
        seconds += share * limit.seconds
        allowance = Allowance({limit: kept}, now=BEGAN + timedelta(seconds=seconds))
        if count := min(wanted, allowance.room):
            kept = allowance.take(count)[limit]
            taken.append((seconds, count))

    # A microsecond is as exact as a time is.
    assert most_in_any(limit.seconds - 1e-5, taken) <= limit.most
    assert limit.most / limit.seconds == pytest.approx(messages / span.value)
    assert len(kept) <= limits.PARTS + 2


def test_after_a_whole_span_the_whole_limit_is_there_again() -> None:
    full = Allowance({TEN_AN_HOUR: []}, now=BEGAN).take(10)
    held = Allowance(full, now=BEGAN + timedelta(minutes=59))

    assert held.room == 0
    assert held.hold is not None
    assert held.hold.until <= BEGAN + timedelta(minutes=61)
    assert Allowance(full, now=held.hold.until).room == 10


def test_a_lowered_limit_waits_until_enough_has_passed() -> None:
    full = Allowance({TEN_AN_HOUR: []}, now=BEGAN).take(5)[TEN_AN_HOUR]
    later = Allowance({TEN_AN_HOUR: full}, now=BEGAN + timedelta(minutes=30)).take(5)[TEN_AN_HOUR]
    lowered = Limit("all", Span.HOUR, 5)

    held = Allowance({lowered: later}, now=BEGAN + timedelta(minutes=31))

    assert held.hold is not None
    assert held.hold.until >= BEGAN + timedelta(minutes=90)


def test_what_a_clock_that_was_wrong_wrote_holds_nobody_back() -> None:
    years_ahead = (BEGAN + timedelta(days=3000)).timestamp()

    assert Allowance({TEN_AN_HOUR: [(years_ahead, 10)]}, now=BEGAN).room == 10


def test_the_strictest_of_several_limits_holds(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 20)
    two_a_second = Limit("all", Span.SECOND, 2)

    counts = []
    for _ in range(6):
        counts.append(len(take(database, issue_id, clock, TEN_AN_HOUR, two_a_second).flying))
        clock.forward(seconds=1.02)

    assert counts == [2, 2, 2, 2, 2, 0]


def test_a_limit_is_kept_over_a_restart_and_between_issues(
    database_url: str, database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 30)
    assert len(take(database, issue_id, clock, TEN_AN_HOUR).flying) == 10
    again = Database(database_url)

    held = take(again, issue_id, clock, TEN_AN_HOUR)
    clock.forward(hours=1, minutes=1)
    later = take(again, issue_id, clock, TEN_AN_HOUR)
    again.close()

    assert (held.flying, held.was_empty) == ([], False)
    assert held.hold is not None
    assert held.hold.until <= clock()
    assert len(later.flying) == 10


def test_who_is_skipped_costs_nothing_of_a_limit(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 15)
    for address in list(states(database, issue_id))[:8]:
        unsubscribe(database, address)

    first = take(database, issue_id, clock, TEN_AN_HOUR)
    second = take(database, issue_id, clock, TEN_AN_HOUR)

    assert (len(first.flying), len(second.flying)) == (2, 5)


def test_nobody_waits_for_a_limit_when_nobody_is_left(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 10)
    take(database, issue_id, clock, TEN_AN_HOUR)

    assert take(database, issue_id, clock, TEN_AN_HOUR) == Taken([], was_empty=True)


def test_a_crash_before_the_commit_takes_nothing(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 30)

    def crash() -> None:
        with database.writing() as session:
            allowance = limits.allowance(session, [TEN_AN_HOUR], now=clock())
            claims.take(
                session,
                issue_id,
                1,
                lease=Lease(leases.new_owner(), clock() + leases.LEASE),
                limit=100,
                now=clock(),
                allowance=allowance,
            )
            raise InterruptedError

    with pytest.raises(InterruptedError):
        crash()

    assert set(states(database, issue_id).values()) == {DeliveryState.QUEUED}
    assert len(take(database, issue_id, clock, TEN_AN_HOUR).flying) == 10


def test_several_processes_one_after_and_beside_another_share_a_limit(
    database_url: str, database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 60)
    hour = 0.5
    module = [sys.executable, "-m", "tests.newsletter.delivery.taking_process"]

    def start(most: int) -> subprocess.Popen[str]:
        arguments = [database_url, str(issue_id), "10", str(hour), str(most)]
        return subprocess.Popen([*module, *arguments], stdout=subprocess.PIPE, text=True)

    taken: list[tuple[float, int]] = []
    for most in ((12, 12), (100,)):
        for process in [start(count) for count in most]:
            said, _ = process.communicate(timeout=60)
            taken += [(at, count) for at, count in json.loads(said)]

    assert sum(count for _, count in taken) == 60
    assert most_in_any(1, taken) <= 10
