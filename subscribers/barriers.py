"""What keeps somebody off a list: the one rule, for one person and for any number of rows.

Whoever left, has not confirmed or is suppressed is told of and left alone; only they themselves
lift that.
"""

from __future__ import annotations

import itertools

import sqlalchemy as sa

from subscribers.models import SubscriptionState, SuppressionReason
from subscribers.suppression import STRENGTH

Barrier = SubscriptionState | SuppressionReason
#: Every way to stand; first that of most rows, of whom nothing is known.
_STANDINGS = list(itertools.product((None, *SubscriptionState), (None, *SuppressionReason)))


def barrier(
    state: SubscriptionState | None, suppressed: SuppressionReason | None
) -> Barrier | None:
    """Return what keeps somebody off who stands so; None: nothing does.

    >>> barrier(SubscriptionState.UNSUBSCRIBED, SuppressionReason.MANUAL)
    <SubscriptionState.UNSUBSCRIBED: 'unsubscribed'>
    """
    if state in (SubscriptionState.UNSUBSCRIBED, SubscriptionState.PENDING):
        return state
    return suppressed


def barriers() -> set[Barrier]:
    """Return everything that can keep somebody off."""
    return {found for one in _STANDINGS if (found := barrier(*one))}


def barrier_word(
    state: sa.ColumnElement[SubscriptionState], strength: sa.ColumnElement[int]
) -> sa.ColumnElement[str | None]:
    """Return what `barrier` says of each row, as the word it is stored by; NULL: nothing.

    `strength` is the rank (`suppression.STRENGTH`) of what the address is suppressed for.
    """
    return sa.case(
        *(
            (
                sa.and_(
                    state.is_(None) if one is None else state == one,
                    strength.is_(None) if reason is None else strength == STRENGTH[reason],
                ),
                found.value if (found := barrier(one, reason)) else sa.null(),
            )
            for one, reason in _STANDINGS
        )
    )
