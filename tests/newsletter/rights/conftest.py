"""An issue that is being sent to two readers, of one of whom we hold all that can be held."""

from __future__ import annotations

import pytest

from newsletter.app import App
from newsletter.delivery import audience, issue_states
from newsletter.models import ServiceMail
from subscribers import address_changes, addresses, audit, consent, suppression
from subscribers.models import (
    ConsentBasis,
    ConsentEvent,
    ConsentKind,
    ImportBatch,
    ImportChange,
    SuppressionReason,
)
from tests.newsletter.delivery.approved import FROZEN, approve_issue

KIM, ROBIN = "Kim.Exempel@Västra.example", "robin@example.org"


@pytest.fixture
def issue_id(app: App) -> int:
    """An issue that is being sent to two readers, of whom we hold all we can hold."""
    now = app.clock()
    issue_id = approve_issue(app.database, app.keys, [KIM, ROBIN], now=now)
    with app.database.writing() as session:
        newsletter_id = issue_states.begin(session, issue_id, FROZEN, now=now).newsletter_id
    with app.database.writing() as session:
        audience.freeze_chunk(session, issue_id, sender=FROZEN.sender, now=now)
    with app.database.writing() as session:
        session.add(
            ConsentEvent(
                subscriber_id=1,
                newsletter_id=newsletter_id,
                kind=ConsentKind.CONFIRMED,
                at=now,
                source="web page",
            )
        )
        consent.unsubscribe(session, 1, newsletter_id, source="web page", at=now)
        consent.undo(session, 1, newsletter_id, source="web page", at=now)
        suppression.add(
            session,
            app.keys,
            address=addresses.read(KIM),
            reason=SuppressionReason.SOFT_BOUNCE,
            at=now,
            note="Kim ringde",
            newsletter_id=newsletter_id,
        )
        session.add(
            ImportBatch(
                id="2026-11-20-1",
                newsletter_id=newsletter_id,
                at=now,
                source="a list",
                basis=ConsentBasis.CONSENT,
                actor="robin",
                counts={},
            )
        )
        session.flush()
        session.add_all(
            ServiceMail(
                newsletter_id=newsletter_id,
                kind="confirmation",
                subscriber_id=number,
                address=KIM,
                domain="xn--vstra-gra.example",
                address_hash=app.keys.address_hash(addresses.read(KIM).key),
                language="sv",
                fields={},
                created_at=now,
                message_id="<x@example.org>",
                envelope_sender="x@example.org",
            )
            # The second was made before anybody by that address was on the list.
            for number in (1, None)
        )
        address_changes.ask(session, 1, addresses.read("kim@exempel.example.net"), at=now)
        session.add(ImportChange(batch_id="2026-11-20-1", subscriber_id=1, is_new=True))
        audit.record(session, at=now, actor="robin", action="x", subject=f"mail to {KIM}")
    return issue_id
