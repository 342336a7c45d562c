"""Who may be mailed now, and why the others may not.

One expression, `WHY_NOT`, decides; the audience, the re-check before sending and every count
derive from it. The statements are built once: the re-check runs for every few messages.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from subscribers import bulk
from subscribers.addresses import wire_form
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


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who may be mailed, and how."""

    subscriber_id: int
    #: ASCII, the domain as A-labels: for RCPT TO and To.
    address: str
    #: Keyed hash, 32 bytes.
    address_hash: bytes
    #: As A-labels.
    domain: str


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


def _word(reason: SuppressionReason) -> str:
    return f"{SkipReason.SUPPRESSED.value} {STRENGTH[reason]} {reason.value}"


NEWSLETTER = sa.bindparam("newsletter_id", type_=sa.Integer)
AT = sa.bindparam("at", type_=UtcDateTime)

# Two looks into two indexes: for an OR, PostgreSQL reads the whole suppression list each time.
_BY_ADDRESS = Suppression.address_hash == Subscriber.address_hash
_BY_DOMAIN = sa.and_(Suppression.domain.is_not(None), Suppression.domain == Subscriber.domain)
# The strength stands in the word, so that the smallest word is the strongest reason.
_WORD = sa.case(*((Suppression.reason == reason, _word(reason)) for reason in STRENGTH))
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

_ACTIVE = sa.and_(
    Subscription.newsletter_id == NEWSLETTER, Subscription.state == SubscriptionState.ACTIVE
)


