"""Each duty is done when it is due, by one worker, and what goes wrong is tried again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from newsletter.app import App
from newsletter.delivery import leases
from newsletter.errors import UnsafeError
from newsletter.models import DutyRow
from newsletter.worker import rota
from newsletter.worker.duties import DUTIES, Duty, daily, every
from tests.conftest import Clock

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def counting(done: list[str], name: str = "count") -> Duty:
    def work(_app: App) -> str:
        done.append(name)
        return f"{len(done)} done"

    return Duty(name, every(minutes=10), work)


async def round_of(app: App, *duties: Duty) -> None:
    await rota.do_due(app, asyncio.Event(), duties=duties)


def row(app: App, name: str) -> DutyRow:
    with app.database.reading() as session:
        return rota.rows(session)[name]


async def test_a_duty_is_done_at_once_and_then_when_it_is_due(app: App, clock: Clock) -> None:
    done: list[str] = []

    for _ in range(3):
        await round_of(app, counting(done))
    clock.forward(minutes=10)
    await round_of(app, counting(done))

    assert done == ["count", "count"]
    assert row(app, "count").last_result == "2 done"
    assert row(app, "count").due_at == clock() + timedelta(minutes=10)


async def test_two_workers_never_do_the_same_duty_together(app: App) -> None:
    done: list[str] = []
    duty = counting(done)

    await asyncio.gather(*(round_of(app, duty) for _ in range(8)))

    assert done == ["count"]


async def test_what_a_dead_worker_was_doing_is_done_by_the_next(app: App, clock: Clock) -> None:
    done: list[str] = []
    duty = counting(done)
    await round_of(app, duty)
    with app.database.writing() as session:
        session.execute(
            sa.update(DutyRow).values(
                due_at=clock(), lease_owner="elsewhere", lease_until=clock() + leases.LEASE
            )
        )

    await round_of(app, duty)
    assert done == ["count"]

    clock.forward(seconds=leases.LEASE.total_seconds() + 1)
    await round_of(app, duty)
    assert done == ["count", "count"]


async def test_what_goes_wrong_is_told_and_tried_again_ever_later(app: App, clock: Clock) -> None:
    def fail(_app: App) -> None:
        raise UnsafeError("It is not safe.")

    done: list[str] = []
    waits = []
    for _ in range(9):
        await round_of(app, Duty("fails", every(days=1), fail), counting(done))
        waits.append((row(app, "fails").due_at - clock()) / timedelta(minutes=1))
        clock.at = row(app, "fails").due_at

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert row(app, "fails").last_result == "It is not safe."
    assert len(done) > 1


async def test_an_error_nobody_expected_leaves_no_address_in_the_database(app: App) -> None:
    def fail(_app: App) -> None:
        raise RuntimeError("kim.exempel@example.org")

    await round_of(app, Duty("fails", every(days=1), fail))

    assert row(app, "fails").last_result == "RuntimeError"


async def test_what_is_not_needed_is_not_written_down(app: App) -> None:
    done: list[str] = []
    duty = Duty("idle", every(seconds=5), lambda _app: done.append("idle"), lambda _app: False)

    await round_of(app, duty)

    with app.database.reading() as session:
        assert (done, rota.rows(session)) == ([], {})


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 20, 1, 0, tzinfo=UTC), datetime(2026, 11, 20, 2, 30, tzinfo=UTC)),
        (datetime(2026, 11, 20, 2, 30, tzinfo=UTC), datetime(2026, 11, 21, 2, 30, tzinfo=UTC)),
        # Summer time begins at 02:00 and ends at 03:00.
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, 30, tzinfo=UTC)),
    ],
)
def test_a_daily_duty_keeps_to_the_clocks_on_the_wall(now: datetime, due: datetime) -> None:
    assert daily(time(3, 30))(now, STOCKHOLM).astimezone(UTC) == due


@pytest.mark.parametrize(
    "now",
    [
        # Half past two is skipped on the one night, and comes twice on the other.
        datetime(2026, 3, 28, 12, 0, tzinfo=UTC),
        datetime(2026, 10, 24, 12, 0, tzinfo=UTC),
    ],
)
def test_a_clock_time_that_is_skipped_or_comes_twice_is_met_once(now: datetime) -> None:
    rhythm, day, met = daily(time(2, 30)), now.day, []

    for _ in range(100):
        if rhythm(now, STOCKHOLM) <= now + timedelta(minutes=20):
            met.append(rhythm(now, STOCKHOLM).astimezone(STOCKHOLM).day)
        now += timedelta(minutes=20)

    assert met == [day + 1]


def test_every_duty_has_a_name_of_its_own() -> None:
    assert len({duty.name for duty in DUTIES}) == len(DUTIES)
