"""How much may be sent: limits that hold in every span of time, shared by all workers.

Each limit has one row in the database. What was taken under it counts until it is a whole span old,
so that no hour, wherever it begins, sees more than the limit of an hour. The rows are locked before
anything else in a turn and written in the commit that puts messages in flight: every process and
machine takes from the same store, a restart forgets nothing, and a crash can only lose what was
taken.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from newsletter.models import SendingLimit

#: What was taken within one part of a span counts as taken at the end of that part.
PARTS = 100

_LIMITS = cast(sa.Table, SendingLimit.__table__)
_SAVE = (
    sa.update(_LIMITS)
    .where(_LIMITS.c.name == sa.bindparam("its_name"))
    .values(taken=sa.bindparam("taken"))
)
#: What was taken and still counts: until when, in seconds since 1970, and how many.
Taken = list[tuple[float, int]]


class Span(enum.Enum):
    """The time a limit is about, in seconds."""

    SECOND = 1
    HOUR = 3600


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many messages in every span of time.

    >>> Limit("all", Span.HOUR, 500).name
    'all per hour'
    """

    #: What it holds for: "all", or the server or the group of domains it is named for.
    scope: str
    span: Span
    messages: float

    @property
    def name(self) -> str:
        """What its row is called."""
        return f"{self.scope} per {self.span.name.lower()}"

    @property
    def most(self) -> int:
        """How many messages in `seconds`; half a message a second is one in two."""
        return max(1, int(self.messages))

    @property
    def seconds(self) -> float:
        """How long what was taken counts."""
        return self.span.value * self.most / self.messages


def of_scope(scope: str, *, per_second: float, per_hour: float) -> tuple[Limit, ...]:
    """Return the limits of one scope; 0 for none."""
    limits = (Limit(scope, Span.SECOND, per_second), Limit(scope, Span.HOUR, per_hour))
    return tuple(limit for limit in limits if limit.messages > 0)


class Allowance:
    """What may be taken under some limits, all of which must agree."""

    def __init__(self, taken: dict[Limit, Taken], *, now: datetime) -> None:
        """Take what was taken under each limit, as its row says."""
        self._now = now.timestamp()
        self._taken = {limit: self._counting(limit, rows) for limit, rows in taken.items()}

    @property
    def room(self) -> int:
        """How many messages may go now."""
        return min(self._room(limit) for limit in self._taken)

    @property
    def room_again_at(self) -> datetime | None:
        """When the next message may go; None if one may go now."""
        waits = [self._free_at(limit) for limit in self._taken if self._room(limit) == 0]
        return datetime.fromtimestamp(max(waits), UTC) if waits else None

    def take(self, count: int) -> dict[Limit, Taken]:
        """Return what was taken under each limit once `count` more are."""
        return {limit: self._with(limit, count) for limit in self._taken} if count else {}

    def _counting(self, limit: Limit, rows: Taken) -> Taken:
        # What counts for longer than a span was written by a clock that was wrong.
        latest = self._now + 2 * limit.seconds
        return [(until, count) for until, count in rows if self._now < until < latest]

    def _room(self, limit: Limit) -> int:
        return max(0, limit.most - sum(count for _, count in self._taken[limit]))

    def _free_at(self, limit: Limit) -> float:
        # Where the limit was lowered, more than one part has to pass.
        left = sum(count for _, count in self._taken[limit])
        for until, count in self._taken[limit]:
            left -= count
            if left < limit.most:
                return until
        return self._now

    def _with(self, limit: Limit, count: int) -> Taken:
        part = limit.seconds / PARTS
        until = (self._now // part + 1) * part + limit.seconds
        taken = dict(self._taken[limit])
        taken[until] = taken.get(until, 0) + count
        return sorted(taken.items())


def allowance(session: Session, limits: Sequence[Limit], *, now: datetime) -> Allowance | None:
    """Return what may be taken now, None if nothing limits it; nobody else takes meanwhile."""
    if not limits:
        return None
    names = [limit.name for limit in limits]
    rows = session.execute(
        sa.select(_LIMITS.c.name, _LIMITS.c.taken)
        .where(_LIMITS.c.name.in_(names))
        # In one order, so that two workers never wait for each other's rows.
        .order_by(_LIMITS.c.name)
        .with_for_update()
    ).all()
    if len(rows) < len(limits):
        _make_rows(session, names)
        return allowance(session, limits, now=now)
    taken = {row.name: [(until, count) for until, count in row.taken] for row in rows}
    return Allowance({limit: taken[limit.name] for limit in limits}, now=now)


def _make_rows(session: Session, names: Sequence[str]) -> None:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    missing = dialect.insert(_LIMITS).on_conflict_do_nothing()
    session.execute(missing, [{"name": name, "taken": []} for name in sorted(names)])


def save(session: Session, taken: dict[Limit, Taken]) -> None:
    """Write down what was taken under each limit."""
    if taken:
        rows = [{"its_name": limit.name, "taken": parts} for limit, parts in taken.items()]
        session.connection().execute(_SAVE, rows)
