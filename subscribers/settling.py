"""Settle what becomes of a chunk of staged candidates, by statements over the whole chunk.

The rule of imports stands in `_outcome`: whoever left, has not confirmed or is suppressed is told
of and left alone. Nothing here is lifted; a state is only ever made where there was none, or
lowered.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import suppression
from subscribers.addresses import without_addresses
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
from subscribers.staging import Staged
from subscribers.suppression import STRENGTH, holds_for


class Outcome(enum.Enum):
    """What becomes of a candidate; one who is suppressed has the reason for an outcome."""

    #: Is on the list now as the import says, and was not before.
    ADDED = "added"
    #: Is on the list now, pending: nobody says when they said yes.
    ADDED_AS_PENDING = "added_as_pending"
    #: Was active: has left now, or is suppressed now, because the import says so.
    LOWERED = "lowered"
    #: Got another language.
    UPDATED = "updated"
    #: Would get another language, had it been asked for.
    COULD_BE_UPDATED = "could_be_updated"
    #: Stood so already.
    UNCHANGED = "unchanged"
    #: Left, and stays away.
    UNSUBSCRIBED = "unsubscribed"
    #: Has not confirmed, and nobody confirms for them.
    PENDING = "pending"


class Updating(enum.Enum):
    """Whether an import may change the language of people who are there."""

    #: Not at all.
    NO = "no"
    #: Only where nobody said it before.
    EMPTY = "empty"
    #: Whatever stands there.
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what grounds an import does what, and by whom."""

    newsletter_id: int
    basis: ConsentBasis
    #: How we know: "Paloma 2017-02-21".
    source: str
    #: For rows that say none: "sv" or "en".
    language: str
    #: OS user or signed-in user.
    actor: str
    purpose: ImportPurpose = ImportPurpose.SUBSCRIBE
    updating: Updating = Updating.NO


