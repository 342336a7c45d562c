"""Do with a chunk of staged candidates what was judged, by statements over the whole chunk."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import judging, pointers
from subscribers.addresses import without_addresses
from subscribers.judging import CHUNK, Outcome
from subscribers.models import (
    ConsentBasis,
    ConsentEvent,
    ConsentKind,
    ImportChange,
    ImportPurpose,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
    UtcDateTime,
    state_column,
)
from subscribers.staging import STAGED
from subscribers.terms import Terms, Updating

_C = CHUNK.c
_IS_ADDED = _C.outcome.in_([Outcome.ADDED.value, Outcome.ADDED_AS_PENDING.value])
_IS_LOWERED = _C.outcome == Outcome.LOWERED.value
_IS_UPDATED = _C.outcome == Outcome.UPDATED.value


def settle(
    session: Session, places: range, terms: Terms, *, batch_id: str, at: datetime
) -> Counter[str]:
    """Do with those staged at some places what the terms say, and return the outcomes.

    What was changed is noted for `undoing`. Raises IntegrityError: somebody else added one of them
    meanwhile; try again.
    """
    if terms.purpose is ImportPurpose.UNSUBSCRIBE or terms.updating is not Updating.NO:
        _lock(session, places)
    outcomes = judging.judge(session, places, terms)
    if terms.purpose is ImportPurpose.SUPPRESS:
        _suppress(session, terms, batch_id=batch_id, at=at)
    elif outcomes.keys() & {"added", "added_as_pending"}:
        _add(session, terms, batch_id=batch_id, at=at)
    if terms.purpose is ImportPurpose.UNSUBSCRIBE:
        _lower(session, terms, batch_id=batch_id, at=at)
    if outcomes[Outcome.UPDATED.value]:
        _update(session, batch_id=batch_id)
    return outcomes


def _lock(session: Session, places: range) -> None:
    """Hold those who are there already while they may be changed: whoever leaves now has left."""
    keys = sa.select(STAGED.c.address_key).where(
        STAGED.c.place >= places.start, STAGED.c.place < places.stop
    )
    people = sa.select(Subscriber.id).where(Subscriber.address_key.in_(keys))
    session.execute(people.order_by(Subscriber.id).with_for_update())
    session.execute(
        sa.select(Subscription.id)
        .where(Subscription.subscriber_id.in_(people))
        .order_by(Subscription.id)
        .with_for_update()
    )


def _add(session: Session, terms: Terms, *, batch_id: str, at: datetime) -> None:
    unknown = sa.and_(_IS_ADDED, _C.subscriber_id.is_(None))
    session.execute(
        sa.insert(Subscriber).from_select(
            [
                "address",
                "address_key",
                "address_hash",
                "domain",
                "created_at",
                "needs_smtputf8",
                "language",
                "language_is_stated",
            ],
            sa.select(
                _C.address,
                _C.address_key,
                _C.address_hash,
                _C.domain,
                sa.literal(at, UtcDateTime),
                _C.needs_smtputf8,
                _C.language,
                _C.language_is_stated,
            )
            .where(unknown)
            # That is the order of their keys.
            .order_by(_C.place),
        )
    )
    by_key = sa.select(Subscriber.id).where(Subscriber.address_key == _C.address_key)
    session.execute(
        sa.update(CHUNK).where(unknown).values(is_new=True, subscriber_id=by_key.scalar_subquery())
    )
    pointers.point_at(session, sa.select(_C.subscriber_id, _C.address_hash).where(_C.is_new))
    is_pending = _C.outcome == Outcome.ADDED_AS_PENDING.value
    leaves = terms.purpose is ImportPurpose.UNSUBSCRIBE
    stands = SubscriptionState.UNSUBSCRIBED if leaves else SubscriptionState.ACTIVE
    states = state_column(SubscriptionState)
    state = sa.case(
        (is_pending, sa.literal(SubscriptionState.PENDING, states)),
        else_=sa.literal(stands, states),
    )
    newsletter, when = sa.literal(terms.newsletter_id), sa.literal(at, UtcDateTime)
    session.execute(
        sa.insert(Subscription).from_select(
            ["subscriber_id", "newsletter_id", "state", "since", "source", "optin_due_at"],
            sa.select(
                _C.subscriber_id,
                newsletter,
                state,
                when,
                sa.literal(terms.source),
                sa.case((is_pending, _C.optin_due_at)),
            )
            .where(_IS_ADDED)
            .order_by(_C.subscriber_id),
        )
    )
    _tell(session, terms, _IS_ADDED, batch_id=batch_id, at=at)
    session.execute(
        sa.insert(ImportChange).from_select(
            ["batch_id", "subscriber_id", "is_new", "state"],
            sa.select(sa.literal(batch_id), _C.subscriber_id, _C.is_new, state)
            .where(_IS_ADDED)
            .order_by(_C.place),
        )
    )


def _tell(
    session: Session,
    terms: Terms,
    whom: sa.ColumnElement[bool],
    *,
    batch_id: str,
    at: datetime,
) -> None:
    """Add to the ledger of consent what the import says."""
    leaves = terms.purpose is ImportPurpose.UNSUBSCRIBE
    kinds = state_column(ConsentKind)
    kind = sa.case(
        (
            _C.outcome == Outcome.ADDED_AS_PENDING.value,
            sa.literal(ConsentKind.IMPORTED_AS_PENDING, kinds),
        ),
        else_=sa.literal(ConsentKind.WITHDRAWN if leaves else ConsentKind.IMPORTED, kinds),
    )
    values = {
        "newsletter_id": sa.literal(terms.newsletter_id),
        "kind": kind,
        "at": sa.literal(at, UtcDateTime),
        "source": sa.literal(terms.source),
        "basis": sa.literal(None if leaves else terms.basis, state_column(ConsentBasis)),
        "batch_id": sa.literal(batch_id),
        "actor": sa.literal(terms.actor),
    }
    session.execute(
        sa.insert(ConsentEvent).from_select(
            ["subscriber_id", "consented_on", *values],
            sa.select(_C.subscriber_id, _C.consented_on, *values.values())
            .where(whom)
            .order_by(_C.place),
        )
    )


def _lower(session: Session, terms: Terms, *, batch_id: str, at: datetime) -> None:
    state = sa.literal(SubscriptionState.UNSUBSCRIBED, state_column(SubscriptionState))
    session.execute(
        sa.insert(ImportChange).from_select(
            [
                "batch_id",
                "subscriber_id",
                "is_new",
                "previous_state",
                "previous_since",
                "previous_source",
                "previous_optin_due_at",
                "state",
            ],
            sa.select(
                sa.literal(batch_id),
                _C.subscriber_id,
                sa.false(),
                Subscription.state,
                Subscription.since,
                Subscription.source,
                Subscription.optin_due_at,
                state,
            )
            .join(Subscription, Subscription.subscriber_id == _C.subscriber_id)
            .where(_IS_LOWERED, Subscription.newsletter_id == terms.newsletter_id),
        )
    )
    # Said once more, a withdrawal no longer goes when the import that said it is undone.
    last_batch = (
        sa.select(ConsentEvent.batch_id)
        .where(
            ConsentEvent.subscriber_id == _C.subscriber_id,
            ConsentEvent.newsletter_id + 0 == terms.newsletter_id,
        )
        # Nothing is added, to keep PostgreSQL from all other ways than by the person.
        .order_by((ConsentEvent.id + 0).desc())
        .limit(1)
        .scalar_subquery()
    )
    said_again = sa.and_(_C.outcome == Outcome.UNCHANGED.value, last_batch.is_not(None))
    _tell(session, terms, sa.or_(_IS_LOWERED, said_again), batch_id=batch_id, at=at)
    session.execute(
        sa.update(Subscription)
        .where(
            Subscription.newsletter_id == terms.newsletter_id,
            Subscription.subscriber_id.in_(sa.select(_C.subscriber_id).where(_IS_LOWERED)),
        )
        .values(
            state=SubscriptionState.UNSUBSCRIBED,
            since=at,
            source=terms.source,
            optin_due_at=None,
        )
        .execution_options(synchronize_session=False)
    )


def _update(session: Session, *, batch_id: str) -> None:
    session.execute(
        sa.insert(ImportChange).from_select(
            [
                "batch_id",
                "subscriber_id",
                "is_new",
                "previous_language",
                "previous_language_is_stated",
                "language",
            ],
            sa.select(
                sa.literal(batch_id),
                _C.subscriber_id,
                sa.false(),
                Subscriber.language,
                Subscriber.language_is_stated,
                _C.language,
            )
            .join(Subscriber, Subscriber.id == _C.subscriber_id)
            .where(_IS_UPDATED),
        )
    )
    session.execute(
        sa.update(Subscriber)
        .where(Subscriber.id == _C.subscriber_id, _IS_UPDATED)
        .values(language=_C.language, language_is_stated=True)
        .execution_options(synchronize_session=False)
    )


def _suppress(session: Session, terms: Terms, *, batch_id: str, at: datetime) -> None:
    session.execute(
        sa.insert(Suppression).from_select(
            ["reason", "at", "address_hash", "subscriber_id", "note", "batch_id"],
            sa.select(
                sa.literal(SuppressionReason.MANUAL, state_column(SuppressionReason)),
                sa.literal(at, UtcDateTime),
                _C.address_hash,
                _C.subscriber_id,
                sa.literal(without_addresses(terms.source)),
                sa.literal(batch_id),
            )
            .where(_C.outcome != Outcome.UNCHANGED.value)
            .order_by(_C.address_hash),
        )
    )
    # Asked for once more, it no longer goes when the import that made it is undone.
    again = sa.select(_C.address_hash).where(_C.outcome == Outcome.UNCHANGED.value)
    session.execute(
        sa.update(Suppression)
        .where(Suppression.address_hash.in_(again), Suppression.batch_id.is_not(None))
        .values(batch_id=None)
        .execution_options(synchronize_session=False)
    )
