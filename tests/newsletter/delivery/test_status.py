"""The numbers of an issue add up at every moment, and say what is known and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from newsletter.delivery import by_hand, issue_states, status
from newsletter.delivery.ledger import LedgerError
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.sending import Limits, send_issue
from newsletter.delivery.servers import Server
from newsletter.errors import NoSuchError
from newsletter.models import DeliveryCount, DeliveryState, IssueState
from subscribers.tokens import Keys
from subscribers.wording import Sentence
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import (
    FROZEN,
    approve_issue,
    reader,
    smtp,
    unsubscribe,
)


def read(database: Database, issue_id: int, clock: Clock) -> status.Status:
    with database.reading() as session:
        return status.of(session, issue_id, now=clock())


@pytest.fixture
def send(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer
) -> Callable[[int], status.Status]:
    def run(issue_id: int) -> status.Status:
        return asyncio.run(
            send_issue(
                database,
                issue_id=issue_id,
                frozen=FROZEN,
                keys=keys,
                clock=clock,
                servers=[Server(transports=[smtp(mail_server.url)])],
                limits=Limits(back_off=()),
            )
        )

    return run


def test_before_sending_there_is_nothing_to_count(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = approve_issue(database, keys, 3, now=clock())

    before = read(database, issue_id, clock)

    assert (before.issue, before.state, before.audience) == ("2026-02", IssueState.APPROVED, 0)
    assert (before.rate_per_second, before.next_attempt_at, before.pause) == (0, None, None)


def test_every_kind_of_end_is_counted_and_explained(
    database: Database,
    keys: Keys,
    clock: Clock,
    mail_server: MailServer,
    send: Callable[[int], status.Status],
) -> None:
    issue_id = approve_issue(database, keys, 12, now=clock())
    answers = {
        reader(1): "550 5.1.1 no such user",
        reader(2): "550 5.1.1 no such user",
        reader(3): "550 5.7.1 blocked",
        reader(4): "450 4.2.0 greylisted",
    }

    def answer(address: str) -> str | None:
        # The first message is alone in its window: the last one is not in flight yet.
        if address == reader(1):
            unsubscribe(database, reader(12))
        return answers.get(address)

    mail_server.reply_to_rcpt = answer
    with database.writing() as session:
        issue_states.begin(session, issue_id, FROZEN, now=clock())

    after = send(issue_id)

    assert (after.accepted, after.refused, after.skipped, after.uncertain) == (7, 3, 1, 0)
    assert (after.waiting, after.deferred, after.audience) == (1, 1, 12)
    assert after.state is IssueState.SENDING
    assert after.reasons == {"bad_address": 2, "policy": 1, "unsubscribed": 1, "other": 1}
    assert after.reason_sentences[0] == (2, Sentence("there is no such address"))
    assert after.next_attempt_at is not None
    assert 4 * 60 <= (after.next_attempt_at - clock()).total_seconds() <= 6 * 60
    assert after.equation.in_english() == (
        "12 recipients = 7 accepted + 3 refused + 1 skipped + 0 uncertain + 1 waiting"
    )
    assert read(database, issue_id, clock) == after

    with database.writing() as session:
        issue_states.cancel(session, issue_id)
        by_hand.cancel(session, issue_id, limit=12, now=clock())

    given_up = {"bad_address": 2, "cancelled": 1, "policy": 1, "unsubscribed": 1}
    assert read(database, issue_id, clock).reasons == given_up


def test_once_its_time_has_come_nothing_is_said_of_the_next_attempt(
    database: Database,
    keys: Keys,
    clock: Clock,
    mail_server: MailServer,
    send: Callable[[int], status.Status],
) -> None:
    issue_id = approve_issue(database, keys, 1, now=clock())
    mail_server.reply_to_rcpt = lambda _address: "450 4.2.0 greylisted"
    send(issue_id)
    clock.forward(hours=1)

    assert read(database, issue_id, clock).next_attempt_at is None


def test_a_pause_is_told_with_its_reason(database: Database, keys: Keys, clock: Clock) -> None:
    issue_id = approve_issue(database, keys, 3, now=clock())
    because = Pause(PauseKind.STOPPED, Sentence("Stopped by {who}.", who="Robin Exempel"))
    with database.writing() as session:
        issue_states.begin(session, issue_id, FROZEN, now=clock())
    with database.writing() as session:
        issue_states.pause(session, issue_id, because)

    paused = read(database, issue_id, clock)

    assert (paused.state, paused.pause, paused.is_freezing) == (IssueState.PAUSED, because, True)


def test_the_rate_is_that_of_the_last_minute(
    database: Database,
    keys: Keys,
    clock: Clock,
    mail_server: MailServer,
    send: Callable[[int], status.Status],
) -> None:
    issue_id = approve_issue(database, keys, 31, now=clock())
    mail_server.reply_to_rcpt = {reader(31): "450 4.2.0 greylisted"}.get
    send(issue_id)

    clock.forward(seconds=10)
    soon = read(database, issue_id, clock)
    clock.forward(hours=1)
    later = read(database, issue_id, clock)

    assert (soon.rate_per_second, later.rate_per_second) == (3.0, 0.0)


def test_numbers_that_do_not_add_up_are_never_shown(
    database: Database,
    keys: Keys,
    clock: Clock,
    send: Callable[[int], status.Status],
) -> None:
    issue_id = approve_issue(database, keys, 2, now=clock())
    send(issue_id)
    with database.writing() as session:
        session.execute(
            sa.update(DeliveryCount)
            .where(DeliveryCount.state == DeliveryState.ACCEPTED)
            .values(count=1)
        )

    with pytest.raises(LedgerError, match="do not add up"):
        read(database, issue_id, clock)


def test_there_is_no_status_of_an_issue_that_is_not_there(database: Database, clock: Clock) -> None:
    with pytest.raises(NoSuchError):
        read(database, 17, clock)


def test_a_dry_run_counts_everybody_and_moves_nothing(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = approve_issue(database, keys, 4, now=clock())
    unsubscribe(database, reader(1))

    with database.reading() as session:
        audience = status.dry_run(session, issue_id, now=clock(), segment=None)

    assert (audience.mailable, audience.unsubscribed) == (3, 1)
    assert read(database, issue_id, clock).state is IssueState.APPROVED