STAGED = sa.Table(
    "staged",
    sa.MetaData(),
    sa.Column("address_key", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("domain", sa.Text),
    sa.Column("needs_smtputf8", sa.Boolean),
    sa.Column("language", sa.Text),
    sa.Column("language_is_stated", sa.Boolean),
    sa.Column("consented_on", sa.Date),
    sa.Column("address_hash", sa.LargeBinary),
    sa.Column("optin_due_at", UtcDateTime),
    # What is known of them before anything is done:
    sa.Column("subscriber_id", sa.Integer),
    sa.Column("is_new", sa.Boolean, server_default=sa.false()),
    sa.Column("state", state_column(SubscriptionState)),
    sa.Column("strength", sa.Integer),
    sa.Column("outcome", sa.Text),
    prefixes=["TEMPORARY"],
)
_S = STAGED.c
_IS_ADDED = _S.outcome.in_([Outcome.ADDED.value, Outcome.ADDED_AS_PENDING.value])
_IS_LOWERED = _S.outcome == Outcome.LOWERED.value
_IS_UPDATED = _S.outcome == Outcome.UPDATED.value
_REASONS = {rank: reason.value for reason, rank in STRENGTH.items()}


def judge(session: Session, chunk: Sequence[Staged], terms: Terms) -> Counter[str]:
    """Count what `settle` would do with a chunk, by outcome; no two may share a key."""
    _load(session, chunk)
    return _judge(session, terms)


def settle(
    session: Session, chunk: Sequence[Staged], terms: Terms, *, batch_id: str, at: datetime
) -> Counter[str]:
    """Do with a chunk what the terms say, note what was changed, and return the outcomes.

    Raises IntegrityError: somebody else added one of them meanwhile; try again.
    """
    _load(session, chunk)
    if terms.purpose is ImportPurpose.UNSUBSCRIBE or terms.updating is not Updating.NO:
        _lock(session)
    outcomes = _judge(session, terms)
    if terms.purpose is ImportPurpose.SUPPRESS:
        _suppress(session, terms, batch_id=batch_id, at=at)
    elif outcomes.keys() & {"added", "added_as_pending"}:
        _add(session, terms, batch_id=batch_id, at=at)
    if terms.purpose is ImportPurpose.UNSUBSCRIBE:
        _lower(session, terms, batch_id=batch_id, at=at)
    if outcomes[Outcome.UPDATED.value]:
        _update(session, batch_id=batch_id)
    return outcomes


def _judge(session: Session, terms: Terms) -> Counter[str]:
    _find(session, terms)
    session.execute(sa.update(STAGED).values(outcome=_outcome(terms)))
    found = session.execute(sa.select(_S.outcome, sa.func.count()).group_by(_S.outcome))
    return Counter({str(outcome): n for outcome, n in found})


def _load(session: Session, chunk: Sequence[Staged]) -> None:
    connection = session.connection()
    connection.execute(sa.schema.CreateTable(STAGED, if_not_exists=True))
    connection.execute(sa.delete(STAGED))
    columns = ", ".join(Staged._fields)
    if connection.dialect.name == "postgresql":
        with connection.connection.cursor().copy(f"COPY staged ({columns}) FROM STDIN") as copy:
            for row in chunk:
                copy.write_row(row)
        return
    # By hand, since SQLAlchemy would take as long for it as all the rest takes.
    places = ", ".join("?" * len(Staged._fields))
    written = UtcDateTime().bind_processor(connection.dialect) or str
    connection.exec_driver_sql(
        f"INSERT INTO staged ({columns}) VALUES ({places})",  # noqa: S608 - our own names
        [row if row[-1] is None else (*row[:-1], written(row[-1])) for row in chunk],
    )


def _find(session: Session, terms: Terms) -> None:
    """Write down who the candidates are, and how they stand."""
    by_key = sa.select(Subscriber.id).where(Subscriber.address_key == _S.address_key)
    session.execute(sa.update(STAGED).values(subscriber_id=by_key.scalar_subquery()))
    state = sa.select(Subscription.state).where(
        Subscription.subscriber_id == _S.subscriber_id,
        Subscription.newsletter_id == terms.newsletter_id,
    )
    rank = sa.case(*((Suppression.reason == reason, rank) for reason, rank in STRENGTH.items()))
    by_hash = sa.select(rank.label("rank")).where(Suppression.address_hash == _S.address_hash)
    if terms.purpose is ImportPurpose.SUPPRESS:
        # Only the admin's own word is the same word: a bounce is lifted by the person, this is not.
        same = (
            Suppression.newsletter_id.is_(None),
            Suppression.reason == SuppressionReason.MANUAL,
        )
        against = by_hash.where(*same).correlate(STAGED).subquery()
    else:
        by_domain = sa.select(rank.label("rank")).where(Suppression.domain == _S.domain)
        concerned = holds_for(terms.newsletter_id)
        against = sa.union_all(
            by_hash.where(concerned).correlate(STAGED), by_domain.where(concerned).correlate(STAGED)
        ).subquery()
    strength = sa.select(sa.func.min(against.c.rank)).correlate(STAGED)
    session.execute(
        sa.update(STAGED).values(state=state.scalar_subquery(), strength=strength.scalar_subquery())
    )


def _outcome(terms: Terms) -> sa.ColumnElement[str]:
    left, pending = SubscriptionState.UNSUBSCRIBED, SubscriptionState.PENDING
    if terms.purpose is ImportPurpose.UNSUBSCRIBE:
        return sa.case(
            (_S.state == left, Outcome.UNCHANGED.value),
            (_S.state.is_(None), Outcome.ADDED.value),
            else_=Outcome.LOWERED.value,
        )
    if terms.purpose is ImportPurpose.SUPPRESS:
        return sa.case(
            (_S.strength.is_not(None), Outcome.UNCHANGED.value),
            (_S.state == SubscriptionState.ACTIVE, Outcome.LOWERED.value),
            else_=Outcome.ADDED.value,
        )
    if terms.basis is ConsentBasis.CONSENT:
        added: sa.ColumnElement[str] = sa.case(
            (_S.consented_on.is_not(None), Outcome.ADDED.value),
            else_=Outcome.ADDED_AS_PENDING.value,
        )
    else:
        added = sa.literal(Outcome.ADDED.value)
    return sa.case(
        (_S.state == left, Outcome.UNSUBSCRIBED.value),
        (_S.state == pending, Outcome.PENDING.value),
        (_S.strength.is_not(None), sa.case(_REASONS, value=_S.strength)),
        (_S.state.is_(None), added),
        (_brings_a_language(said_before=False), _if(terms.updating is not Updating.NO)),
        (_brings_a_language(said_before=True), _if(terms.updating is Updating.ALL)),
        else_=Outcome.UNCHANGED.value,
    )


def _if(updates: bool) -> str:
    return str((Outcome.UPDATED if updates else Outcome.COULD_BE_UPDATED).value)


def _brings_a_language(*, said_before: bool) -> sa.ColumnElement[bool]:
    other = sa.select(Subscriber.id).where(
        Subscriber.id == _S.subscriber_id,
        Subscriber.language != _S.language,
        Subscriber.language_is_stated == sa.literal(said_before),
    )
    return sa.and_(_S.language_is_stated, other.exists())


def _lock(session: Session) -> None:
    """Hold those who are there already while they may be changed: whoever leaves now has left."""
    people = sa.select(Subscriber.id).where(Subscriber.address_key.in_(sa.select(_S.address_key)))
    session.execute(people.order_by(Subscriber.id).with_for_update())
    session.execute(
        sa.select(Subscription.id)
        .where(Subscription.subscriber_id.in_(people))
        .order_by(Subscription.id)
        .with_for_update()
    )


def _add(session: Session, terms: Terms, *, batch_id: str, at: datetime) -> None:
    unknown = sa.and_(_IS_ADDED, _S.subscriber_id.is_(None))
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
                _S.address,
                _S.address_key,
                _S.address_hash,
                _S.domain,
                sa.literal(at, UtcDateTime),
                _S.needs_smtputf8,
                _S.language,
                _S.language_is_stated,
            )
            .where(unknown)
            .order_by(_S.address_key),
        )
    )
    by_key = sa.select(Subscriber.id).where(Subscriber.address_key == _S.address_key)
    session.execute(
        sa.update(STAGED).where(unknown).values(is_new=True, subscriber_id=by_key.scalar_subquery())
    )
    suppression.point_at(session, sa.select(_S.subscriber_id, _S.address_hash).where(_S.is_new))
    is_pending = _S.outcome == Outcome.ADDED_AS_PENDING.value
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
                _S.subscriber_id,
                newsletter,
                state,
                when,
                sa.literal(terms.source),
                sa.case((is_pending, _S.optin_due_at)),
            )
            .where(_IS_ADDED)
            .order_by(_S.subscriber_id),
        )
    )
    _tell(session, terms, _IS_ADDED, batch_id=batch_id, at=at)
    session.execute(
        sa.insert(ImportChange).from_select(
            ["batch_id", "subscriber_id", "is_new", "state"],
            sa.select(sa.literal(batch_id), _S.subscriber_id, _S.is_new, state)
            .where(_IS_ADDED)
            .order_by(_S.subscriber_id),
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
            _S.outcome == Outcome.ADDED_AS_PENDING.value,
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
            sa.select(_S.subscriber_id, _S.consented_on, *values.values())
            .where(whom)
            .order_by(_S.subscriber_id),
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
                _S.subscriber_id,
                sa.false(),
                Subscription.state,
                Subscription.since,
                Subscription.source,
                Subscription.optin_due_at,
                state,
            )
            .join(Subscription, Subscription.subscriber_id == _S.subscriber_id)
            .where(_IS_LOWERED, Subscription.newsletter_id == terms.newsletter_id),
        )
    )
    # Said once more, a withdrawal no longer goes when the import that said it is undone.
    last_batch = (
        sa.select(ConsentEvent.batch_id)
        .where(
            ConsentEvent.subscriber_id == _S.subscriber_id,
            ConsentEvent.newsletter_id == terms.newsletter_id,
        )
        .order_by(ConsentEvent.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    said_again = sa.and_(_S.outcome == Outcome.UNCHANGED.value, last_batch.is_not(None))
    _tell(session, terms, sa.or_(_IS_LOWERED, said_again), batch_id=batch_id, at=at)
    session.execute(
        sa.update(Subscription)
        .where(
            Subscription.newsletter_id == terms.newsletter_id,
            Subscription.subscriber_id.in_(sa.select(_S.subscriber_id).where(_IS_LOWERED)),
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
                _S.subscriber_id,
                sa.false(),
                Subscriber.language,
                Subscriber.language_is_stated,
                _S.language,
            )
            .join(Subscriber, Subscriber.id == _S.subscriber_id)
            .where(_IS_UPDATED),
        )
    )
    session.execute(
        sa.update(Subscriber)
        .where(Subscriber.id == _S.subscriber_id, _IS_UPDATED)
        .values(language=_S.language, language_is_stated=True)
        .execution_options(synchronize_session=False)
    )


def _suppress(session: Session, terms: Terms, *, batch_id: str, at: datetime) -> None:
    session.execute(
        sa.insert(Suppression).from_select(
            ["reason", "at", "address_hash", "subscriber_id", "note", "batch_id"],
            sa.select(
                sa.literal(SuppressionReason.MANUAL, state_column(SuppressionReason)),
                sa.literal(at, UtcDateTime),
                _S.address_hash,
                _S.subscriber_id,
                sa.literal(without_addresses(terms.source)),
                sa.literal(batch_id),
            )
            .where(_S.outcome != Outcome.UNCHANGED.value)
            .order_by(_S.address_hash),
        )
    )
    # Asked for once more, it no longer goes when the import that made it is undone.
    again = sa.select(_S.address_hash).where(_S.outcome == Outcome.UNCHANGED.value)
    session.execute(
        sa.update(Suppression)
        .where(Suppression.address_hash.in_(again), Suppression.batch_id.is_not(None))
        .values(batch_id=None)
        .execution_options(synchronize_session=False)
    )
