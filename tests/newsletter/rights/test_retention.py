"""What has been kept long enough goes, by decision alone; nobody who left can be added again."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.app import App
from newsletter.models import Delivery, DeliveryState, ServiceMail
from newsletter.rights import retention
from newsletter.settings import RetentionSettings
from subscribers import addresses, audit, consent, suppression
from subscribers.models import (
    AuditEntry,
    ConsentBasis,
    ConsentEvent,
    ConsentKind,
    Newsletter,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from tests.conftest import Clock

DECISION = "Gallringsbeslut 2026-0123"


def _rule(app: App, rule: str, days: int = 14, decision: str = DECISION) -> None:
    app.settings.retention.append(
        RetentionSettings.model_validate({"rule": rule, "days": days, "decision": decision})
    )


def _join(
    app: App,
    address: str,
    *,
    state: SubscriptionState = SubscriptionState.PENDING,
    newsletter_id: int | None = None,
) -> int:
    with app.database.writing() as session:
        added = consent.add(
            session,
            addresses.read(address),
            newsletter_id or app.newsletter_id,
            keys=app.keys,
            basis=ConsentBasis.CONSENT,
            source="web form",
            language="sv",
            at=app.clock(),
            actor="subscriber",
            state=state,
        )
    assert added.subscriber_id is not None
    return added.subscriber_id


def _left(app: App) -> list[str]:
    with app.database.reading() as session:
        return list(session.scalars(sa.select(Subscriber.address).order_by(Subscriber.id)))


def test_who_never_answered_is_forgotten_and_may_ask_again(app: App, clock: Clock) -> None:
    _rule(app, "pending")
    _join(app, "kim@example.org")
    clock.forward(days=10)
    _join(app, "robin@example.org")
    _join(app, "alex@example.org", state=SubscriptionState.ACTIVE)
    clock.forward(days=5)

    [purged] = retention.purge(app)

    assert purged.count == 1
    assert _left(app) == ["robin@example.org", "alex@example.org"]
    assert _join(app, "kim@example.org") > 0


def test_who_had_left_and_did_not_answer_has_left_still(app: App, clock: Clock) -> None:
    _rule(app, "pending")
    kim = _join(app, "kim@example.org", state=SubscriptionState.ACTIVE)
    with app.database.writing() as session:
        consent.unsubscribe(session, kim, app.newsletter_id, source="web page", at=clock())
        # Somebody asked again, in their name.
        session.execute(sa.update(Subscription).values(state=SubscriptionState.PENDING))
        session.add(
            ConsentEvent(
                subscriber_id=kim,
                newsletter_id=app.newsletter_id,
                kind=ConsentKind.REQUESTED,
                at=clock(),
                source="web form",
            )
        )
    clock.forward(days=15)

    retention.purge(app)

    with app.database.reading() as session:
        assert session.scalars(sa.select(Subscription.state)).all() == [
            SubscriptionState.UNSUBSCRIBED
        ]


def test_who_subscribes_to_something_else_stays_there(app: App, clock: Clock) -> None:
    _rule(app, "pending")
    with app.database.writing() as session:
        other = Newsletter(slug="kalender")
        session.add(other)
        session.flush()
    _join(app, "kim@example.org", state=SubscriptionState.ACTIVE, newsletter_id=other.id)
    kim = _join(app, "kim@example.org")
    clock.forward(days=15)

    retention.purge(app)

    with app.database.reading() as session:
        subscriptions = session.execute(
            sa.select(Subscription.subscriber_id, Subscription.newsletter_id)
        ).all()
        events = session.scalars(sa.select(ConsentEvent.newsletter_id)).all()
    assert [tuple(row) for row in subscriptions] == [(kim, other.id)]
    assert events == [other.id]


def test_an_address_that_does_not_exist_goes_and_stays_suppressed(app: App, clock: Clock) -> None:
    _rule(app, "hard_bounced", 365)
    _join(app, "kim@example.org", state=SubscriptionState.ACTIVE)
    _join(app, "robin@example.org", state=SubscriptionState.ACTIVE)
    with app.database.writing() as session:
        suppression.add(
            session,
            app.keys,
            address=addresses.read("kim@example.org"),
            reason=SuppressionReason.HARD_BOUNCE,
            at=clock(),
        )
    clock.forward(days=366)

    retention.purge(app)

    assert _left(app) == ["robin@example.org"]
    key = addresses.read("kim@example.org").key
    with app.database.reading() as session:
        reason = suppression.reason_for(
            session, app.keys.address_hash(key), "example.org", app.newsletter_id
        )
    assert reason is SuppressionReason.HARD_BOUNCE


def test_addresses_leave_old_deliveries_and_what_waits_keeps_them(
    app: App, issue_id: int, clock: Clock
) -> None:
    _rule(app, "delivery_addresses", 90)
    _rule(app, "service_mails", 90)
    with app.database.writing() as session:
        session.execute(
            sa.update(Delivery)
            .where(Delivery.subscriber_id == 1)
            .values(state=DeliveryState.ACCEPTED)
        )
        session.execute(sa.update(ServiceMail).values(state=DeliveryState.ACCEPTED))
    clock.forward(days=91)

    counts = {purged.rule: purged.count for purged in retention.purge(app)}

    assert counts == {"delivery_addresses": 1, "service_mails": 2}
    with app.database.reading() as session:
        rows = session.scalars(
            sa.select(Delivery).where(Delivery.issue_id == issue_id).order_by(Delivery.id)
        ).all()
    assert [(row.subscriber_id, row.address, row.address_hash is None) for row in rows] == [
        (1, "", True),
        (2, "robin@example.org", False),
    ]
    assert [purged.count for purged in retention.purge(app)] == [0, 0]


def test_nothing_goes_without_a_rule_nor_by_one_without_a_decision(app: App, clock: Clock) -> None:
    _join(app, "kim@example.org")
    clock.forward(days=1000)

    assert retention.purge(app) == []
    _rule(app, "pending", decision="")
    assert [purged.count for purged in retention.purge(app)] == [0]
    assert [purged.count for purged in retention.would_purge(app)] == [1]

    assert _left(app) == ["kim@example.org"]


def test_a_purge_is_logged_with_rule_decision_and_number_and_no_name(
    app: App, clock: Clock
) -> None:
    _rule(app, "pending")
    for number in range(retention.CHUNK + 1):
        _join(app, f"reader{number}@example.org")
    clock.forward(days=15)

    assert [purged.count for purged in retention.would_purge(app)] == [retention.CHUNK + 1]
    retention.purge(app)

    with app.database.reading() as session:
        entries = session.scalars(
            sa.select(AuditEntry)
            .where(AuditEntry.action == retention.ACTION)
            .order_by(AuditEntry.id)
        ).all()
        assert audit.verify(session) is None
    assert [entry.count for entry in entries] == [retention.CHUNK, 1]
    assert {(entry.subject, entry.actor, entry.details["decision"]) for entry in entries} == {
        ("rule:pending", "worker", DECISION)
    }
    assert _left(app) == []
