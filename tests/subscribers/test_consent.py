"""Consent is never lifted by anybody but the person."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from subscribers import addresses, consent
from subscribers.adding import Outcome
from subscribers.errors import NoSuchSubscriberError
from subscribers.models import (
    AuditEntry,
    ConsentBasis,
    ConsentEvent,
    ConsentKind,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from tests.subscribers.conftest import People


def _events(people: People) -> list[tuple[ConsentKind, str, str]]:
    with people.database.reading() as session:
        events = session.scalars(sa.select(ConsentEvent).order_by(ConsentEvent.id))
        return [(event.kind, event.source, event.actor) for event in events]


def test_whoever_is_added_may_be_mailed_and_the_basis_is_kept(people: People) -> None:
    added = people.add("kim@example.org")

    with people.database.reading() as session:
        event = session.scalars(sa.select(ConsentEvent)).one()
        subscription = session.scalars(sa.select(Subscription)).one()
    assert added.outcome is Outcome.ADDED
    assert people.mailable() == ["kim@example.org"]
    assert (event.kind, event.basis) == (ConsentKind.ADDED, ConsentBasis.CONSENT)
    assert (event.source, event.actor) == ("mejl 2026-11-20", "robin")
    assert subscription.source == "mejl 2026-11-20"


def test_adding_twice_adds_once(people: People) -> None:
    first = people.add("Kim@Example.org")
    people.clock.forward(days=1)

    second = people.add("kim@example.ORG")

    assert second.outcome is Outcome.UNCHANGED
    assert (second.subscriber_id, second.since) == (first.subscriber_id, first.since)
    assert len(_events(people)) == 1


def test_one_person_can_have_two_newsletters(people: People) -> None:
    here = people.add("kim@example.org")

    there = people.add("kim@example.org", newsletter_id=people.other_newsletter_id)

    assert there.outcome is Outcome.ADDED
    assert there.subscriber_id == here.subscriber_id


def test_adding_never_lifts_an_unsubscription(people: People) -> None:
    kim = people.join("kim@example.org")
    people.leave(kim)

    again = people.add("kim@example.org")

    assert (again.outcome, again.word) == (Outcome.HELD_BACK, "unsubscribed")
    assert people.mailable() == []


def test_adding_never_confirms_what_the_person_has_not(people: People) -> None:
    people.add("kim@example.org", state=SubscriptionState.PENDING)

    again = people.add("kim@example.org")

    assert (again.outcome, again.word) == (Outcome.HELD_BACK, "pending")
    assert people.mailable() == []


@pytest.mark.parametrize("reason", SuppressionReason)
def test_adding_never_lifts_a_suppression(people: People, reason: SuppressionReason) -> None:
    people.suppress("kim@example.org", reason)

    added = people.add("Kim@example.org")

    assert (added.outcome, added.word) == (Outcome.HELD_BACK, reason.value)
    with people.database.reading() as session:
        assert session.scalars(sa.select(Subscriber)).all() == []


def test_whoever_is_added_by_two_at_once_is_added_once(people: People) -> None:
    outcomes: list[Outcome] = []
    together = threading.Barrier(4)

    def add() -> None:
        together.wait()
        outcomes.append(people.add("kim@example.org").outcome)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcome.value for outcome in outcomes) == ["added"] + ["unchanged"] * 3
    assert people.mailable() == ["kim@example.org"]


def test_leaving_works_at_once_and_only_counts_once(people: People) -> None:
    kim = people.join("kim@example.org")

    assert people.leave(kim)
    assert not people.leave(kim)

    assert people.mailable() == []
    assert _events(people)[1:] == [(ConsentKind.WITHDRAWN, "one-click", "subscriber")]


def test_leaving_one_newsletter_leaves_the_other_alone(people: People) -> None:
    kim = people.join("kim@example.org")
    people.add("kim@example.org", newsletter_id=people.other_newsletter_id)

    people.leave(kim)

    with people.database.reading() as session:
        there = consent.standing(session, kim, people.other_newsletter_id)
    assert there is not None
    assert there.state is SubscriptionState.ACTIVE


def test_nobody_cannot_leave(people: People) -> None:
    assert not people.leave(4711)
    assert _events(people) == []


def test_a_withdrawal_by_the_person_can_be_undone_once(people: People) -> None:
    kim = people.join("kim@example.org")
    people.leave(kim)

    assert people.undo(kim)
    assert not people.undo(kim)

    assert people.mailable() == ["kim@example.org"]
    assert _events(people)[-1] == (ConsentKind.RESTORED, "web page", "subscriber")


def test_leaving_again_after_an_undo_can_be_undone_again(people: People) -> None:
    kim = people.join("kim@example.org")
    for _ in range(2):
        people.leave(kim)
        assert people.undo(kim)

    assert people.mailable() == ["kim@example.org"]


def test_a_removal_by_the_admin_is_not_undone_by_a_link(people: People) -> None:
    kim = people.join("kim@example.org")
    people.leave(kim, actor="robin")

    assert not people.undo(kim)
    assert people.mailable() == []


def test_undoing_makes_nobody_active_who_never_was(people: People) -> None:
    kim = people.add("kim@example.org", state=SubscriptionState.PENDING).subscriber_id or 0
    people.leave(kim)

    assert not people.undo(kim)
    assert people.mailable() == []


def test_undoing_lifts_no_suppression(people: People) -> None:
    kim = people.join("kim@example.org")
    people.leave(kim)
    people.suppress("kim@example.org", SuppressionReason.COMPLAINT)

    people.undo(kim)

    assert people.mailable() == []


def test_an_old_link_does_not_undo_what_came_before_it(people: People) -> None:
    kim = people.join("kim@example.org")
    people.leave(kim)
    left_at = people.clock()

    assert not people.undo(kim, withdrawn_after=left_at + timedelta(minutes=1))
    assert people.undo(kim, withdrawn_after=left_at)


def test_somebody_is_found_however_the_address_is_written(
    people: People, database: Database
) -> None:
    kim = people.join("Kim@Västra.example")

    with database.reading() as session:
        found = consent.find(session, addresses.read("KIM@xn--vstra-gra.example"))

    assert found.id == kim


def test_looking_for_nobody_says_so_without_the_address(database: Database) -> None:
    with database.reading() as session, pytest.raises(NoSuchSubscriberError) as error:
        consent.find(session, addresses.read("nobody@example.org"))

    assert "nobody@" not in str(error.value)


def test_a_page_learns_no_more_than_the_masked_address(people: People) -> None:
    kim = people.join("kim.exempel@example.org")

    with people.database.reading() as session:
        standing = consent.standing(session, kim, people.newsletter_id)
        nobody = consent.standing(session, 4711, people.newsletter_id)

    assert nobody is None
    assert standing is not None
    assert standing.masked_address == "k…l@example.org"
    assert (standing.state, standing.language) == (SubscriptionState.ACTIVE, "sv")


def test_what_an_admin_does_is_logged_and_what_a_person_does_is_not(people: People) -> None:
    kim = people.join("kim@example.org")
    robin = people.join("robin@example.org")
    people.leave(kim)
    people.leave(robin, actor="alex")

    with people.database.reading() as session:
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()

    assert [(entry.actor, entry.action, entry.subject) for entry in entries] == [
        ("robin", "subscriber.added", f"subscriber:{kim}"),
        ("robin", "subscriber.added", f"subscriber:{robin}"),
        ("alex", "subscriber.unsubscribed", f"subscriber:{robin}"),
    ]
