"""Count who may be mailed, and why the others may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers.models import (
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.why_not import (
    AT,
    IS_ACTIVE,
    NEWSLETTER,
    SUPPRESSED_IDS,
    WHY_NOT,
    SkipReason,
    word_of,
)


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody with a subscription, counted once each."""

    mailable: int
    pending: int
    unsubscribed: int
    paused: int
    not_supported: int
    #: Only the reasons there are.
    suppressed: Mapping[SuppressionReason, int]

    @property
    def active(self) -> int:
        """How many are on the list in good standing, paused or not."""
        return self.mailable + self.paused + self.not_supported


# A count of a million must not look at each: whoever can be an exception is found by an index,
# and `WHY_NOT` judges these alone, one by one.
_EXCEPTIONS = sa.union(
    *SUPPRESSED_IDS.selects,
    # In the words of the index: "= 1", as it would be said here, finds no index there.
    sa.select(Subscriber.id).where(sa.text("subscribers.needs_smtputf8")),
    sa.select(Subscription.subscriber_id).where(
        Subscription.newsletter_id == NEWSLETTER, Subscription.paused_until > AT
    ),
).subquery()


def _counting(within: sa.ColumnElement[bool]) -> sa.CompoundSelect[str, int]:
    judged = (
        sa.select(
            sa.select(WHY_NOT)
            .where(IS_ACTIVE, Subscription.subscriber_id == Subscriber.id, within)
            .correlate(Subscriber)
            .scalar_subquery()
            .label("why")
        )
        .select_from(_EXCEPTIONS)
        .join(Subscriber, Subscriber.id == _EXCEPTIONS.c.id)
        .subquery()
    )
    # One statement, so that all parts see the same moment. NULL: an exception that is none here.
    return sa.union_all(
        *(_standing(state, within) for state in SubscriptionState),
        sa.select(judged.c.why, sa.func.count()).group_by(judged.c.why),
    )


def _standing(state: SubscriptionState, within: sa.ColumnElement[bool]) -> sa.Select[str, int]:
    # A count of each by itself takes half as long as one that has to group them.
    query = sa.select(sa.literal(state.value).label("what"), sa.func.count().label("n")).where(
        Subscription.newsletter_id == NEWSLETTER, Subscription.state == state, within
    )
    if within is _EVERYBODY:
        return query.select_from(Subscription)
    return query.select_from(Subscription).join(
        Subscriber, Subscriber.id == Subscription.subscriber_id
    )


_EVERYBODY = sa.true()
_COUNTS = _counting(_EVERYBODY)


def counts(
    session: Session,
    newsletter_id: int,
    *,
    at: datetime,
    within: sa.ColumnElement[bool] | None = None,
) -> Audience:
    """Count everybody with a subscription by whether, or why not, they may be mailed at `at`.

    `within` is the condition of a segment.
    """
    counting = _COUNTS if within is None else _counting(within)
    rows = session.execute(counting, {"newsletter_id": newsletter_id, "at": at})
    by_reason: dict[str, int] = {row.what: row.n for row in rows if row.what is not None}
    active = by_reason.pop(SubscriptionState.ACTIVE.value, 0)
    left_out = {SkipReason.PENDING.value, SkipReason.UNSUBSCRIBED.value}
    return Audience(
        mailable=active - sum(n for what, n in by_reason.items() if what not in left_out),
        pending=by_reason.get(SkipReason.PENDING.value, 0),
        unsubscribed=by_reason.get(SkipReason.UNSUBSCRIBED.value, 0),
        paused=by_reason.get(SkipReason.PAUSED.value, 0),
        not_supported=by_reason.get(SkipReason.NOT_SUPPORTED.value, 0),
        suppressed={
            reason: by_reason[word_of(reason)]
            for reason in SuppressionReason
            if word_of(reason) in by_reason
        },
    )
