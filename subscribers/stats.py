"""Count a newsletter's list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import audiences
from subscribers.models import ConsentEvent, ConsentKind, Suppression
from subscribers.suppression import holds_for


@dataclass(frozen=True, slots=True)
class Stats:
    """How many stand where; each subscriber counts once in the first four."""

    #: On the list in good standing; `paused` and `not_supported` are among them.
    active: int
    pending: int
    unsubscribed: int
    #: On the list, but their address or its domain is suppressed.
    suppressed: int
    #: Get no issue for a while, by their own wish.
    paused: int
    #: Have an address that needs SMTPUTF8.
    not_supported: int
    #: Addresses and domains on the suppression list, also of people who are not on this list.
    suppression_list: int


def of(session: Session, newsletter_id: int, *, at: datetime) -> Stats:
    """Count the list of a newsletter as it stands at `at`."""
    audience = audiences.counts(session, newsletter_id, at=at)
    on_list = sa.select(sa.func.count(Suppression.id)).where(holds_for(newsletter_id))
    return Stats(
        active=audience.active,
        pending=audience.pending,
        unsubscribed=audience.unsubscribed,
        suppressed=sum(audience.suppressed.values()),
        paused=audience.paused,
        not_supported=audience.not_supported,
        suppression_list=session.scalar(on_list) or 0,
    )


@dataclass(frozen=True, slots=True)
class Growth:
    """How many came onto a list in good standing, and how many left it."""

    joined: int
    left: int


#: What brings somebody onto a list, and what takes them off.
_JOINED = (
    ConsentKind.ADDED,
    ConsentKind.IMPORTED,
    ConsentKind.CONFIRMED,
    ConsentKind.RESTORED,
)


def growth(session: Session, newsletter_id: int, *, since: datetime, until: datetime) -> Growth:
    """Count who came and who left between two moments, by the ledger of consent.

    Whoever has been erased, or came with an import that was undone, is not in it any more.
    """
    # Two counts take half as long as one that has to group the kinds.
    joined, left = (
        sa.select(sa.func.count())
        .where(
            ConsentEvent.newsletter_id == newsletter_id,
            ConsentEvent.kind.in_(kinds),
            ConsentEvent.at >= since,
            ConsentEvent.at < until,
        )
        .scalar_subquery()
        for kinds in (_JOINED, (ConsentKind.WITHDRAWN,))
    )
    return Growth(*session.execute(sa.select(joined, left)).one())


def growth_by_month(
    session: Session, newsletter_id: int, *, months: int, at: datetime, zone: ZoneInfo
) -> dict[date, Growth]:
    """Count the last months, each by its first day; those before anybody came are left out."""
    now = at.astimezone(zone)
    number = now.year * 12 + now.month - 1
    found: dict[date, Growth] = {}
    for month in range(number - months + 1, number + 1):
        since, until = _first(month, zone), _first(month + 1, zone)
        counted = growth(session, newsletter_id, since=since, until=until)
        if found or counted.joined or counted.left:
            found[since.date()] = counted
    return found


def _first(month: int, zone: ZoneInfo) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=zone)


def sources(
    session: Session, newsletter_id: int, *, since: datetime, limit: int
) -> Mapping[str, int]:
    """Count who came since a moment by how, the most frequent first; as `growth`."""
    count = sa.func.count()
    rows = session.execute(
        sa.select(ConsentEvent.source, count)
        .where(
            ConsentEvent.newsletter_id == newsletter_id,
            ConsentEvent.at >= since,
            ConsentEvent.kind.in_(_JOINED),
        )
        .group_by(ConsentEvent.source)
        .order_by(count.desc(), ConsentEvent.source)
        .limit(limit)
    )
    return dict(rows.all())
