"""Service mails go before an issue under the limits they share, but do not hold it up for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from newsletter.database import Database
from newsletter.delivery import outbox
from newsletter.delivery.books import Books
from newsletter.delivery.in_flight import Taken
from newsletter.delivery.limits import GLANCE, Hold, Limit, Rule, Span
from newsletter.delivery.mails_in_flight import PATIENCE
from newsletter.delivery.outbox_books import OutboxBooks
from newsletter.delivery.outcomes import RecipientDeferred, SenderMisconfigured
from newsletter.delivery.service_mails import Links
from newsletter.delivery.warmup import WarmUp
from subscribers import addresses
from subscribers.tokens import Keys
from tests.conftest import Clock
from tests.newsletter.delivery.approved import FROZEN, approve_issue

READERS = 40
TEN_AN_HOUR = Limit("all", Span.HOUR, 10)
ONE_A_SECOND = Limit("all", Span.SECOND, 1)
#: What the templates of a `review_answered` are given.
FIELDS = {"page": "/skicka", "number": 2, "by": "Robin", "is_approved": True, "note": ""}
KIM = addresses.read("kim.exempel@example.org")


def ask_for_mails(database: Database, number: int, *, keys: Keys, now: datetime) -> None:
    """Put mails into the outbox; whatever anybody does meanwhile, they have a point."""
    with database.writing() as session:
        for _ in range(number):
            outbox.add(
                session,
                "review_answered",
                to=KIM,
                newsletter_id=1,
                language="sv",
                sender=FROZEN.sender,
                keys=keys,
                fields=FIELDS,
                now=now,
            )


class Rivals:
    """An issue and the outbox, which take what they send under the same rules."""

    def __init__(self, database: Database, keys: Keys, clock: Clock) -> None:
        self.database, self.keys, self.clock = database, keys, clock
        self.issue_id = approve_issue(database, keys, READERS, now=clock())
        self.issue = Books(database, self.issue_id, clock=clock)
        self.outbox = OutboxBooks(database, Links(keys, "https://example.org"), clock=clock)

    def ask_for_mails(self, number: int) -> None:
        ask_for_mails(self.database, number, keys=self.keys, now=self.clock())

    async def issue_takes(self, *within: Rule) -> Taken[Any]:
        return (await self.issue.turn([], take=READERS, within=within)).taken

    async def outbox_takes(self, *within: Rule) -> Taken[Any]:
        return (await self.outbox.turn([], take=READERS, within=within)).taken


@pytest.fixture
async def rivals(database: Database, keys: Keys, clock: Clock) -> Rivals:
    rivals = Rivals(database, keys, clock)
    await rivals.issue.begin(FROZEN)
    await rivals.issue.freeze_chunk(FROZEN, limit=2 * READERS)
    return rivals


@pytest.mark.parametrize("limit", [TEN_AN_HOUR, Limit("server mx1", Span.HOUR, 10)])
async def test_service_mails_go_before_an_issue_under_a_limit_they_share(
    rivals: Rivals, limit: Limit
) -> None:
    rivals.ask_for_mails(3)

    issue = await rivals.issue_takes(limit)
    mails = await rivals.outbox_takes(limit)

    assert (len(issue.flying), len(mails.flying)) == (7, 3)


async def test_mails_have_the_first_room_there_is_again_under_a_used_up_limit(
    rivals: Rivals, clock: Clock
) -> None:
    await rivals.issue_takes(TEN_AN_HOUR)
    rivals.ask_for_mails(4)
    held = await rivals.outbox_takes(TEN_AN_HOUR)
    assert held.hold is not None

    clock.at = held.hold.until
    issue = await rivals.issue_takes(TEN_AN_HOUR)
    mails = await rivals.outbox_takes(TEN_AN_HOUR)

    assert (len(issue.flying), len(mails.flying)) == (6, 4)


async def test_where_mails_need_all_the_room_an_issue_looks_again_in_a_moment(
    rivals: Rivals, clock: Clock
) -> None:
    rivals.ask_for_mails(10)

    before = await rivals.issue_takes(TEN_AN_HOUR)
    await rivals.outbox_takes(TEN_AN_HOUR)
    after = await rivals.issue_takes(TEN_AN_HOUR)

    assert before == Taken([], hold=Hold(clock() + timedelta(seconds=GLANCE), TEN_AN_HOUR))
    assert after.hold is not None
    assert after.hold.until >= clock() + timedelta(hours=1)


@pytest.mark.parametrize("limit", [TEN_AN_HOUR, ONE_A_SECOND])
async def test_an_issue_is_not_held_up_by_mails_nobody_can_send(
    rivals: Rivals, clock: Clock, limit: Limit
) -> None:
    rivals.ask_for_mails(limit.most)
    clock.forward(seconds=limit.seconds)
    clock.at += PATIENCE
    held = await rivals.issue_takes(limit)
    clock.forward(seconds=1)

    taken = await rivals.issue_takes(limit)

    assert held.flying == []
    assert len(taken.flying) == limit.most


async def test_a_deferred_mail_goes_first_when_its_time_comes_until_it_is_given_back(
    rivals: Rivals, clock: Clock
) -> None:
    rivals.ask_for_mails(1)
    [mail] = (await rivals.outbox_takes(ONE_A_SECOND)).flying
    later = RecipientDeferred("451 4.7.1 later")
    await rivals.outbox.turn([(mail, later)], take=0)
    clock.forward(seconds=1.1)
    meanwhile = await rivals.issue_takes(ONE_A_SECOND)

    clock.forward(minutes=10)
    first = await rivals.issue_takes(ONE_A_SECOND)
    [mail] = (await rivals.outbox_takes(ONE_A_SECOND)).flying
    # Time after time, say: a server that does not let its sender send.
    await rivals.outbox.turn([(mail, SenderMisconfigured("550 5.7.1 no"))], take=0)
    clock.forward(seconds=1.1)
    then = await rivals.issue_takes(ONE_A_SECOND)

    assert [len(taken.flying) for taken in (meanwhile, first, then)] == [1, 0, 1]


async def test_nothing_is_left_to_mails_of_what_is_for_issues_only(rivals: Rivals) -> None:
    warm_up = WarmUp(5, 2, 100, ZoneInfo("Europe/Stockholm"))
    rivals.ask_for_mails(3)

    taken = await rivals.issue_takes(warm_up, Limit("all", Span.HOUR, 7))

    assert len(taken.flying) == 4
    assert len((await rivals.issue_takes(warm_up)).flying) == 1


@pytest.mark.parametrize(("within", "looks"), [((), 0), ((TEN_AN_HOUR,), 1)])
async def test_a_turn_without_a_limit_does_not_look_at_the_outbox(
    rivals: Rivals, within: Sequence[Rule], looks: int
) -> None:
    seen: list[str] = []

    def see(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(sa.Engine, "before_cursor_execute", see)
    try:
        await rivals.issue_takes(*within)
    finally:
        event.remove(sa.Engine, "before_cursor_execute", see)

    assert seen
    assert sum("service_mails" in statement for statement in seen) == looks
