"""Why somebody may not be mailed.

One expression, `WHY_NOT`, decides; the audience, the re-check before sending and every count
derive from it.
"""

from __future__ import annotations

import enum

import sqlalchemy as sa

from subscribers.models import (
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
    UtcDateTime,
)
from subscribers.suppression import STRENGTH, holds_for


class SkipReason(enum.Enum):
    """Why somebody is not mailed now."""

    #: Withdrew, or never was on this list.
    UNSUBSCRIBED = "unsubscribed"
    #: Has not confirmed.
    PENDING = "pending"
    #: Wants no issue for a while.
    PAUSED = "paused"
    #: The address or its domain is on the suppression list.
    SUPPRESSED = "suppressed"
    #: Is not in the database any more.
    ERASED = "erased"
    #: The part before the @ is not ASCII, and we do not speak SMTPUTF8 (RFC 6531).
    NOT_SUPPORTED = "not_supported"


def word_of(reason: SuppressionReason) -> str:
    """Return what `WHY_NOT` says of somebody who is suppressed for that reason."""
    return f"{SkipReason.SUPPRESSED.value} {STRENGTH[reason]} {reason.value}"


NEWSLETTER = sa.bindparam("newsletter_id", type_=sa.Integer)
AT = sa.bindparam("at", type_=UtcDateTime)
# Two looks into two indexes: for an OR, PostgreSQL reads the whole suppression list each time.
_BY_ADDRESS = Suppression.address_hash == Subscriber.address_hash
_BY_DOMAIN = sa.and_(Suppression.domain.is_not(None), Suppression.domain == Subscriber.domain)
# The strength stands in the word, so that the smallest word is the strongest reason.
_WORD = sa.case(*((Suppression.reason == reason, word_of(reason)) for reason in STRENGTH))
_AGAINST = sa.union_all(
    *(
        sa.select(_WORD.label("word")).where(holds_for(NEWSLETTER), match).correlate(Subscriber)
        for match in (_BY_ADDRESS, _BY_DOMAIN)
    )
).subquery()
_SUPPRESSED = sa.select(sa.func.min(_AGAINST.c.word)).correlate(Subscriber).scalar_subquery()
#: NULL for who may be mailed, else a word that says why not. Takes `newsletter_id` and `at`.
WHY_NOT: sa.ColumnElement[str | None] = sa.case(
    (Subscription.state == SubscriptionState.PENDING, SkipReason.PENDING.value),
    # Also true for who has no subscription to this newsletter.
    (
        Subscription.state.is_distinct_from(SubscriptionState.ACTIVE),
        SkipReason.UNSUBSCRIBED.value,
    ),
    else_=sa.func.coalesce(
        _SUPPRESSED,
        sa.case(
            (Subscriber.needs_smtputf8, SkipReason.NOT_SUPPORTED.value),
            (Subscription.paused_until > AT, SkipReason.PAUSED.value),
            else_=None,
        ),
    ),
).label("why")
#: Is on the list, suppressed or not.
IS_ACTIVE = sa.and_(
    Subscription.newsletter_id == NEWSLETTER, Subscription.state == SubscriptionState.ACTIVE
)
#: The ids of all who may be suppressed, each branch found by an index; `WHY_NOT` says who is.
SUPPRESSED_IDS: sa.CompoundSelect[int | None] = sa.union(
    sa.select(Suppression.subscriber_id.label("id")).where(
        Suppression.subscriber_id.is_not(None), holds_for(NEWSLETTER)
    ),
    sa.select(Subscriber.id).join(Suppression, _BY_DOMAIN).where(holds_for(NEWSLETTER)),
)


def skip_reason(why: str) -> SkipReason:
    """Return the reason in a word of `WHY_NOT`."""
    return SkipReason(why.partition(" ")[0])
