"""Whoever is on the suppression list stays there, whatever happens to the subscriber."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from subscribers import address_changes, addresses, audiences, erasing, pointers, suppression
from subscribers.errors import ExplainedError, UnsafeError
from subscribers.models import AuditEntry, Subscriber, Suppression, SuppressionReason
from tests.subscribers.conftest import People


def _remove(people: People, address: str) -> None:
    with people.database.writing() as session:
        suppression.remove(
            session,
            people.keys,
            address=addresses.read(address),
            actor="robin",
            reason="the person called from kim@example.org",
            at=people.clock(),
        )


def _reason(people: People, address: str) -> SuppressionReason | None:
    read = addresses.read(address)
    with people.database.reading() as session:
        return suppression.reason_for(
            session, people.keys.address_hash(read.key), read.domain, people.newsletter_id
        )


def test_a_suppression_outlives_its_subscriber(people: People) -> None:
    kim = people.join("kim@example.org")
    people.suppress("kim@example.org", SuppressionReason.HARD_BOUNCE)
    with people.database.writing() as session, erasing.permitted(session, [kim]):
        session.execute(sa.delete(Subscriber).where(Subscriber.id == kim))

    added = people.add("Kim@Example.org")

    assert added.word == "hard_bounce"
    assert people.mailable() == []


def test_no_address_stands_in_the_suppression_list(people: People) -> None:
    with people.database.writing() as session:
        suppression.add(
            session,
            people.keys,
            address=addresses.read("kim@example.org"),
            reason=SuppressionReason.MANUAL,
            at=people.clock(),
            note="mejl från kim@example.org",
            actor="robin",
        )

    with people.database.reading() as session:
        rows = session.execute(sa.select(Suppression.__table__)).all()
        entries = session.execute(sa.select(AuditEntry.__table__)).all()
    assert len(rows) == len(entries) == 1
    assert "example.org" not in str(rows) + str(entries)
    assert rows[0].note == "mejl från …"


def test_suppressing_twice_makes_one_row(people: People) -> None:
    assert people.suppress("kim@example.org")
    assert not people.suppress("KIM@example.org")
    people.suppress_domain("example.com")
    people.suppress_domain("example.com")

    with people.database.reading() as session:
        assert len(suppression.listed(session, people.newsletter_id, limit=10)) == 2


def test_the_strongest_reason_is_told_first(people: People) -> None:
    people.suppress("kim@example.org", SuppressionReason.SOFT_BOUNCE)
    people.suppress_domain("example.org")
    assert _reason(people, "kim@example.org") is SuppressionReason.MANUAL

    people.suppress("kim@example.org", SuppressionReason.ERASED)

    assert _reason(people, "kim@example.org") is SuppressionReason.ERASED
    assert _reason(people, "robin@example.org") is SuppressionReason.MANUAL
    assert _reason(people, "robin@example.com") is None


def test_a_domain_is_suppressed_as_a_whole_but_not_its_neighbours(people: People) -> None:
    for address in ("kim@example.org", "kim@mail.example.org", "kim@example.com"):
        people.join(address)

    people.suppress_domain("example.org")

    assert people.mailable() == ["kim@mail.example.org", "kim@example.com"]


def test_an_admin_lifts_what_an_admin_made_and_it_is_logged(people: People) -> None:
    people.join("kim@example.org")
    people.suppress("kim@example.org")

    _remove(people, "kim@example.org")

    assert people.mailable() == ["kim@example.org"]
    with people.database.reading() as session:
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.action) == ("robin", "suppression.removed")
    assert entry.details["reason"] == "the person called from …"


@pytest.mark.parametrize(
    "reason", [reason for reason in SuppressionReason if reason is not SuppressionReason.MANUAL]
)
def test_an_admin_lifts_no_other_suppression(people: People, reason: SuppressionReason) -> None:
    people.suppress("kim@example.org", reason)

    with pytest.raises(UnsafeError):
        _remove(people, "kim@example.org")

    with people.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Suppression.id))) == 1
        assert session.scalars(sa.select(AuditEntry)).all() == []


def test_lifting_what_is_not_there_says_so(people: People) -> None:
    with pytest.raises(ExplainedError, match="not on the suppression list"):
        _remove(people, "kim@example.org")


def test_a_suppression_is_lifted_by_somebody_for_a_reason(people: People) -> None:
    people.suppress("kim@example.org")

    with people.database.writing() as session, pytest.raises(ValueError, match="for a reason"):
        suppression.remove(
            session,
            people.keys,
            address=addresses.read("kim@example.org"),
            actor="robin",
            reason=" ",
            at=people.clock(),
        )


def test_lifting_by_hand_leaves_what_the_person_alone_can_lift(people: People) -> None:
    people.suppress("kim@example.org", SuppressionReason.MANUAL)
    people.suppress("kim@example.org", SuppressionReason.SOFT_BOUNCE)

    with people.database.writing() as session:
        stays = suppression.remove(
            session,
            people.keys,
            address=addresses.read("kim@example.org"),
            actor="robin",
            reason="a mistake",
            at=people.clock(),
        )

    assert stays is SuppressionReason.SOFT_BOUNCE
    with people.database.reading() as session:
        assert session.scalars(sa.select(Suppression.reason)).all() == [stays]


def _named(people: People) -> list[int | None]:
    with people.database.reading() as session:
        return list(session.scalars(sa.select(Suppression.subscriber_id).order_by(Suppression.id)))


def test_a_suppression_names_who_has_its_address_whoever_came_first(people: People) -> None:
    people.suppress("kim@example.org", newsletter_id=people.other_newsletter_id)
    kim = people.join("Kim@Example.org")
    people.suppress("kim@example.org", SuppressionReason.COMPLAINT)
    people.suppress("nobody@example.org")

    assert _named(people) == [kim, kim, None]


def test_whoever_gets_a_suppressed_address_back_is_counted_as_suppressed(people: People) -> None:
    kim = people.join("kim@example.org")
    with people.database.writing() as session:
        asked = address_changes.ask(
            session, kim, addresses.read("robin@example.org"), at=people.clock()
        )
        address_changes.confirm(session, asked.id, keys=people.keys, at=people.clock())
    people.suppress("kim@example.org", SuppressionReason.HARD_BOUNCE)
    with people.database.writing() as session:
        address_changes.undo(session, asked.id, keys=people.keys, at=people.clock())

    with people.database.reading() as session:
        audience = audiences.counts(session, people.newsletter_id, at=people.clock())

    assert audience.suppressed == {SuppressionReason.HARD_BOUNCE: 1}
    assert audience.mailable == 0


def test_somebody_suppressed_and_added_at_the_same_moment_is_found_and_counted(
    people: People,
) -> None:
    if people.database.is_sqlite:
        pytest.skip("writers wait for each other there")
    with people.database.writing() as session:
        suppression.add(
            session,
            people.keys,
            address=addresses.read("kim@example.org"),
            reason=SuppressionReason.HARD_BOUNCE,
            at=people.clock(),
        )
        kim = people.join("kim@example.org")
    assert people.mailable() == []
    assert _named(people) == [None]

    with people.database.reading() as session:
        missed = pointers.missed(session)
    with people.database.writing() as session:
        pointers.mend(session, missed, at=people.clock(), actor="the program")

    assert _named(people) == [kim]
    with people.database.reading() as session:
        assert pointers.missed(session) == []
        audience = audiences.counts(session, people.newsletter_id, at=people.clock())
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert audience.suppressed == {SuppressionReason.HARD_BOUNCE: 1}
    assert entry is not None
    assert entry.details == {"subscribers": [kim]}
