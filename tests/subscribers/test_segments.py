"""A segment finds exactly whom it describes, and its words never become SQL."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from subscribers import recipients, segments
from subscribers.errors import ExplainedError, UsageError
from subscribers.models import AuditEntry, Subscriber, Subscription, SubscriptionState
from subscribers.segments import Description
from tests.subscribers.conftest import People

ZONE = "Europe/Stockholm"


def _within(people: People, condition: str) -> list[str]:
    with people.database.reading() as session:
        rows = session.scalars(
            sa.select(Subscriber.address)
            .join(Subscription)
            .where(
                Subscription.newsletter_id == people.newsletter_id,
                Description("", condition, ZONE).clause(),
            )
            .order_by(Subscriber.address),
            {"newsletter_id": people.newsletter_id, "at": people.clock()},
        )
        return [address.partition("@")[0] for address in rows]


@pytest.fixture
def filled(people: People) -> People:
    people.clock.at = datetime(2026, 1, 1, 0, 30, tzinfo=ZoneInfo(ZONE))
    people.join("Kim@example.org")
    people.join("100%_real@kommun.example.org")
    people.clock.at = datetime(2026, 11, 20, 9, 0, tzinfo=ZoneInfo(ZONE))
    people.join("robin@Västra.example")
    people.leave(people.join("left@example.com"))
    people.add("asked@example.com", state=SubscriptionState.PENDING)
    people.suppress_domain("kommun.example.org")
    return people


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("address = KIM@EXAMPLE.ORG", ["Kim"]),
        ("address startswith kim", ["Kim"]),
        ("address contains %", ["100%_real"]),
        ("address contains _", ["100%_real"]),
        ("domain = VÄSTRA.example", ["robin"]),
        ("domain endswith example.org", ["100%_real", "Kim"]),
        ("domain endswith some.very.long.name.before.example.org", []),
        ("domain in (example.org, example.com)", ["Kim", "asked", "left"]),
        ("domain != example.org and not domain endswith .example", ["100%_real", "asked", "left"]),
        ("since < 2026-01-01", []),
        ("since = 2026-01-01", ["100%_real", "Kim"]),
        ("since > 2026-01-01 and since <= 2026-11-20", ["asked", "left", "robin"]),
        ("since != 2026-01-01", ["asked", "left", "robin"]),
        ("source startswith mejl and source contains 2026", None),
        ("source contains MEJL", []),
        ("language = en", []),
        ("status = active", ["Kim", "robin"]),
        ("status = suppressed", ["100%_real"]),
        ("status = unsubscribed", ["left"]),
        ("status != active", ["100%_real", "asked", "left"]),
        ("not status in (active, suppressed, pending)", ["left"]),
    ],
)
def test_a_condition_finds_whom_it_describes(
    filled: People, condition: str, found: list[str] | None
) -> None:
    everybody = ["100%_real", "Kim", "asked", "left", "robin"]

    assert _within(filled, condition) == (everybody if found is None else found)


def test_a_segment_never_adds_anybody_to_an_audience(filled: People) -> None:
    clause = Description("", "since >= 2000-01-01", ZONE).clause()

    with filled.database.reading() as session:
        found = recipients.mailable(
            session,
            filled.newsletter_id,
            after=0,
            through=10**9,
            limit=2,
            at=filled.clock(),
            within=clause,
        )
        counts = segments.counts(
            session,
            filled.newsletter_id,
            Description("", "domain endswith example.org", ZONE),
            at=filled.clock(),
        )

    assert [person.address for person in found] == [
        "Kim@example.org",
        "robin@xn--vstra-gra.example",
    ]
    assert (counts.mailable, sum(counts.suppressed.values()), counts.unsubscribed) == (1, 1, 0)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    field=st.sampled_from(["address", "domain", "source"]),
    operator=st.sampled_from(["=", "!=", "contains", "startswith", "endswith"]),
    value=st.text(st.characters(codec="utf-8"), max_size=12)
    | st.sampled_from(["' OR 1=1 --", '"; DROP TABLE subscribers; --', "\\", "%", ":x", "%(x)s"]),
)
def test_no_value_is_more_than_a_value(
    filled: People, field: str, operator: str, value: str
) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    try:
        found = _within(filled, f'{field} {operator} "{quoted}"')
    except UsageError:
        assert not value.isprintable()
        return

    source, names = "mejl 2026-11-20", {"Kim", "robin", "left", "asked", "100%_real"}
    if field == "source" and operator == "contains" and value:
        assert set(found) == (names if value in source else set())
    assert set(found) <= names


def test_a_segment_is_kept_found_and_forgotten(people: People) -> None:
    with people.database.writing() as session:
        segments.create(
            session,
            people.newsletter_id,
            " kommuner ",
            "domain = example.org",
            at=people.clock(),
            actor="robin",
        )
    with people.database.reading() as session:
        kept = segments.find(session, people.newsletter_id, "kommuner")
        with pytest.raises(ExplainedError, match="no segment"):
            segments.find(session, people.other_newsletter_id, "kommuner")
    with people.database.writing() as session:
        segments.delete(session, people.newsletter_id, "kommuner", at=people.clock(), actor="robin")

    with people.database.reading() as session:
        assert segments.every(session, people.newsletter_id) == []
        actions = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert kept.condition == "domain = example.org"
    assert actions == ["segment.created", "segment.deleted"]


@pytest.mark.parametrize(
    ("name", "condition"), [("", "language = sv"), ("a\nb", "language = sv"), ("x", "nothing")]
)
def test_a_segment_that_says_nothing_is_not_kept(people: People, name: str, condition: str) -> None:
    with pytest.raises(UsageError), people.database.writing() as session:
        segments.create(
            session, people.newsletter_id, name, condition, at=people.clock(), actor="robin"
        )
