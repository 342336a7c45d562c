"""Every arrow between the states of a delivery, and no other; the counts always agree."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from newsletter.delivery import (
    audience,
    by_hand,
    claims,
    counting,
    flights,
    holding,
    issue_states,
    leases,
    ledger,
)
from newsletter.delivery.books import Books
from newsletter.delivery.in_flight import InFlight, Lease
from newsletter.delivery.ledger import LedgerError
from newsletter.delivery.outcomes import (
    Accepted,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientDeferred,
    RecipientRefused,
    SenderMisconfigured,
    ServerUnavailable,
    Uncertain,
    Untried,
)
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.reasons import Reason
from newsletter.delivery.retries import DEADLINE
from newsletter.errors import IssueStateError, TamperedError
from newsletter.models import Delivery, DeliveryCount, DeliveryState, Issue, IssueState
from subscribers.models import Subscriber, Suppression, SuppressionReason
from subscribers.segments import Description
from subscribers.tokens import Keys
from subscribers.wording import Sentence
from tests.conftest import Clock
from tests.newsletter.delivery.approved import (
    FROZEN,
    approve_issue,
    deliveries,
    issue_state,
    reader,
    readers,
    states,
    unsubscribe,
)

QUEUED, IN_FLIGHT = DeliveryState.QUEUED, DeliveryState.IN_FLIGHT
ACCEPTED, DEFERRED, REFUSED = DeliveryState.ACCEPTED, DeliveryState.DEFERRED, DeliveryState.REFUSED
UNCERTAIN, SKIPPED = DeliveryState.UNCERTAIN, DeliveryState.SKIPPED


class Worker:
    """Moves the rows of one issue the way the engine does, one transaction at a time."""

    def __init__(self, database: Database, keys: Keys, clock: Clock, people: int = 1) -> None:
        self.database = database
        self.keys = keys
        self.clock = clock
        self.owner = leases.new_owner()
        self.issue_id = approve_issue(database, keys, people, now=clock())
        with database.writing() as session:
            issue = issue_states.begin(session, self.issue_id, FROZEN, now=clock())
            self.newsletter_id = issue.newsletter_id
        with database.writing() as session:
            audience.freeze_chunk(session, self.issue_id, sender=FROZEN.sender, now=clock())

    @property
    def lease(self) -> Lease:
        return Lease(self.owner, self.clock() + leases.LEASE)

    def take(self, limit: int = 100, *, after: int = 0) -> list[InFlight]:
        with self.database.writing() as session:
            return claims.take(
                session,
                self.issue_id,
                self.newsletter_id,
                lease=self.lease,
                limit=limit,
                now=self.clock(),
                after=after,
            ).flying

    def taken(self, limit: int = 100) -> list[int]:
        return [delivery.id for delivery in self.take(limit)]

    def record(self, flying: list[InFlight], outcome: Outcome) -> None:
        with self.database.writing() as session:
            flights.record(
                session,
                self.issue_id,
                [(delivery, outcome) for delivery in flying],
                owner=self.owner,
                now=self.clock(),
            )

    def attempt(self, outcome: Outcome) -> None:
        """Take everything that is due and let it all end the same way."""
        self.record(self.take(), outcome)

    def expire_leases(self) -> None:
        with self.database.writing() as session:
            holding.expire_leases(session, self.issue_id, now=self.clock())

    @property
    def rows(self) -> list[Delivery]:
        return list(deliveries(self.database, self.issue_id).values())

    @property
    def row(self) -> Delivery:
        return self.rows[0]


@pytest.fixture
def make_worker(database: Database, keys: Keys, clock: Clock) -> Iterator[Callable[[int], Worker]]:
    workers: list[Worker] = []

    def make(people: int) -> Worker:
        workers.append(Worker(database, keys, clock, people))
        return workers[-1]

    yield make
    # Whatever a test did, the running counts must be those of the rows.
    for worker in workers:
        counted = Counter(states(database, worker.issue_id).values())
        with database.reading() as session:
            assert +counting.verified(session, worker.issue_id) == counted


@pytest.fixture
def worker(make_worker: Callable[[int], Worker]) -> Worker:
    return make_worker(1)


# queued -> in_flight


def test_what_is_taken_is_held_under_a_name_for_a_while(worker: Worker, clock: Clock) -> None:
    ids = worker.taken()

    row = worker.row
    assert ids == [row.id]
    assert (row.state, row.lease_owner) == (IN_FLIGHT, worker.owner)
    assert row.lease_until == clock() + leases.LEASE
    assert row.attempts == 1


def test_nobody_takes_what_somebody_holds(worker: Worker) -> None:
    worker.take()

    assert worker.take() == []


def test_a_lease_that_is_not_over_is_left_alone(worker: Worker, clock: Clock) -> None:
    worker.take()
    clock.forward(seconds=leases.LEASE.total_seconds() - 1)

    worker.expire_leases()

    assert worker.row.state is IN_FLIGHT


def test_a_renewed_lease_is_not_over(worker: Worker, clock: Clock) -> None:
    worker.take()
    clock.forward(seconds=leases.LEASE.total_seconds() - 1)
    with worker.database.writing() as session:
        holding.renew(session, worker.issue_id, worker.lease)
    clock.forward(seconds=leases.LEASE.total_seconds() - 1)

    worker.expire_leases()

    assert worker.row.state is IN_FLIGHT


def a_dead_owner() -> str:
    command = "from newsletter.delivery.leases import new_owner; print(new_owner())"
    return subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_what_a_dead_process_had_in_flight_is_uncertain_at_once(
    make_worker: Callable[[int], Worker],
) -> None:
    worker = make_worker(2)
    worker.owner = a_dead_owner()
    worker.take(limit=1)

    worker.expire_leases()

    assert [row.state for row in worker.rows] == [UNCERTAIN, QUEUED]
    assert worker.row.reason == Reason.CRASHED.value


@pytest.mark.parametrize("is_dead", [True, False])
def test_an_issue_whose_last_readers_a_dead_process_holds_is_gone_on_with(
    worker: Worker, is_dead: bool
) -> None:
    if is_dead:
        worker.owner = a_dead_owner()
    worker.take()
    with worker.database.writing() as session:
        issue_states.find(session, worker.issue_id).audience_frozen_at = worker.clock()

    with worker.database.reading() as session:
        found = issue_states.to_work_on(session, now=worker.clock())

    assert found == ([worker.issue_id] if is_dead else [])


def test_the_first_attempt_fixes_the_date_and_later_ones_keep_it(
    worker: Worker, clock: Clock
) -> None:
    began = clock()
    first = worker.take()
    worker.record(first, RecipientDeferred("451 later", Reason.OTHER))
    clock.forward(hours=1)

    second = worker.take()

    assert [(f.first_attempt_at, f.attempts) for f in first + second] == [(began, 1), (began, 2)]
    assert second[0].message_id == first[0].message_id
    assert second[0].envelope_sender == first[0].envelope_sender
    assert worker.row.first_attempt_at == began


# queued -> skipped


def test_who_unsubscribed_meanwhile_is_skipped(make_worker: Callable[[int], Worker]) -> None:
    worker = make_worker(3)
    unsubscribe(worker.database, reader(2))

    flying = worker.take()

    assert [delivery.address for delivery in flying] == [reader(1), reader(3)]
    skipped = deliveries(worker.database, worker.issue_id)[reader(2)]
    assert (skipped.state, skipped.reason) == (SKIPPED, Reason.UNSUBSCRIBED.value)
    assert (skipped.attempts, skipped.lease_owner) == (0, None)


def test_who_was_suppressed_meanwhile_is_skipped(worker: Worker, clock: Clock) -> None:
    with worker.database.writing() as session:
        session.add(
            Suppression(
                reason=SuppressionReason.COMPLAINT, at=clock(), address_hash=worker.row.address_hash
            )
        )

    assert worker.take() == []
    assert (worker.row.state, worker.row.reason) == (SKIPPED, Reason.SUPPRESSED.value)


def test_who_was_erased_meanwhile_is_skipped(worker: Worker) -> None:
    with worker.database.writing() as session:
        session.execute(sa.update(Delivery).values(address="", address_hash=None))
        session.execute(sa.delete(Subscriber))

    assert worker.take() == []
    assert (worker.row.state, worker.row.reason) == (SKIPPED, Reason.ERASED.value)


# in_flight -> …


@pytest.mark.parametrize(
    ("outcome", "state", "reason", "attempts"),
    [
        (Accepted("250 OK"), ACCEPTED, "", 1),
        (RecipientDeferred("451 later", Reason.SYSTEM), DEFERRED, "system", 1),
        (RecipientRefused("550 no", Reason.BAD_ADDRESS), REFUSED, "bad_address", 1),
        (RecipientRefused("550 5.7.1 no", Reason.POLICY), REFUSED, "policy", 1),
        (Uncertain("silence", Reason.NO_ANSWER), UNCERTAIN, "no_answer", 1),
        (NotSent("broken"), QUEUED, "", 1),
        (ServerUnavailable("421 bye"), QUEUED, "", 1),
        (MessageRefused("554 no", Reason.CONTENT), QUEUED, "content", 1),
        (SenderMisconfigured("535 who"), QUEUED, "", 0),
        (Untried(), QUEUED, "", 0),
    ],
)
def test_an_outcome_moves_a_delivery(
    worker: Worker, outcome: Outcome, state: DeliveryState, reason: str, attempts: int
) -> None:
    worker.attempt(outcome)

    row = worker.row
    assert (row.state, row.reason, row.attempts) == (state, reason, attempts)
    assert row.last_reply == outcome.reply
    assert (row.lease_owner, row.lease_until) == (None, None)
    assert (row.next_attempt_at is not None) == (
        state is DEFERRED or attempts == 1 == bool(state is QUEUED)
    )


def test_what_was_not_tried_has_no_date_yet(worker: Worker) -> None:
    worker.attempt(Untried())

    assert worker.row.first_attempt_at is None


def test_what_was_given_back_comes_after_those_never_tried(
    make_worker: Callable[[int], Worker],
) -> None:
    worker = make_worker(3)
    worker.record(worker.take(limit=1), NotSent("broken"))

    served = [worker.rows[0].id, *(row.id for row in worker.rows[1:])]

    assert worker.taken() == [*served[1:], served[0]]


def test_what_lies_before_the_last_claim_is_taken_once_nobody_is_left_behind_it(
    make_worker: Callable[[int], Worker],
) -> None:
    worker = make_worker(6)
    first, *others = worker.take(limit=2)
    worker.record([first], Untried())

    behind = worker.take(limit=3, after=others[-1].id)
    rest = worker.take(limit=3, after=behind[-1].id)

    ids = [row.id for row in worker.rows]
    assert [flight.id for flight in behind] == ids[2:5]
    assert [flight.id for flight in rest] == [first.id, ids[5]]


def test_a_message_that_breaks_every_connection_is_deferred(worker: Worker, clock: Clock) -> None:
    for _ in range(flights.MOST_BREAKS):
        worker.attempt(NotSent("broken"))

    assert (worker.row.state, worker.row.reason) == (DEFERRED, Reason.CONNECTION.value)
    assert worker.row.next_attempt_at is not None
    assert worker.row.next_attempt_at > clock()


def test_a_message_refused_again_after_somebody_went_on_is_refused(worker: Worker) -> None:
    worker.attempt(MessageRefused("554 no", Reason.CONTENT))
    worker.attempt(MessageRefused("554 no", Reason.CONTENT))

    assert (worker.row.state, worker.row.reason) == (REFUSED, Reason.CONTENT.value)


def test_what_was_in_flight_when_its_lease_ended_is_uncertain(worker: Worker, clock: Clock) -> None:
    worker.take()
    clock.forward(hours=1)

    worker.expire_leases()

    assert (worker.row.state, worker.row.reason) == (UNCERTAIN, Reason.CRASHED.value)
    assert worker.taken() == []


def test_a_250_that_was_written_down_late_still_counts(worker: Worker, clock: Clock) -> None:
    flying = worker.take()
    clock.forward(hours=1)
    worker.expire_leases()

    worker.record(flying, Accepted("250 OK"))

    assert (worker.row.state, worker.row.reason) == (ACCEPTED, "")


@pytest.mark.parametrize("outcome", [NotSent("x"), RecipientRefused("550 no", Reason.OTHER)])
def test_anything_else_that_comes_late_leaves_doubt(
    worker: Worker, clock: Clock, outcome: Outcome
) -> None:
    flying = worker.take()
    clock.forward(hours=1)
    worker.expire_leases()

    worker.record(flying, outcome)

    assert worker.row.state is UNCERTAIN


def test_a_window_that_is_late_in_part_is_written_down_whole(
    make_worker: Callable[[int], Worker], clock: Clock
) -> None:
    worker = make_worker(4)
    flying = worker.take()
    with worker.database.writing() as session:
        late = [delivery.id for delivery in flying[:2]]
        over = sa.update(Delivery).where(Delivery.id.in_(late)).values(lease_until=clock())
        session.execute(over)
    clock.forward(seconds=1)
    worker.expire_leases()

    later = RecipientDeferred("451 later", Reason.OTHER)
    outcomes = [Accepted("250 OK"), later, Accepted("250 OK"), later]
    with worker.database.writing() as session:
        flights.record(
            session,
            worker.issue_id,
            list(zip(flying, outcomes, strict=True)),
            owner=worker.owner,
            now=clock(),
        )

    assert [row.state for row in worker.rows] == [ACCEPTED, UNCERTAIN, ACCEPTED, DEFERRED]


def test_nobody_records_what_another_worker_sends(worker: Worker) -> None:
    flying = worker.take()
    worker.owner = leases.new_owner()

    worker.record(flying, Accepted("250 OK"))

    assert worker.row.state is IN_FLIGHT


# deferred -> in_flight | refused


def test_a_deferred_recipient_waits_for_its_time(worker: Worker, clock: Clock) -> None:
    worker.attempt(RecipientDeferred("451 later", Reason.OTHER))
    again_at = worker.row.next_attempt_at
    too_early = worker.taken()
    assert again_at is not None
    clock.at = again_at

    assert too_early == []
    assert worker.taken() == [worker.row.id]
    assert worker.row.state is IN_FLIGHT


def test_a_deferred_recipient_is_given_up_at_the_deadline(worker: Worker, clock: Clock) -> None:
    began = clock()
    while worker.row.state is not REFUSED:
        worker.attempt(RecipientDeferred("451 later", Reason.OTHER))
        if worker.row.next_attempt_at is not None:
            clock.at = worker.row.next_attempt_at

    assert worker.row.reason == Reason.EXPIRED.value
    assert worker.row.last_reply == "451 later"
    assert worker.row.attempts > 30
    assert clock() <= began + DEADLINE


def test_what_nobody_tried_again_before_the_deadline_is_refused_untried(
    worker: Worker, clock: Clock
) -> None:
    worker.attempt(RecipientDeferred("451 later", Reason.OTHER))
    clock.forward(hours=73)

    assert worker.taken() == []
    assert (worker.row.state, worker.row.reason) == (REFUSED, Reason.EXPIRED.value)
    assert worker.row.attempts == 1


# Paused and cancelled issues


def test_nothing_is_taken_of_an_issue_that_is_paused(worker: Worker) -> None:
    with worker.database.writing() as session:
        issue_states.pause(session, worker.issue_id, Pause(PauseKind.STOPPED, Sentence("x")))

    assert worker.taken() == []


def test_cancelling_skips_all_that_has_not_gone(make_worker: Callable[[int], Worker]) -> None:
    worker = make_worker(5)
    for outcome in (Accepted(), RecipientDeferred("451")):
        worker.record(worker.take(limit=1), outcome)
    worker.take(limit=1)

    with worker.database.writing() as session:
        issue_states.cancel(session, worker.issue_id)
    skipped: list[int] = []
    while not skipped or skipped[-1]:
        with worker.database.writing() as session:
            skipped.append(by_hand.cancel(session, worker.issue_id, limit=2, now=worker.clock()))

    assert skipped == [2, 1, 0]
    assert [row.state for row in worker.rows] == [ACCEPTED, SKIPPED, IN_FLIGHT, SKIPPED, SKIPPED]
    assert {row.reason for row in worker.rows if row.state is SKIPPED} == {"cancelled"}


# uncertain -> queued


def test_uncertain_deliveries_are_sent_again_only_on_command(
    make_worker: Callable[[int], Worker],
) -> None:
    worker = make_worker(2)
    worker.attempt(Uncertain("silence", Reason.NO_ANSWER))
    untouched = worker.taken()

    with worker.database.writing() as session:
        moved = by_hand.requeue_uncertain(session, worker.issue_id, limit=1, now=worker.clock())

    assert (untouched, moved) == ([], 1)
    assert worker.taken() == [worker.row.id]
    assert worker.rows[1].state is UNCERTAIN


# The counts


def test_counts_that_disagree_with_the_rows_are_found(database: Database, worker: Worker) -> None:
    with database.writing() as session:
        session.execute(
            sa.update(DeliveryCount)
            .where(DeliveryCount.state == ACCEPTED)
            .values(count=DeliveryCount.count + 1)
        )

    with database.reading() as session, pytest.raises(LedgerError, match="accepted 1 ≠ 0"):
        counting.verified(session, worker.issue_id)
    with database.writing() as session:
        session.execute(
            sa.update(DeliveryCount).where(DeliveryCount.state == ACCEPTED).values(count=0)
        )


def test_an_audience_that_disagrees_with_the_rows_is_found(
    database: Database, worker: Worker
) -> None:
    with database.writing() as session:
        session.execute(sa.update(Issue).values(audience=2))

    with database.reading() as session, pytest.raises(LedgerError, match="audience 2 ≠ 1"):
        counting.verified(session, worker.issue_id)
    with database.writing() as session:
        session.execute(sa.update(Issue).values(audience=1))


async def test_an_issue_whose_counts_disagree_is_not_marked_as_sent(
    database: Database, worker: Worker
) -> None:
    worker.attempt(Accepted("250 OK"))
    with database.writing() as session:
        session.execute(
            sa.update(DeliveryCount).where(DeliveryCount.state == SKIPPED).values(count=1)
        )

    with pytest.raises(LedgerError):
        await Books(database, worker.issue_id, clock=worker.clock).settle(None)

    assert issue_state(database, worker.issue_id) is IssueState.SENDING
    with database.writing() as session:
        session.execute(
            sa.update(DeliveryCount).where(DeliveryCount.state == SKIPPED).values(count=0)
        )


def test_a_row_in_another_state_than_expected_undoes_everything(worker: Worker) -> None:
    flying = worker.take()
    stranger = replace(flying[0], id=flying[0].id + 1000)

    with pytest.raises(LedgerError), worker.database.writing() as session:
        ledger.update(session, [flying[0].id, stranger.id], come_from=[IN_FLIGHT], state=ACCEPTED)

    assert worker.row.state is IN_FLIGHT


# The audience


def test_the_audience_is_frozen_in_chunks_and_goes_on_where_it_stopped(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = approve_issue(database, keys, 7, now=clock())
    with database.writing() as session:
        issue_states.begin(session, issue_id, FROZEN, now=clock())
    made = []
    frozen_at = None
    while frozen_at is None:
        with database.writing() as session:
            frozen_at = audience.freeze_chunk(
                session, issue_id, sender=FROZEN.sender, now=clock(), limit=3
            )
        made.append(len(deliveries(database, issue_id)))

    assert made == [3, 6, 7]
    rows = deliveries(database, issue_id)
    assert list(rows) == readers(7)
    assert len({row.message_id for row in rows.values()}) == 7
    assert all(row.message_id.endswith("@example.org>") for row in rows.values())
    assert {row.envelope_sender for row in rows.values()} == {FROZEN.sender.envelope_sender}
    with database.reading() as session:
        assert counting.verified(session, issue_id)[QUEUED] == 7


def test_the_audience_of_a_segment_is_only_who_is_in_it(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = approve_issue(database, keys, 7, now=clock())
    one, other = readers(7)[1], readers(7)[4]
    segment = Description("two", f"address in ({one}, {other})", "Europe/Stockholm")
    with database.writing() as session:
        issue_states.choose_segment(session, issue_id, segment)
        issue_states.begin(session, issue_id, FROZEN, now=clock())

    frozen_at = None
    while frozen_at is None:
        with database.writing() as session:
            frozen_at = audience.freeze_chunk(
                session, issue_id, sender=FROZEN.sender, now=clock(), limit=1
            )

    assert list(deliveries(database, issue_id)) == [one, other]


def test_an_issue_for_an_empty_segment_is_not_begun(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = approve_issue(database, keys, 2, now=clock())
    segment = Description("none", "domain = nowhere.example.org", "Europe/Stockholm")

    with database.writing() as session:
        issue_states.choose_segment(session, issue_id, segment)

    with pytest.raises(IssueStateError, match="nobody"), database.writing() as session:
        issue_states.begin(session, issue_id, FROZEN, now=clock())


@pytest.mark.parametrize(("state", "follows"), [(ACCEPTED, True), (QUEUED, False)])
def test_what_somebody_got_follows_when_they_are_merged(
    database: Database, keys: Keys, clock: Clock, state: DeliveryState, follows: bool
) -> None:
    worker = Worker(database, keys, clock)
    with database.writing() as session:
        row = session.scalars(sa.select(Delivery)).one()
        row.state = state
        given_up = row.subscriber_id
        assert given_up is not None
        kept = Subscriber(
            address="x", address_key="x", address_hash=b"", domain="x", created_at=clock()
        )
        session.add(kept)
        session.flush()
        ledger.follow_merge(session, kept.id, given_up)
        session.refresh(row)

        assert row.subscriber_id == (kept.id if follows else given_up)
        assert row.issue_id == worker.issue_id


def test_who_subscribes_after_sending_began_is_not_in_the_audience(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = approve_issue(database, keys, 2, now=clock())
    with database.writing() as session:
        issue = issue_states.begin(session, issue_id, FROZEN, now=clock())
        newsletter_id = issue.newsletter_id
    with database.writing() as session:
        late = Subscriber(
            address="late@example.org",
            address_key="late@example.org",
            address_hash=bytes(32),
            domain="example.org",
            created_at=clock(),
        )
        session.add(late)
        session.flush()
        session.execute(
            sa.text(
                "INSERT INTO subscriptions (subscriber_id, newsletter_id, state, since, source) "
                "VALUES (:subscriber, :newsletter, 'active', :since, 'test')"
            ),
            {"subscriber": late.id, "newsletter": newsletter_id, "since": "2026-11-20 08:00:00"},
        )

    with database.writing() as session:
        audience.freeze_chunk(session, issue_id, sender=FROZEN.sender, now=clock())

    assert list(deliveries(database, issue_id)) == readers(2)


def test_freezing_again_adds_nobody(worker: Worker) -> None:
    with worker.database.writing() as session:
        frozen_at = audience.freeze_chunk(
            session, worker.issue_id, sender=FROZEN.sender, now=worker.clock()
        )

    assert frozen_at == worker.clock()
    assert len(worker.rows) == 1


# Beginning


@pytest.mark.parametrize("state", [IssueState.DRAFT, IssueState.CANCELLED])
def test_what_is_not_approved_is_not_sent(
    database: Database, keys: Keys, clock: Clock, state: IssueState
) -> None:
    issue_id = approve_issue(database, keys, 1, now=clock())
    with database.writing() as session:
        session.execute(sa.update(Issue).values(state=state))

    with pytest.raises(IssueStateError), database.writing() as session:
        issue_states.begin(session, issue_id, FROZEN, now=clock())

    assert issue_state(database, issue_id) is state


def test_what_was_not_approved_in_these_words_is_not_sent(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = approve_issue(database, keys, 1, now=clock())
    other = replace(FROZEN, rendered=replace(FROZEN.rendered, subject="Something else"))

    with pytest.raises(TamperedError), database.writing() as session:
        issue_states.begin(session, issue_id, other, now=clock())

    assert issue_state(database, issue_id) is IssueState.APPROVED


def test_an_issue_is_not_spent_on_nobody(database: Database, keys: Keys, clock: Clock) -> None:
    issue_id = approve_issue(database, keys, 0, now=clock())

    with (
        pytest.raises(IssueStateError, match="nobody"),
        database.writing() as session,
    ):
        issue_states.begin(session, issue_id, FROZEN, now=clock())

    assert issue_state(database, issue_id) is IssueState.APPROVED


def test_a_sent_issue_can_be_reopened_for_those_who_wait_again(worker: Worker) -> None:
    worker.attempt(Uncertain("silence", Reason.NO_ANSWER))
    with worker.database.writing() as session:
        is_sent = issue_states.finish(session, worker.issue_id, now=worker.clock())
    with worker.database.writing() as session:
        by_hand.requeue_uncertain(
            session, worker.issue_id, limit=9, now=worker.clock() + timedelta(hours=1)
        )
        issue_states.reopen(session, worker.issue_id)

    assert is_sent
    assert issue_state(worker.database, worker.issue_id) is IssueState.SENDING
