"""Asking changes nothing; confirming does, once, and only for who has the mail."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from subscribers import addresses, consent, opt_in
from subscribers.models import (
    ConsentEvent,
    ConsentKind,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from subscribers.opt_in import Answer, Asked, Confirmed
from subscribers.tokens import Claim, Purpose
from tests.subscribers.conftest import People

KIM = "kim.exempel@example.org"


def ask(people: People, address: str = KIM) -> Asked:
    with people.database.writing() as session:
        return opt_in.request(
            session,
            addresses.read(address),
            people.newsletter_id,
            keys=people.keys,
            language="sv",
            text_id=None,
            source="web form",
            at=people.clock(),
        )


def claim_of(people: People, asked: Asked) -> Claim:
    assert asked.subscriber_id is not None
    at = people.clock().replace(second=0, microsecond=0)
    return Claim(Purpose.CONFIRM, asked.subscriber_id, people.newsletter_id, at)


def confirm(people: People, claim: Claim) -> Confirmed:
    with people.database.writing() as session:
        return opt_in.confirm(session, claim, text_id=None, source="web form", at=people.clock())


def kinds(people: People) -> list[ConsentKind]:
    with people.database.reading() as session:
        return list(session.scalars(sa.select(ConsentEvent.kind).order_by(ConsentEvent.id)))


def state(people: People) -> SubscriptionState:
    with people.database.reading() as session:
        return session.scalars(sa.select(Subscription.state)).one()


def test_whoever_confirms_is_on_the_list_and_pressing_twice_changes_nothing(people: People) -> None:
    asked = ask(people)
    before = people.mailable()

    first = confirm(people, claim_of(people, asked))
    second = confirm(people, claim_of(people, asked))

    assert asked.answer is Answer.CONFIRMATION
    assert (before, people.mailable()) == ([], [KIM])
    assert (first, second) == (Confirmed.NOW, Confirmed.ALREADY)
    assert kinds(people) == [ConsentKind.REQUESTED, ConsentKind.CONFIRMED]


def test_who_asks_again_waits_from_then_on(people: People) -> None:
    ask(people)
    people.clock.forward(days=6)
    ask(people)

    with people.database.reading() as session:
        assert session.scalars(sa.select(Subscription.since)).one() == people.clock()


def test_a_link_of_eight_days_confirms_nobody(people: People) -> None:
    claim = claim_of(people, ask(people))
    people.clock.forward(days=7, minutes=1)

    assert confirm(people, claim) is Confirmed.TOO_LATE
    assert people.mailable() == []


def test_asking_for_somebody_who_left_leaves_them_out_until_they_confirm(people: People) -> None:
    subscriber_id = people.join(KIM)
    people.leave(subscriber_id)

    asked = ask(people)

    assert (asked.answer, asked.subscriber_id) == (Answer.CONFIRMATION, subscriber_id)
    # An import still finds them out, as does whoever looks.
    assert state(people) is SubscriptionState.UNSUBSCRIBED
    assert confirm(people, claim_of(people, asked)) is Confirmed.NOW
    assert people.mailable() == [KIM]


def test_an_old_confirmation_does_not_bring_back_who_left_since(people: People) -> None:
    claim = claim_of(people, ask(people))
    confirm(people, claim)
    people.leave(claim.subscriber_id)

    assert confirm(people, claim) is Confirmed.NOT_ASKED
    assert state(people) is SubscriptionState.UNSUBSCRIBED


def test_a_stranger_who_asks_does_not_stand_in_the_way_of_undo(people: People) -> None:
    subscriber_id = people.join(KIM)
    people.leave(subscriber_id)
    ask(people)

    assert people.undo(subscriber_id)
    assert people.mailable() == [KIM]


def test_who_is_on_the_list_is_told_so_and_nothing_changes(people: People) -> None:
    people.join(KIM)

    assert ask(people).answer is Answer.ALREADY
    assert kinds(people) == [ConsentKind.ADDED]


@pytest.mark.parametrize(
    "reason",
    [
        SuppressionReason.COMPLAINT,
        SuppressionReason.ERASED,
        SuppressionReason.HARD_BOUNCE,
        SuppressionReason.SOFT_BOUNCE,
    ],
)
def test_the_person_lifts_what_stood_against_the_address_and_nobody_else_does(
    people: People, reason: SuppressionReason
) -> None:
    people.suppress(KIM, reason)
    asked = ask(people)
    with people.database.reading() as session:
        standing = session.scalars(sa.select(Suppression.reason)).all()

    confirm(people, claim_of(people, asked))

    assert standing == [reason]
    assert people.mailable() == [KIM]


def test_what_the_admin_suppressed_is_neither_mailed_nor_lifted(people: People) -> None:
    asked = ask(people)
    people.suppress(KIM)
    people.suppress_domain("example.com")

    assert ask(people).answer is Answer.NOTHING
    assert ask(people, "lo@example.com") == Asked(Answer.NOTHING)
    assert confirm(people, claim_of(people, asked)) is Confirmed.NOT_ASKED
    assert people.mailable() == []


def test_two_presses_at_once_confirm_once(people: People) -> None:
    claim = claim_of(people, ask(people))
    outcomes: list[Confirmed] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(confirm(people, claim))) for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcome.value for outcome in outcomes) == ["already"] * 3 + ["now"]
    assert kinds(people).count(ConsentKind.CONFIRMED) == 1


def test_looking_says_what_pressing_would_do(people: People) -> None:
    claim = claim_of(people, ask(people))
    with people.database.reading() as session:
        before = opt_in.look(session, claim, at=people.clock())
    confirm(people, claim)
    with people.database.reading() as session:
        after = opt_in.look(session, claim, at=people.clock())

    assert (before, after) == (Confirmed.NOW, Confirmed.ALREADY)


def test_a_token_of_nobody_confirms_nobody(people: People) -> None:
    claim = Claim(Purpose.CONFIRM, 4711, people.newsletter_id, people.clock())

    assert confirm(people, claim) is Confirmed.NOT_ASKED


def test_asking_again_keeps_the_first_language(people: People) -> None:
    asked = ask(people)
    with people.database.writing() as session:
        opt_in.request(
            session, addresses.read(KIM.upper()), people.newsletter_id, keys=people.keys,
            language="en", text_id=None, source="web form", at=people.clock(),
        )  # fmt: skip
        assert asked.subscriber_id is not None
        standing = consent.standing(session, asked.subscriber_id, people.newsletter_id)

    assert standing is not None
    # A stranger must not be able to change it.
    assert standing.language == "sv"
