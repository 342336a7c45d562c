"""A list to act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest

from newsletter.database import Database
from subscribers import addresses, consent, recipients, suppression
from subscribers.adding import Added
from subscribers.models import (
    ConsentBasis,
    Newsletter,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.tokens import Keys
from tests.conftest import Clock


@dataclass
class People:
    """Short words for what tests do to a list, each in a transaction of its own."""

    database: Database
    keys: Keys
    clock: Clock
    newsletter_id: int
    other_newsletter_id: int

    def add(
        self,
        address: str,
        *,
        state: SubscriptionState = SubscriptionState.ACTIVE,
        newsletter_id: int | None = None,
    ) -> Added:
        with self.database.writing() as session:
            return consent.add(
                session,
                addresses.read(address),
                newsletter_id or self.newsletter_id,
                keys=self.keys,
                basis=ConsentBasis.CONSENT,
                source="mejl 2026-11-20",
                language="sv",
                at=self.clock(),
                actor="robin",
                state=state,
            )

    def join(self, address: str) -> int:
        added = self.add(address)
        assert added.subscriber_id is not None
        return added.subscriber_id

    def leave(self, subscriber_id: int, *, actor: str = "subscriber") -> bool:
        with self.database.writing() as session:
            return consent.unsubscribe(
                session,
                subscriber_id,
                self.newsletter_id,
                source="one-click",
                at=self.clock(),
                actor=actor,
            )

    def undo(self, subscriber_id: int, *, withdrawn_after: datetime | None = None) -> bool:
        with self.database.writing() as session:
            return consent.undo(
                session,
                subscriber_id,
                self.newsletter_id,
                source="web page",
                at=self.clock(),
                withdrawn_after=withdrawn_after,
            )

    def suppress(
        self,
        address: str,
        reason: SuppressionReason = SuppressionReason.MANUAL,
        *,
        newsletter_id: int | None = None,
    ) -> bool:
        with self.database.writing() as session:
            return suppression.add(
                session,
                self.keys,
                address=addresses.read(address),
                reason=reason,
                at=self.clock(),
                newsletter_id=newsletter_id,
            )

    def suppress_domain(self, domain: str) -> None:
        with self.database.writing() as session:
            suppression.add(
                session,
                self.keys,
                domain=domain,
                reason=SuppressionReason.MANUAL,
                at=self.clock(),
            )

    def mailable(self) -> list[str]:
        with self.database.reading() as session:
            found = recipients.mailable(
                session, self.newsletter_id, after=0, through=10**9, limit=1000, at=self.clock()
            )
        return [recipient.address for recipient in found]


@pytest.fixture
def people(database: Database, keys: Keys, clock: Clock) -> People:
    with database.writing() as session:
        newsletter, other = Newsletter(slug="nyhetsbrev"), Newsletter(slug="kalender")
        session.add_all([newsletter, other])
        session.flush()
        return People(database, keys, clock, newsletter.id, other.id)
