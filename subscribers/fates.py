"""Judge what becomes of each thing an import changed, when the import is taken back."""

from __future__ import annotations

import enum
from collections import Counter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import bulk
from subscribers.models import (
    ConsentEvent,
    ImportChange,
    Subscription,
    SubscriptionState,
    UtcDateTime,
    state_column,
)


class Fate(enum.Enum):
    """What becomes of one thing an import changed."""

    #: Was unknown before: is deleted.
    DELETED = "deleted"
    #: Stands again as before.
    RESTORED = "restored"
    #: Did something since then, and stays as they are.
    KEPT = "kept"
    #: Gets back the language they had, unless they chose another since.
    LANGUAGE = "language"
    #: Is suppressed no longer.
    SUPPRESSION = "suppression"


UNDONE = sa.Table(
    "undone",
    sa.MetaData(),
    sa.Column("subscriber_id", sa.Integer),
    sa.Column("is_new", sa.Boolean),
    sa.Column("previous_state", state_column(SubscriptionState)),
    sa.Column("previous_since", UtcDateTime),
    sa.Column("previous_source", sa.Text),
    sa.Column("previous_optin_due_at", UtcDateTime),
    sa.Column("state", state_column(SubscriptionState)),
    sa.Column("previous_language", sa.Text),
    sa.Column("previous_language_is_stated", sa.Boolean),
    sa.Column("language", sa.Text),
    sa.Column("fate", sa.Text),
    prefixes=["TEMPORARY"],
)
_U = UNDONE.c
_KEPT_WITH_CHANGE = [column.name for column in UNDONE.columns if column.name != "fate"]


def judge(
    session: Session, batch_id: str, newsletter_id: int, *, after: int, limit: int
) -> tuple[int | None, Counter[Fate]]:
    """Look at the next changes of an import; return the last person, and what becomes of them."""
    bulk.clear(session, UNDONE)
    changes = (
        sa.select(*(getattr(ImportChange, name) for name in _KEPT_WITH_CHANGE))
        .where(ImportChange.batch_id == batch_id, ImportChange.subscriber_id > after)
        .order_by(ImportChange.subscriber_id)
        .limit(limit)
    )
    session.execute(sa.insert(UNDONE).from_select(_KEPT_WITH_CHANGE, changes))
    # Whoever leaves just now leaves before or after this, never in between.
    session.execute(
        sa.select(Subscription.id)
        .where(Subscription.subscriber_id.in_(sa.select(_U.subscriber_id)))
        .order_by(Subscription.id)
        .with_for_update()
    )
    session.execute(sa.update(UNDONE).values(fate=_fate(batch_id, newsletter_id)))
    last = session.scalar(sa.select(sa.func.max(_U.subscriber_id)))
    found = session.execute(sa.select(_U.fate, sa.func.count()).group_by(_U.fate))
    return last, Counter({Fate(fate): n for fate, n in found})


def _fate(batch_id: str, newsletter_id: int) -> sa.ColumnElement[str]:
    state = (
        sa.select(Subscription.state)
        .where(
            Subscription.subscriber_id == _U.subscriber_id,
            Subscription.newsletter_id == newsletter_id,
        )
        .scalar_subquery()
    )
    events = sa.select(ConsentEvent.batch_id).where(ConsentEvent.subscriber_id == _U.subscriber_id)
    last_event = (
        # Nothing is added, to keep PostgreSQL from all other ways than by the person.
        events.where(ConsentEvent.newsletter_id + 0 == newsletter_id)
        .order_by((ConsentEvent.id + 0).desc())
        .limit(1)
        .scalar_subquery()
    )
    # Not EXISTS, for which PostgreSQL would read the whole ledger for each chunk.
    others = (
        sa.select(sa.func.count())
        .where(
            ConsentEvent.subscriber_id == _U.subscriber_id,
            ConsentEvent.batch_id.is_distinct_from(batch_id),
        )
        .scalar_subquery()
    )
    return sa.case(
        (_U.state.is_(None), Fate.LANGUAGE.value),
        (
            sa.or_(
                state.is_distinct_from(_U.state),
                last_event.is_distinct_from(batch_id),
            ),
            Fate.KEPT.value,
        ),
        (sa.and_(_U.is_new, others == 0), Fate.DELETED.value),
        else_=Fate.RESTORED.value,
    )
