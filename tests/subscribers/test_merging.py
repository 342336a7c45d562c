"""Two addresses of one person become one; nobody is lifted, and leaving always works."""

from __future__ import annotations

import pytest

from subscribers import consent, listing, merging
from subscribers.errors import ExplainedError
from subscribers.merging import Merged
from subscribers.models import ConsentKind, SubscriptionState, SuppressionReason
from tests.subscribers.conftest import People

ACTIVE, PENDING = SubscriptionState.ACTIVE, SubscriptionState.PENDING
UNSUBSCRIBED = SubscriptionState.UNSUBSCRIBED


def _merge(people: People, kept: int, given_up: int) -> Merged:
    with people.database.writing() as session:
        return merging.merge(session, kept, given_up, at=people.clock(), actor="robin")


def _stand(people: People, address: str, state: SubscriptionState) -> int:
    subscriber_id = people.add(address, state=PENDING if state is PENDING else ACTIVE).subscriber_id
    assert subscriber_id is not None
    if state is UNSUBSCRIBED:
        people.leave(subscriber_id)
    return subscriber_id


@pytest.mark.parametrize(
    ("one", "other", "strictest"),
    [
        (ACTIVE, ACTIVE, ACTIVE),
        (ACTIVE, PENDING, PENDING),
        (PENDING, ACTIVE, PENDING),
        (ACTIVE, UNSUBSCRIBED, UNSUBSCRIBED),
        (UNSUBSCRIBED, ACTIVE, UNSUBSCRIBED),
        (PENDING, UNSUBSCRIBED, UNSUBSCRIBED),
    ],
)
def test_the_strictest_status_holds(
    people: People,
    one: SubscriptionState,
    other: SubscriptionState,
    strictest: SubscriptionState,
) -> None:
    kept, given_up = _stand(people, "kim@example.org", one), _stand(people, "k@example.org", other)

    merged = _merge(people, kept, given_up)

    assert merged.states == {people.newsletter_id: strictest}
    assert people.mailable() == (["kim@example.org"] if strictest is ACTIVE else [])


def test_a_suppression_of_the_other_address_holds_for_the_kept_one(people: People) -> None:
    kept, given_up = people.join("kim@example.org"), people.join("k@example.org")
    people.suppress("k@example.org", SuppressionReason.COMPLAINT)

    merged = _merge(people, kept, given_up)

    assert (merged.suppressions, people.mailable()) == (1, [])


def test_the_histories_are_joined_in_the_order_of_time(people: People) -> None:
    kept = people.join("kim@example.org")
    people.clock.forward(days=1)
    given_up = people.join("k@example.org")
    people.clock.forward(days=1)
    people.leave(given_up)
    people.clock.forward(days=1)

    _merge(people, kept, given_up)

    with people.database.reading() as session:
        events = listing.history(session, kept, people.newsletter_id)
    assert [event.kind for event in events] == [
        ConsentKind.ADDED,
        ConsentKind.ADDED,
        ConsentKind.WITHDRAWN,
        ConsentKind.MERGED,
    ]
    assert people.undo(kept) is False
    assert people.undo(given_up) is False


def test_an_old_link_of_the_address_given_up_takes_the_kept_one_off(people: People) -> None:
    kept, given_up = people.join("kim@example.org"), people.join("k@example.org")
    _merge(people, kept, given_up)
    with people.database.reading() as session:
        standing = consent.standing(session, given_up, people.newsletter_id)

    left = people.leave(given_up)

    assert standing is not None
    assert standing.state is ACTIVE
    assert (left, people.mailable(), people.leave(given_up)) == (True, [], False)


def test_the_address_given_up_is_not_brought_back(people: People) -> None:
    kept, given_up = people.join("kim@example.org"), people.join("k@example.org")
    _merge(people, kept, given_up)

    added = people.add("k@example.org")

    assert added.state is UNSUBSCRIBED
    assert people.mailable() == ["kim@example.org"]


def test_nobody_is_merged_with_themselves_with_nobody_or_twice(people: People) -> None:
    kept, given_up = people.join("kim@example.org"), people.join("k@example.org")
    _merge(people, kept, given_up)

    for pair in ((kept, kept), (kept, 4711), (kept, given_up), (given_up, kept)):
        with pytest.raises(ExplainedError):
            _merge(people, *pair)


def test_likely_duplicates_are_found_and_others_are_not(people: People) -> None:
    kim = people.join("kim@example.org")
    tagged = people.join("kim+news@example.org")
    dotted = people.join("k.im@gmail.com")
    slipped = people.join("kim@gmial.com")
    people.join("kim@example.com")
    people.join("other+tag@example.org")

    with people.database.reading() as session:
        assert merging.duplicates(session) == [[kim, tagged], [dotted, slipped]]

    _merge(people, kim, tagged)

    with people.database.reading() as session:
        assert merging.duplicates(session) == [[dotted, slipped]]
