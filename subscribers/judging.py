"""Judge staged candidates, a chunk at a time: who they are, how they stand, what becomes of them.

Nothing is lifted: a state is only ever made where there was none (`barriers`), or lowered.
"""

from __future__ import annotations

import enum
from collections import Counter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import bulk
from subscribers.barriers import barrier_word
from subscribers.models import (
    ConsentBasis,
    ImportPurpose,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
    state_column,
)
from subscribers.staging import COLUMNS, STAGED, columns
from subscribers.suppression import STRENGTH, holds_for
from subscribers.terms import Terms, Updating


class Outcome(enum.Enum):
    """What becomes of a candidate; whoever is held back has what holds them for an outcome."""

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


#: The candidates of one chunk, judged: what the sheet says, what is known, what becomes of them.
CHUNK = sa.Table(
    "chunk",
    sa.MetaData(),
    sa.Column("place", sa.Integer),
    *columns(),
    sa.Column("subscriber_id", sa.Integer),
    sa.Column("state", state_column(SubscriptionState)),
    sa.Column("outcome", sa.Text),
    sa.Column("is_new", sa.Boolean, server_default=sa.false()),
    prefixes=["TEMPORARY"],
)


def judge(session: Session, places: range, terms: Terms) -> Counter[str]:
    """Write those staged at some places into `CHUNK`, and count them by outcome.

    An outcome is an `Outcome`, or a `barriers.Barrier`.
    """
    bulk.clear(session, CHUNK)
    # Worked out once for each row: pulled up into the outcome, it would be for every case there.
    known = _known(places, terms).cte("known").prefix_with("MATERIALIZED")
    taken = ("place", *COLUMNS, "subscriber_id", "state")
    session.execute(
        sa.insert(CHUNK).from_select(
            [*taken, "outcome"],
            sa.select(*(known.c[name] for name in taken), _outcome(known, terms)).order_by(
                known.c.place
            ),
        )
    )
    found = session.execute(sa.select(CHUNK.c.outcome, sa.func.count()).group_by(CHUNK.c.outcome))
    return Counter({str(outcome): n for outcome, n in found})


def _known(places: range, terms: Terms) -> sa.Select[*tuple[object, ...]]:
    """Find who the candidates are, and how they stand."""
    rank = sa.case(*((Suppression.reason == reason, rank) for reason, rank in STRENGTH.items()))
    by_hash = sa.select(rank.label("rank")).where(Suppression.address_hash == STAGED.c.address_hash)
    if terms.purpose is ImportPurpose.SUPPRESS:
        # Only the admin's own word is the same word: a bounce is lifted by the person, this is not.
        same = (
            Suppression.newsletter_id.is_(None),
            Suppression.reason == SuppressionReason.MANUAL,
        )
        against = by_hash.where(*same).correlate(STAGED).subquery()
    else:
        by_domain = sa.select(rank.label("rank")).where(Suppression.domain == STAGED.c.domain)
        concerned = holds_for(terms.newsletter_id)
        against = sa.union_all(
            by_hash.where(concerned).correlate(STAGED), by_domain.where(concerned).correlate(STAGED)
        ).subquery()
    return (
        sa.select(
            *STAGED.columns,
            Subscriber.id.label("subscriber_id"),
            # By one look for each: a planner that takes the table for short would join it whole.
            sa.select(Subscription.state)
            .where(
                Subscription.subscriber_id == Subscriber.id,
                Subscription.newsletter_id == terms.newsletter_id,
            )
            .correlate(Subscriber)
            .scalar_subquery()
            .label("state"),
            Subscriber.language.label("had_language"),
            Subscriber.language_is_stated.label("had_stated"),
            sa.select(sa.func.min(against.c.rank))
            .correlate(STAGED)
            .scalar_subquery()
            .label("strength"),
        )
        .select_from(STAGED)
        .outerjoin(Subscriber, Subscriber.address_key == STAGED.c.address_key)
        .where(STAGED.c.place >= places.start, STAGED.c.place < places.stop)
    )


def _outcome(known: sa.CTE, terms: Terms) -> sa.ColumnElement[str]:
    if terms.purpose is ImportPurpose.UNSUBSCRIBE:
        return sa.case(
            (known.c.state == SubscriptionState.UNSUBSCRIBED, Outcome.UNCHANGED.value),
            (known.c.state.is_(None), Outcome.ADDED.value),
            else_=Outcome.LOWERED.value,
        )
    if terms.purpose is ImportPurpose.SUPPRESS:
        return sa.case(
            (known.c.strength.is_not(None), Outcome.UNCHANGED.value),
            (known.c.state == SubscriptionState.ACTIVE, Outcome.LOWERED.value),
            else_=Outcome.ADDED.value,
        )
    added: sa.ColumnElement[str] = sa.literal(Outcome.ADDED.value)
    if terms.basis is ConsentBasis.CONSENT:
        added = sa.case(
            (known.c.consented_on.is_not(None), Outcome.ADDED.value),
            else_=Outcome.ADDED_AS_PENDING.value,
        )
    brings_language = sa.and_(known.c.language_is_stated, known.c.language != known.c.had_language)
    otherwise = sa.case(
        (known.c.state.is_(None), added),
        (sa.and_(brings_language, ~known.c.had_stated), _if(terms.updating is not Updating.NO)),
        (brings_language, _if(terms.updating is Updating.ALL)),
        else_=Outcome.UNCHANGED.value,
    )
    return sa.func.coalesce(barrier_word(known.c.state, known.c.strength), otherwise)


def _if(updates: bool) -> str:
    return str((Outcome.UPDATED if updates else Outcome.COULD_BE_UPDATED).value)
