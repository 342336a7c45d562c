"""Segments: named parts of a list, kept as the condition they are described with.

A condition becomes SQL here and nowhere else, every value as a parameter. A segment can only make
an audience smaller: who may be mailed is still what `recipients` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import addresses, audiences, audit, expressions, listing
from subscribers.audiences import Audience
from subscribers.conditions import All, AnyOf, Comparison, Condition
from subscribers.errors import AddressError, ExplainedError, UsageError
from subscribers.listing import Status
from subscribers.models import Segment, Subscriber, Subscription

_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Description:
    """A segment as an issue remembers it, whatever becomes of the segment."""

    name: str
    #: As it was typed.
    condition: str
    #: IANA zone in which its dates are days.
    zone: str

    def clause(self) -> sa.ColumnElement[bool]:
        """Return the condition for queries over subscribers and their subscriptions."""
        return _clause(expressions.read(self.condition), ZoneInfo(self.zone))

    def to_json(self) -> dict[str, str]:
        """Return it as a column holds it."""
        return {"name": self.name, "condition": self.condition, "zone": self.zone}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Description | None:
        """Return it from a column; None where there is none."""
        return None if stored is None else cls(**stored)


def describe(segment: Segment, zone: ZoneInfo) -> Description:
    """Return a segment as it stands now, its dates days in a zone."""
    return Description(segment.name, segment.condition, zone.key)


def within(stored: Mapping[str, Any] | None) -> sa.ColumnElement[bool] | None:
    """Return the condition of what an issue remembers; None: it goes to everybody."""
    described = Description.from_json(stored)
    return None if described is None else described.clause()


def create(
    session: Session,
    newsletter_id: int,
    name: str,
    condition: str,
    *,
    at: datetime,
    actor: str,
) -> Segment:
    """Keep a condition under a name.

    Raises UsageError: the name says nothing or is taken; ConditionError: it cannot be read.
    """
    expressions.read(condition)
    name = name.strip()
    if not name.isprintable() or not 0 < len(name) <= _LONGEST_NAME:
        raise UsageError(
            "A segment needs a name of at most {n} characters that can be shown. Nothing was done.",
            n=_LONGEST_NAME,
        )
    if _named(session, newsletter_id, name) is not None:
        raise UsageError(
            "There is a segment “{name}” already. Nothing was changed. Choose another name, or "
            "delete that one first: subscribers segment delete",
            name=name,
        )
    segment = Segment(
        newsletter_id=newsletter_id, name=name, condition=condition.strip(), created_at=at
    )
    session.add(segment)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=actor,
        action="segment.created",
        subject=f"segment:{segment.id}",
        details={"condition": segment.condition},
    )
    return segment


def find(session: Session, newsletter_id: int, name: str) -> Segment:
    """Return the segment of a name.

    Raises ExplainedError: there is none.
    """
    segment = _named(session, newsletter_id, name.strip())
    if segment is None:
        raise ExplainedError(
            "There is no segment “{name}”. Nothing was done. "
            "See them all: subscribers segment list",
            name=name.strip(),
        )
    return segment


def every(session: Session, newsletter_id: int) -> Sequence[Segment]:
    """Return the segments of a newsletter by name."""
    return session.scalars(
        sa.select(Segment).where(Segment.newsletter_id == newsletter_id).order_by(Segment.name)
    ).all()


def delete(session: Session, newsletter_id: int, name: str, *, at: datetime, actor: str) -> None:
    """Forget a segment; nobody leaves the list, and issues remember whom they were for.

    Raises ExplainedError: there is none of that name.
    """
    segment = find(session, newsletter_id, name)
    session.delete(segment)
    session.flush()
    audit.record(
        session, at=at, actor=actor, action="segment.deleted", subject=f"segment:{segment.id}"
    )


def counts(
    session: Session, newsletter_id: int, description: Description, *, at: datetime
) -> Audience:
    """Count who is in it, by whether, or why not, they may be mailed at `at`."""
    return audiences.counts(session, newsletter_id, at=at, within=description.clause())


def _named(session: Session, newsletter_id: int, name: str) -> Segment | None:
    return session.scalar(
        sa.select(Segment).where(Segment.newsletter_id == newsletter_id, Segment.name == name)
    )


def _clause(condition: Condition, zone: ZoneInfo) -> sa.ColumnElement[bool]:
    if isinstance(condition, Comparison):
        return _compared(condition, zone)
    if isinstance(condition, All):
        return sa.and_(*(_clause(part, zone) for part in condition.conditions))
    if isinstance(condition, AnyOf):
        return sa.or_(*(_clause(part, zone) for part in condition.conditions))
    return sa.not_(_clause(condition.condition, zone))


def _compared(comparison: Comparison, zone: ZoneInfo) -> sa.ColumnElement[bool]:
    if isinstance(comparison.value, date):
        return _dated(comparison.operator, comparison.value, zone)
    if comparison.operator == "!=":
        return sa.not_(_texts(comparison.field, "=", comparison.value))
    return _texts(comparison.field, comparison.operator, comparison.value)


def _texts(field: str, operator: str, value: str) -> sa.ColumnElement[bool]:
    if field == "status":
        return listing.stands(Status(value))
    column, wanted = {
        "address": (Subscriber.address_key, addresses.folded(value)),
        "domain": (Subscriber.domain, value.lower()),
        "source": (Subscription.source, value),
        "language": (Subscriber.language, value),
    }[field]
    if operator == "=":
        return column == _normalised(field, wanted)
    # Not LIKE, for which upper and lower case are the same on one database only.
    length = sa.func.length(column)
    if operator == "contains":
        return sa.func.replace(column, wanted, "") != column
    if operator == "startswith":
        return sa.func.substr(column, 1, len(wanted)) == wanted
    return sa.and_(
        length >= len(wanted), sa.func.substr(column, length - len(wanted) + 1) == wanted
    )


def _normalised(field: str, value: str) -> str:
    """Return a whole address or domain as it is matched; other text as it is."""
    try:
        if field == "address":
            return addresses.read(value).key
        if field == "domain":
            return addresses.read_domain(value)
    except AddressError:
        pass
    return value


def _dated(operator: str, day: date, zone: ZoneInfo) -> sa.ColumnElement[bool]:
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    since = Subscription.since
    return {
        "=": sa.and_(since >= begins, since < ends),
        "!=": sa.or_(since < begins, since >= ends),
        "<": since < begins,
        "<=": since < ends,
        ">": since >= ends,
        ">=": since >= begins,
    }[operator]
