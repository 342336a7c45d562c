"""The list and its counts agree with each other and with who may be mailed."""

from __future__ import annotations

import pytest

from subscribers import listing, searching, stats
from subscribers.listing import Listed, Status
from subscribers.models import ConsentKind, SubscriptionState, SuppressionReason
from tests.subscribers.conftest import People


def _listed(
    people: People,
    *,
    status: Status | None = None,
    search: str = "",
    limit: int = 100,
    after: int = 0,
) -> tuple[list[Listed], int | None]:
    with people.database.reading() as session:
        return listing.listed(
            session,
            people.newsletter_id,
            at=people.clock(),
            limit=limit,
            status=status,
            search=search,
            after=after,
        )


def _stats(people: People) -> stats.Stats:
    with people.database.reading() as session:
        return stats.of(session, people.newsletter_id, at=people.clock())


@pytest.fixture
def filled(people: People) -> People:
    people.join("kim@example.org")
    people.join("pär@example.org")
    people.add("asked@example.org", state=SubscriptionState.PENDING)
    people.leave(people.join("left@example.org"))
    people.join("bounced@example.org")
    people.suppress("bounced@example.org", SuppressionReason.HARD_BOUNCE)
    people.suppress("elsewhere@example.org", SuppressionReason.ERASED)
    people.add("other@example.org", newsletter_id=people.other_newsletter_id)
    return people


def test_everybody_on_the_list_is_counted_once(filled: People) -> None:
    assert _stats(filled) == stats.Stats(
        active=2,
        pending=1,
        unsubscribed=1,
        suppressed=1,
        paused=0,
        not_supported=1,
        suppression_list=2,
    )


@pytest.mark.parametrize("status", Status)
def test_the_list_of_a_status_is_as_long_as_its_count(filled: People, status: Status) -> None:
    people, total = _listed(filled, status=status)

    assert total == len(people) == getattr(_stats(filled), status.value)
    assert {person.status for person in people} == {status}


def test_the_list_says_why_an_address_is_suppressed(filled: People) -> None:
    [person], _ = _listed(filled, status=Status.SUPPRESSED)

    assert person.suppressed is SuppressionReason.HARD_BOUNCE


def test_a_limit_shortens_the_list_but_not_the_total(filled: People) -> None:
    people, total = _listed(filled, limit=2)

    assert (len(people), total) == (2, 5)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("KIM", ["kim@example.org"]),
        ("PÄR", ["pär@example.org"]),
        ("@", 5),
        ("%", []),
        ("_", []),
        ("'; DROP TABLE subscribers", []),
    ],
)
def test_a_search_finds_parts_of_addresses_and_nothing_else(
    filled: People, search: str, found: list[str] | int
) -> None:
    people, total = _listed(filled, search=search)

    assert found in ([person.address for person in people], total)


@pytest.mark.parametrize("search", ["VÄSTRA", "vstra", "robin@v"])
def test_a_name_with_letters_outside_ascii_is_found_as_written_and_as_sent(
    people: People, search: str
) -> None:
    people.join("Robin@Västra.example")

    assert [person.address for person in _listed(people, search=search)[0]] == [
        "Robin@Västra.example"
    ]


@pytest.mark.parametrize("status", [None, *Status])
def test_a_search_that_finds_very_many_gives_its_first_page_and_no_total(
    filled: People, status: Status | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = _listed(filled, status=status, search="@")
    monkeypatch.setattr(searching, "COUNTED", 3)

    assert _listed(filled, status=status, search="@") == (expected, None)


@pytest.mark.parametrize("search", ["", "example"])
def test_a_list_goes_on_where_the_last_page_ended(filled: People, search: str) -> None:
    whole, _ = _listed(filled, search=search)

    rest, total = _listed(filled, search=search, after=whole[1].subscriber_id)

    assert (rest, total) == (whole[2:], len(whole))


def test_a_history_tells_everything_in_order(people: People) -> None:
    kim = people.join("kim@example.org")
    people.leave(kim)
    people.undo(kim)

    with people.database.reading() as session:
        events = listing.history(session, kim, people.newsletter_id)

    assert [event.kind for event in events] == [
        ConsentKind.ADDED,
        ConsentKind.WITHDRAWN,
        ConsentKind.RESTORED,
    ]
