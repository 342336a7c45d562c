"""Who may be mailed, and why the others may not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from subscribers import audiences, erasing, recipients
from subscribers.models import Subscriber, Subscription, SubscriptionState, SuppressionReason
from subscribers.why_not import SkipReason
from tests.subscribers.conftest import People


def _pause(people: People, subscriber_id: int, days: int) -> None:
    with people.database.writing() as session:
        session.execute(
            sa.update(Subscription)
            .where(Subscription.subscriber_id == subscriber_id)
            .values(paused_until=people.clock() + timedelta(days=days))
        )


def _why(people: People, *subscriber_ids: int) -> dict[int, SkipReason]:
    with people.database.reading() as session:
        return recipients.unmailable(
            session, people.newsletter_id, subscriber_ids, at=people.clock()
        )


def _erase(people: People, subscriber_id: int) -> None:
    with people.database.writing() as session, erasing.permitted(session, [subscriber_id]):
        session.execute(sa.delete(Subscriber).where(Subscriber.id == subscriber_id))


def _everybody(people: People) -> dict[str, int]:
    """One person for every way to stand."""
    found = {
        name: people.join(f"{name}@example.org")
        for name in ("active", "left", "paused", "complained", "blocked")
    }
    found["asked"] = (
        people.add("asked@example.org", state=SubscriptionState.PENDING).subscriber_id or 0
    )
    found["pär"] = people.join("pär@example.org")
    found["domain"] = people.join("domain@example.com")
    found["elsewhere"] = (
        people.add("elsewhere@example.org", newsletter_id=people.other_newsletter_id).subscriber_id
        or 0
    )
    people.leave(found["left"])
    _pause(people, found["paused"], days=7)
    people.suppress("complained@example.org", SuppressionReason.COMPLAINT)
    people.suppress("blocked@example.org")
    people.suppress_domain("example.com")
    return found


def test_only_who_may_be_mailed_is_mailed(people: People) -> None:
    _everybody(people)

    assert people.mailable() == ["active@example.org"]


@pytest.mark.parametrize(
    "written",
    ["Kim.Exempel@Example.ORG", "kim@västra.example", "o'kim+x@sub.VÄSTRA.example", "a@b.example"],
)
def test_rows_made_in_the_database_have_the_same_wire_form(people: People, written: str) -> None:
    people.join(written)
    whole = {"newsletter_id": people.newsletter_id, "after": 0, "through": 2**31 - 1}

    with people.database.reading() as session:
        rows = session.execute(recipients.mailable_between(), {**whole, "at": people.clock()}).all()
        [person] = recipients.mailable(
            session, people.newsletter_id, after=0, through=2**31 - 1, limit=9, at=people.clock()
        )

    assert [tuple(row) for row in rows] == [
        (person.subscriber_id, person.address, person.domain, person.address_hash)
    ]


def test_everybody_who_may_not_be_mailed_has_a_reason(people: People) -> None:
    found = _everybody(people)

    why = _why(people, *found.values(), 987_654)

    assert why == {
        found["left"]: SkipReason.UNSUBSCRIBED,
        found["asked"]: SkipReason.PENDING,
        found["paused"]: SkipReason.PAUSED,
        found["complained"]: SkipReason.SUPPRESSED,
        found["blocked"]: SkipReason.SUPPRESSED,
        found["domain"]: SkipReason.SUPPRESSED,
        found["pär"]: SkipReason.NOT_SUPPORTED,
        found["elsewhere"]: SkipReason.UNSUBSCRIBED,
        987_654: SkipReason.ERASED,
    }


def test_everybody_is_counted_once(people: People) -> None:
    _everybody(people)

    with people.database.reading() as session:
        audience = audiences.counts(session, people.newsletter_id, at=people.clock())

    assert audience == audiences.Audience(
        mailable=1,
        pending=1,
        unsubscribed=1,
        paused=1,
        not_supported=1,
        suppressed={SuppressionReason.COMPLAINT: 1, SuppressionReason.MANUAL: 2},
    )
    assert audience.active == 3


def test_the_strongest_reason_is_the_one_told(people: People) -> None:
    people.join("kim@example.org")
    for reason in reversed(SuppressionReason):
        people.suppress("kim@example.org", reason)

    with people.database.reading() as session:
        audience = audiences.counts(session, people.newsletter_id, at=people.clock())

    assert audience.suppressed == {SuppressionReason.COMPLAINT: 1}


def test_a_pause_taken_while_an_issue_goes_out_holds_at_once(people: People) -> None:
    kim = people.join("kim@example.org")
    assert people.mailable() == ["kim@example.org"]

    _pause(people, kim, days=7)

    assert _why(people, kim) == {kim: SkipReason.PAUSED}


def test_a_pause_ends_by_itself(people: People) -> None:
    kim = people.join("kim@example.org")
    _pause(people, kim, days=7)
    assert people.mailable() == []

    people.clock.forward(days=7)

    assert people.mailable() == ["kim@example.org"]
    assert _why(people, kim) == {}


def test_a_suppression_for_another_newsletter_does_not_count_here(people: People) -> None:
    people.join("kim@example.org")

    people.suppress("kim@example.org", newsletter_id=people.other_newsletter_id)

    assert people.mailable() == ["kim@example.org"]


def test_a_suppressed_address_is_found_however_it_is_written(people: People) -> None:
    people.join("Kim@Västra.example")

    people.suppress("kim@XN--VSTRA-GRA.example")

    assert people.mailable() == []


def test_a_recipient_has_the_wire_form_of_the_address(people: People) -> None:
    people.join("Kim@Västra.example")

    assert people.mailable() == ["Kim@xn--vstra-gra.example"]


def test_slices_of_the_audience_meet_without_gap_or_overlap(people: People) -> None:
    ids = [people.join(f"reader{n}@example.org") for n in range(7)]
    people.leave(ids[2])
    through, seen, after = ids[5], [], 0

    with people.database.reading() as session:
        while True:
            found = recipients.mailable(
                session,
                people.newsletter_id,
                after=after,
                through=through,
                limit=2,
                at=people.clock(),
            )
            seen += [recipient.subscriber_id for recipient in found]
            if len(found) < 2:
                break
            after = found[-1].subscriber_id

    assert seen == [ids[0], ids[1], ids[3], ids[4], ids[5]]


def test_more_ids_than_one_query_takes_are_all_looked_at(people: People) -> None:
    kim = people.join("kim@example.org")
    people.leave(kim)

    why = _why(people, *range(10_000, 11_200), kim)

    assert len(why) == 1_201
    assert why[kim] is SkipReason.UNSUBSCRIBED


def test_the_last_subscriber_bounds_the_audience(people: People, database: Database) -> None:
    with database.reading() as session:
        assert recipients.last_subscriber(session) == 0

    kim = people.join("kim@example.org")

    with database.reading() as session:
        assert recipients.last_subscriber(session) == kim


def test_who_is_erased_meanwhile_is_not_mailed(people: People) -> None:
    kim = people.join("kim@example.org")
    _erase(people, kim)

    assert people.mailable() == []
    assert _why(people, kim) == {kim: SkipReason.ERASED}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_unsubscription_committed_during_the_transaction_is_seen(people: People) -> None:
    kim = people.join("kim@example.org")

    with people.database.writing() as session:
        before = recipients.unmailable(session, people.newsletter_id, [kim], at=people.clock())
        people.leave(kim)
        after = recipients.unmailable(session, people.newsletter_id, [kim], at=people.clock())

    assert (before, after) == ({}, {kim: SkipReason.UNSUBSCRIBED})


def test_a_page_is_full_although_most_on_it_are_left_out(people: People) -> None:
    ids = [people.join(f"reader{n}@example.org") for n in range(9)]
    for number in range(7):
        people.suppress(f"reader{number}@example.org")

    with people.database.reading() as session:
        found = recipients.mailable(
            session, people.newsletter_id, after=0, through=10**9, limit=2, at=people.clock()
        )

    assert [recipient.subscriber_id for recipient in found] == ids[7:]
