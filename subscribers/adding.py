"""Put people on a list, one or many, without ever lifting what stands against them.

Only inserts: an unsubscribed, pending or suppressed row is looked at, told of, and left alone.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from subscribers import pointers, suppression
from subscribers.addresses import Address
from subscribers.barriers import barrier
from subscribers.models import (
    ConsentBasis,
    ConsentEvent,
    ConsentKind,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.tokens import Keys


class Outcome(enum.Enum):
    """What became of a wish to add somebody."""

    #: Is on the list now, and was not before.
    ADDED = "added"
    #: Was active already; nothing was changed.
    UNCHANGED = "unchanged"
    #: May not be added: unsubscribed, not confirmed, or suppressed. Nothing was changed.
    HELD_BACK = "held_back"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody to be added."""

    address: Address
    #: "sv" or "en".
    language: str
    #: The person, or a sheet, said which; else it is the newsletter's.
    language_is_stated: bool = False
    #: The day they said yes, where a sheet says it.
    consented_on: date | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one candidate, and how they stand now."""

    outcome: Outcome
    #: None: nobody by that address.
    subscriber_id: int | None = None
    #: None: no subscription.
    state: SubscriptionState | None = None
    #: Since when they stand so.
    since: datetime | None = None
    suppressed: SuppressionReason | None = None

    @property
    def word(self) -> str:
        """For reports: "added", "unchanged", or the barrier that holds them back."""
        held_by = barrier(self.state, self.suppressed)
        if self.outcome is Outcome.HELD_BACK and held_by is not None:
            return str(held_by.value)
        return str(self.outcome.value)


def add_all(
    session: Session,
    candidates: Sequence[Candidate],
    newsletter_id: int,
    *,
    keys: Keys,
    basis: ConsentBasis,
    source: str,
    at: datetime,
    actor: str,
    state: SubscriptionState = SubscriptionState.ACTIVE,
    batch_id: str | None = None,
) -> list[Added]:
    """Add many, each as `add` would; the outcomes stand in the order of the candidates.

    Only ever inserts: no row that is there is changed. No two candidates may share a key. Writes
    nothing to the audit log; an import tells of itself once.
    """
    judged = judge(session, candidates, newsletter_id, keys=keys)
    new = [
        candidate
        for candidate, verdict in zip(candidates, judged, strict=True)
        if verdict.outcome is Outcome.ADDED
    ]
    ids = add_people(session, new, keys=keys, at=at)
    subscribed = _insert_subscriptions(
        session, sorted(ids.values()), newsletter_id, state=state, source=source, at=at
    )
    kind = ConsentKind.ADDED if state is SubscriptionState.ACTIVE else ConsentKind.REQUESTED
    if subscribed:
        session.execute(
            sa.insert(ConsentEvent),
            [
                {
                    "subscriber_id": subscriber_id,
                    "newsletter_id": newsletter_id,
                    "kind": ConsentKind.IMPORTED if batch_id else kind,
                    "at": at,
                    "source": source,
                    "basis": basis,
                    "batch_id": batch_id,
                    "actor": actor,
                }
                for subscriber_id in sorted(subscribed)
            ],
        )
    outcomes: list[Added] = []
    for candidate, verdict in zip(candidates, judged, strict=True):
        subscriber_id = ids.get(candidate.address.key)
        if verdict.outcome is not Outcome.ADDED:
            outcomes.append(verdict)
        elif subscriber_id in subscribed:
            outcomes.append(Added(Outcome.ADDED, subscriber_id, state, at))
        else:
            # Somebody else added them between our look and our insert.
            outcomes.extend(judge(session, [candidate], newsletter_id, keys=keys))
    return outcomes


def add_people(
    session: Session, candidates: Sequence[Candidate], *, keys: Keys, at: datetime
) -> dict[str, int]:
    """Make the people who are not there, on no list yet; return each one's id by key."""
    if not candidates:
        return {}
    # In one order everywhere, so that two writers cannot wait for each other.
    rows = [
        {
            "address": candidate.address.written,
            "address_key": candidate.address.key,
            "address_hash": keys.address_hash(candidate.address.key),
            "domain": candidate.address.domain,
            "created_at": at,
            "needs_smtputf8": candidate.address.needs_smtputf8,
            "language": candidate.language,
            "language_is_stated": candidate.language_is_stated,
        }
        for candidate in sorted(candidates, key=lambda candidate: candidate.address.key)
    ]
    session.execute(_insert_where_missing(session, Subscriber), rows)
    theirs = Subscriber.address_key.in_([row["address_key"] for row in rows])
    pointers.point_at(session, sa.select(Subscriber.id, Subscriber.address_hash).where(theirs))
    found = session.execute(sa.select(Subscriber.address_key, Subscriber.id).where(theirs))
    return {row.address_key: row.id for row in found}


def judge(
    session: Session, candidates: Sequence[Candidate], newsletter_id: int, *, keys: Keys
) -> list[Added]:
    """Return what `add_all` would do, and change nothing."""
    if not candidates:
        return []
    hashes = [keys.address_hash(candidate.address.key) for candidate in candidates]
    suppressed = suppression.reasons(
        session,
        address_hashes=hashes,
        domains={candidate.address.domain for candidate in candidates},
        newsletter_id=newsletter_id,
    )
    rows = session.execute(
        sa.select(Subscriber.address_key, Subscriber.id, Subscription.state, Subscription.since)
        .outerjoin(
            Subscription,
            sa.and_(
                Subscription.subscriber_id == Subscriber.id,
                Subscription.newsletter_id == newsletter_id,
            ),
        )
        .where(Subscriber.address_key.in_([candidate.address.key for candidate in candidates]))
    )
    known = {row.address_key: row for row in rows}
    verdicts: list[Added] = []
    for candidate, address_hash in zip(candidates, hashes, strict=True):
        row = known.get(candidate.address.key)
        reason = suppressed.of(address_hash, candidate.address.domain)
        state = None if row is None else row.state
        if barrier(state, reason) is not None:
            outcome = Outcome.HELD_BACK
        elif state is None:
            outcome = Outcome.ADDED
        else:
            outcome = Outcome.UNCHANGED
        verdicts.append(
            Added(
                outcome,
                None if row is None else row.id,
                state,
                None if row is None else row.since,
                reason,
            )
        )
    return verdicts


def _insert_subscriptions(
    session: Session,
    subscriber_ids: Sequence[int],
    newsletter_id: int,
    *,
    state: SubscriptionState,
    source: str,
    at: datetime,
) -> set[int]:
    """Subscribe those who have no subscription; return who they are."""
    if not subscriber_ids:
        return set()
    rows = [
        {
            "subscriber_id": subscriber_id,
            "newsletter_id": newsletter_id,
            "state": state,
            "since": at,
            "source": source,
        }
        for subscriber_id in subscriber_ids
    ]
    statement = _insert_where_missing(session, Subscription)
    return set(session.scalars(statement.returning(Subscription.subscriber_id), rows))


def _insert_where_missing(session: Session, table: type[Any]) -> Any:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()
