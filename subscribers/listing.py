"""Show the list: who is on it, how they stand, and what happened to their consent."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import audiences, bulk, searching
from subscribers.models import (
    ConsentEvent,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.why_not import NEWSLETTER, SUPPRESSED_IDS, WHY_NOT, SkipReason
from subscribers.wording import Sentence

#: Ids looked at in one query.
_SLICE = 500
#: Rows fetched at a time of a list that is read whole.
_AT_A_TIME = 5_000
_PEOPLE = (
    sa.select(
        Subscriber.id,
        Subscriber.address,
        Subscriber.language,
        Subscription.since,
        Subscription.source,
        Subscription.paused_until,
        WHY_NOT,
    )
    .join(Subscription, Subscription.subscriber_id == Subscriber.id)
    .order_by(Subscription.subscriber_id)
)
_ON_LIST = Subscription.newsletter_id == NEWSLETTER
# Of the whole list nothing need be sorted, if it is read in the order of the people.
_ON_WHOLE_LIST = bulk.not_by_index(Subscription.newsletter_id) == NEWSLETTER


class Status(enum.Enum):
    """How somebody on the list stands, in one word; `subscribers stats` counts the same."""

    #: In good standing, paused or not.
    ACTIVE = "active"
    #: Asked for, not confirmed.
    PENDING = "pending"
    #: Left.
    UNSUBSCRIBED = "unsubscribed"
    #: On the list, but the address or its domain is suppressed.
    SUPPRESSED = "suppressed"


#: What a status is called.
STATUS_NAMES = {
    Status.ACTIVE: Sentence("active"),
    Status.PENDING: Sentence("pending"),
    Status.UNSUBSCRIBED: Sentence("unsubscribed"),
    Status.SUPPRESSED: Sentence("suppressed"),
}


class Listed(NamedTuple):
    """One person on the list; a tuple, since an export makes a million."""

    subscriber_id: int
    #: As written.
    address: str
    status: Status
    #: "sv" or "en".
    language: str
    #: Since when their subscription stands as it does.
    since: datetime
    source: str
    #: Set where the status is suppressed.
    suppressed: SuppressionReason | None
    paused_until: datetime | None
    #: Why no issue reaches them now; None: one does.
    skipped: SkipReason | None


def listed(
    session: Session,
    newsletter_id: int,
    *,
    at: datetime,
    limit: int,
    status: Status | None = None,
    search: str = "",
    after: int = 0,
) -> tuple[list[Listed], int | None]:
    """Return up to `limit` people by rising id above `after`, and how many there are in all.

    `search` is any part of an address, in upper or lower case. The total is None where that part
    is in so many addresses (over `searching.COUNTED`) that counting them would take long.
    """
    if not search:
        people = page(session, newsletter_id, limit=limit, after=after, at=at, status=status)
        return people, counted(session, newsletter_id, at=at, status=status)
    ids = searching.ids(session, search)
    if len(ids) > searching.COUNTED:
        # So many have it that the first page is soon full.
        people = page(
            session,
            newsletter_id,
            at=at,
            limit=limit,
            after=after,
            status=status,
            within=searching.matches(search),
        )
        return people, None
    matching = [
        person
        for start in range(0, len(ids), _SLICE)
        for person in page(
            session,
            newsletter_id,
            limit=_SLICE,
            within=Subscriber.id.in_(ids[start : start + _SLICE]),
            at=at,
            status=status,
        )
    ]
    return [person for person in matching if person.subscriber_id > after][:limit], len(matching)


def page(
    session: Session,
    newsletter_id: int,
    *,
    at: datetime,
    limit: int,
    after: int = 0,
    status: Status | None = None,
    within: sa.ColumnElement[bool] | None = None,
) -> list[Listed]:
    """Return the next `limit` people by rising id above `after`; `within` is a condition more."""
    query = _those(status, within).where(Subscription.subscriber_id > after).limit(limit)
    rows = session.execute(query, {"newsletter_id": newsletter_id, "at": at})
    return [_person(row) for row in rows]


@contextmanager
def everybody(
    session: Session,
    newsletter_id: int,
    *,
    at: datetime,
    status: Status | None = None,
    within: sa.ColumnElement[bool] | None = None,
) -> Iterator[Iterator[Listed]]:
    """Read everybody by rising id, as the list is now; a million take no memory."""
    query = _those(status, within).execution_options(yield_per=_AT_A_TIME)
    with session.execute(query, {"newsletter_id": newsletter_id, "at": at}) as rows:
        yield map(_person, rows)


def one(session: Session, newsletter_id: int, subscriber_id: int, *, at: datetime) -> Listed | None:
    """Return one person; None if they are not on this list."""
    row = session.execute(
        _PEOPLE.where(_ON_LIST, Subscription.subscriber_id == subscriber_id),
        {"newsletter_id": newsletter_id, "at": at},
    ).one_or_none()
    return None if row is None else _person(row)


def counted(
    session: Session,
    newsletter_id: int,
    *,
    at: datetime,
    status: Status | None = None,
    within: sa.ColumnElement[bool] | None = None,
) -> int:
    """Count who stands so, everybody on the list for None; `within` is a condition more."""
    if status is None and within is None:
        return (
            session.scalar(
                sa.select(sa.func.count(Subscription.id)).where(
                    Subscription.newsletter_id == newsletter_id
                )
            )
            or 0
        )
    audience = audiences.counts(session, newsletter_id, at=at, within=within)
    counts = {
        Status.ACTIVE: audience.active,
        Status.PENDING: audience.pending,
        Status.UNSUBSCRIBED: audience.unsubscribed,
        Status.SUPPRESSED: sum(audience.suppressed.values()),
    }
    return sum(counts.values()) if status is None else counts[status]


def stands(status: Status) -> sa.ColumnElement[bool]:
    """Return the condition that somebody stands so; takes `newsletter_id` and `at`."""
    # What an index can find is said beside what judges it.
    is_active = Subscription.state == SubscriptionState.ACTIVE
    if status is Status.SUPPRESSED:
        return sa.and_(
            is_active,
            Subscription.subscriber_id.in_(SUPPRESSED_IDS),
            WHY_NOT.startswith(SkipReason.SUPPRESSED.value),
        )
    if status is Status.ACTIVE:
        good = (SkipReason.PAUSED.value, SkipReason.NOT_SUPPORTED.value)
        return sa.and_(is_active, sa.or_(WHY_NOT.is_(None), WHY_NOT.in_(good)))
    return Subscription.state == SubscriptionState(status.value)


def history(session: Session, subscriber_id: int, newsletter_id: int) -> Sequence[ConsentEvent]:
    """Return what happened to somebody's consent, oldest first."""
    return session.scalars(
        sa.select(ConsentEvent)
        .where(
            ConsentEvent.subscriber_id == subscriber_id,
            ConsentEvent.newsletter_id == newsletter_id,
        )
        # By time: what a merge told again has higher ids.
        .order_by(ConsentEvent.at, ConsentEvent.id)
    ).all()


def _those(
    status: Status | None, within: sa.ColumnElement[bool] | None
) -> sa.Select[*tuple[Any, ...]]:
    query = (
        _PEOPLE.where(_ON_WHOLE_LIST) if status is None else _PEOPLE.where(_ON_LIST, stands(status))
    )
    return query if within is None else query.where(within)


def _person(row: sa.Row[*tuple[Any, ...]]) -> Listed:
    subscriber_id, address, language, since, source, paused_until, why = row
    status, suppressed, skipped = _standing(why)
    return Listed(
        subscriber_id,
        address,
        status,
        language,
        since,
        source,
        suppressed,
        paused_until,
        skipped,
    )


@functools.cache
def _standing(why: str | None) -> tuple[Status, SuppressionReason | None, SkipReason | None]:
    """Return what a word of `WHY_NOT` says; there are a dozen, and a million rows."""
    if why is None:
        return Status.ACTIVE, None, None
    word, _, rest = why.partition(" ")
    reason = SuppressionReason(rest.rpartition(" ")[2]) if rest else None
    known = {status.value for status in Status}
    return Status(word) if word in known else Status.ACTIVE, reason, SkipReason(word)