def _is_on_page(person: InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    after, through = (sa.bindparam(name, type_=sa.Integer) for name in ("after", "through"))
    return sa.and_(person > after, person <= through)


# The page is cut first and judged after: whatever a planner thinks of `WHY_NOT`, it cannot read
# the whole list for one page.
_PAGE = (
    sa.select(Subscription.subscriber_id)
    .where(_ACTIVE, _is_on_page(Subscription.subscriber_id))
    .order_by(Subscription.subscriber_id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
# How far a page goes, and whether it is a whole one.
_PAGE_ENDS: sa.Select[int | None, int] = sa.select(
    sa.func.max(sa.column("subscriber_id")), sa.func.count()
).select_from(_PAGE.subquery())
# `wire_form` in SQL. What is before the @ is ASCII in whoever may be mailed, so that it is as long
# in the key as it was written.
_WIRE_FORM = (
    sa.func.substr(
        Subscriber.address,
        1,
        sa.func.length(Subscriber.address_key) - sa.func.length(Subscriber.domain),
    )
    + Subscriber.domain
)


def _on_page(within: sa.ColumnElement[bool]) -> sa.Select[int, str, bytes, str, str | None, bool]:
    return (
        sa.select(
            Subscriber.id,
            Subscriber.address,
            Subscriber.address_hash,
            Subscriber.domain,
            WHY_NOT,
            within.label("is_within"),
        )
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(_ACTIVE, Subscription.subscriber_id.in_(_PAGE))
        .order_by(Subscriber.id)
    )


_EVERYBODY_ON_PAGE = _on_page(sa.literal(True))
_ASKED = bulk.Given("asked")
# Only those who may not be mailed: for all others there is nothing to read.
_WHY_THEY_MAY_NOT = (
    sa.select(
        _ASKED.id,
        sa.case((Subscriber.id.is_(None), SkipReason.ERASED.value), else_=WHY_NOT).label("why"),
    )
    .select_from(_ASKED.table)
    .outerjoin(Subscriber, Subscriber.id == _ASKED.id)
    .outerjoin(
        Subscription,
        sa.and_(
            Subscription.subscriber_id == Subscriber.id,
            Subscription.newsletter_id == NEWSLETTER,
        ),
    )
    .where(sa.or_(Subscriber.id.is_(None), WHY_NOT.is_not(None)))
)

#: The ids of all who may be suppressed, each branch found by an index; `WHY_NOT` says who is.
SUPPRESSED_IDS: sa.CompoundSelect[int | None] = sa.union(
    sa.select(Suppression.subscriber_id.label("id")).where(
        Suppression.subscriber_id.is_not(None), holds_for(NEWSLETTER)
    ),
    sa.select(Subscriber.id).join(Suppression, _BY_DOMAIN).where(holds_for(NEWSLETTER)),
)
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
            .where(_ACTIVE, Subscription.subscriber_id == Subscriber.id, within)
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


def mailable(
    session: Session,
    newsletter_id: int,
    *,
    after: int,
    through: int,
    limit: int,
    at: datetime,
    within: sa.ColumnElement[bool] | None = None,
) -> list[Recipient]:
    """Return the next `limit` people who may be mailed at `at`, by rising id.

    The only query that says who may be mailed. Ids are above `after` and at most `through`; fewer
    than `limit` means that there are no more. `within` is the condition of a segment: it can only
    make them fewer.
    """
    query = _EVERYBODY_ON_PAGE if within is None else _on_page(within)
    found: list[Recipient] = []
    while len(found) < limit:
        # Few are left out: the rest of them is a short page. In a segment many are.
        size = max(limit - len(found), limit // 10, 1)
        page = session.execute(
            query,
            {
                "newsletter_id": newsletter_id,
                "after": after,
                "through": through,
                "limit": size,
                "at": at,
            },
        ).all()
        found += [
            Recipient(row.id, wire_form(row.address, row.domain), row.address_hash, row.domain)
            for row in page
            if row.why is None and row.is_within
        ]
        if len(page) < size:
            break
        after = page[-1].id
    return found[:limit]


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the active subscribers to a newsletter, by rising id."""

    #: Nobody after this one.
    last_id: int
    #: There may be another page.
    is_full: bool


def page(session: Session, newsletter_id: int, *, after: int, through: int, limit: int) -> Page:
    """Return how far the next page of at most `limit` active subscribers goes."""
    asked = {"newsletter_id": newsletter_id, "after": after, "through": through, "limit": limit}
    last_id, count = session.connection().execute(_PAGE_ENDS, asked).one()
    return Page(last_id or after, count == limit)


def mailable_between(
    within: sa.ColumnElement[bool] | None = None,
) -> sa.Select[int, str, str, bytes]:
    """Return the query for who of a page may be mailed: id, wire form, domain, address hash.

    For rows that are made of it inside the database; whoever is found is not erased before the
    commit. Takes the parameters `newsletter_id`, `after`, `through` and `at`. `within` is the
    condition of a segment.
    """
    return (
        sa.select(
            Subscriber.id,
            _WIRE_FORM.label("address"),
            Subscriber.domain,
            Subscriber.address_hash,
        )
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(
            _ACTIVE,
            _is_on_page(Subscription.subscriber_id),
            # The same again: PostgreSQL does not see it, and would read the whole list.
            _is_on_page(Subscriber.id),
            WHY_NOT.is_(None),
            sa.true() if within is None else within,
        )
        .order_by(Subscriber.id)
        .with_for_update(read=True, key_share=True, of=Subscriber)
    )


def last_subscriber(session: Session) -> int:
    """Return the highest id there is: `through` for an audience frozen now; 0 on an empty list."""
    return session.scalar(sa.select(sa.func.max(Subscriber.id))) or 0


def unmailable(
    session: Session, newsletter_id: int, subscriber_ids: Sequence[int], *, at: datetime
) -> dict[int, SkipReason]:
    """Return which of these may not be mailed at `at`, and why.

    Run it in the transaction that commits them in flight: whatever was committed before is seen.
    """
    rows = session.connection().execute(
        _WHY_THEY_MAY_NOT,
        {
            "newsletter_id": newsletter_id,
            "asked": bulk.of(dict.fromkeys(subscriber_ids, "")),
            "at": at,
        },
    )
    return {subscriber_id: _skip_reason(why) for subscriber_id, why in rows}


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
            reason: by_reason[_word(reason)]
            for reason in SuppressionReason
            if _word(reason) in by_reason
        },
    )


def _skip_reason(why: str) -> SkipReason:
    return SkipReason(why.partition(" ")[0])
