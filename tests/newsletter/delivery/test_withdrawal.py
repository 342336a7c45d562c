"""An issue that has reached nobody can be taken back, whenever that is broken off."""

from __future__ import annotations

import pytest

from newsletter.database import Database
from newsletter.delivery import audience, counting, issue_states, ledger, schedules, withdrawal
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.errors import IssueStateError
from newsletter.models import Delivery, DeliveryState, IssueState
from subscribers.tokens import Keys
from subscribers.wording import Sentence
from tests.conftest import Clock
from tests.newsletter.delivery.approved import (
    FROZEN,
    approve_issue,
    deliveries,
    issue_state,
    readers,
)

PEOPLE = 7


@pytest.fixture
def sending(database: Database, keys: Keys, clock: Clock) -> int:
    """An issue whose audience is frozen, and of which nothing has gone."""
    issue_id = approve_issue(database, keys, PEOPLE, now=clock())
    begin(database, clock, issue_id)
    return issue_id


def begin(database: Database, clock: Clock, issue_id: int) -> None:
    with database.writing() as session:
        issue_states.begin(session, issue_id, FROZEN, now=clock())
    frozen_at = None
    while frozen_at is None:
        with database.writing() as session:
            frozen_at = audience.freeze_chunk(
                session, issue_id, sender=FROZEN.sender, now=clock(), limit=3
            )


def go_on(database: Database, issue_id: int, *, limit: int) -> bool:
    with database.writing() as session:
        return withdrawal.go_on(session, issue_id, limit=limit)


def test_a_withdrawn_issue_is_as_if_it_had_not_begun(
    database: Database, clock: Clock, sending: int
) -> None:
    with database.writing() as session:
        withdrawal.begin(session, sending)
    while not go_on(database, sending, limit=3):
        with database.reading() as session:
            counting.verified(session, sending)

    assert issue_state(database, sending) is IssueState.APPROVED
    assert deliveries(database, sending) == {}
    begin(database, clock, sending)
    assert sorted(deliveries(database, sending)) == sorted(readers(PEOPLE))


def test_nobody_is_missed_if_withdrawing_is_broken_off_and_the_issue_sent_after_all(
    database: Database, clock: Clock, sending: int
) -> None:
    with database.writing() as session:
        withdrawal.begin(session, sending)
    go_on(database, sending, limit=3)

    begin(database, clock, sending)

    assert sorted(deliveries(database, sending)) == sorted(readers(PEOPLE))
    with database.reading() as session:
        assert counting.verified(session, sending)[DeliveryState.QUEUED] == PEOPLE
    with pytest.raises(IssueStateError, match="Somebody began"):
        go_on(database, sending, limit=3)


@pytest.mark.parametrize(
    "state", [DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN, DeliveryState.IN_FLIGHT]
)
def test_what_may_have_reached_somebody_cannot_be_taken_back(
    database: Database, sending: int, state: DeliveryState
) -> None:
    with database.writing() as session:
        row = next(iter(deliveries(database, sending).values()))
        ledger.update(session, [row.id], come_from=[row.state], state=state)
        counting.move(session, sending, counting.Counts({row.state: -1, state: 1}))

    with database.writing() as session, pytest.raises(IssueStateError):
        withdrawal.begin(session, sending)

    assert issue_state(database, sending) is IssueState.SENDING


def test_a_scheduled_issue_is_withdrawn_at_once(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = approve_issue(database, keys, PEOPLE, now=clock())
    with database.writing() as session:
        schedules.schedule(session, issue_id, at=clock())

    with database.writing() as session:
        withdrawal.begin(session, issue_id)

    assert go_on(database, issue_id, limit=3)
    assert issue_state(database, issue_id) is IssueState.APPROVED
    with database.reading() as session:
        assert schedules.due(session, now=clock()) == []


def test_an_issue_held_back_can_be_scheduled_anew_and_one_begun_cannot(
    database: Database, clock: Clock, sending: int
) -> None:
    with database.writing() as session, pytest.raises(IssueStateError):
        schedules.schedule(session, sending, at=clock())
    with database.writing() as session:
        withdrawal.begin(session, sending)
    while not go_on(database, sending, limit=9):
        pass
    with database.writing() as session:
        schedules.schedule(session, sending, at=clock())
        schedules.hold_back(session, sending, Pause(PauseKind.SAFETY, Sentence("late")))

    with database.writing() as session:
        schedules.schedule(session, sending, at=clock())

    assert issue_state(database, sending) is IssueState.SCHEDULED
    with database.reading() as session:
        assert session.query(Delivery).count() == 0
