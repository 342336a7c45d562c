"""Who may be mailed now: the only such queries; `why_not.WHY_NOT` decides.

The statements are built once: the re-check before sending runs for every few messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from subscribers import bulk
from subscribers.addresses import wire_form
from subscribers.models import (
    Subscriber,
    Subscription,
)
from subscribers.why_not import (
    IS_ACTIVE,
    NEWSLETTER,
    WHY_NOT,
    SkipReason,
    skip_reason,
)


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


def _is_on_page(person: InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    after, through = (sa.bindparam(name, type_=sa.Integer) for name in ("after", "through"))
    return sa.and_(person > after, person <= through)


# The page is cut first and judged after: whatever a planner thinks of `WHY_NOT`, it cannot read
# the whole list for one page.
_PAGE = (
    sa.select(Subscription.subscriber_id)
    .where(IS_ACTIVE, _is_on_page(Subscription.subscriber_id))
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
        .where(IS_ACTIVE, Subscription.subscriber_id.in_(_PAGE))
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
            IS_ACTIVE,
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
    return {subscriber_id: skip_reason(why) for subscriber_id, why in rows}
