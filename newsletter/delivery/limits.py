"""How much may be sent: limits that hold in every span of time, shared by all workers.

Each limit has one row in the database. What was taken under it counts until it is a whole span old,
so that no hour, wherever it begins, sees more than the limit of an hour. The rows are locked before
anything else in a turn and written in the commit that puts messages in flight: every process and
machine takes from the same store, a restart forgets nothing, and a crash can only lose what was
taken.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from newsletter.models import SendingLimit
from subscribers.wording import Sentence

#: What was taken within one part of a span counts as taken at the end of that part.
PARTS = 100
#: Room for any number of messages.
ENDLESS = sys.maxsize
#: Seconds somebody waits for room; a limit of an hour leaves some sooner. What takes longer is for
#: another day.
LONGEST_HOLD = 3900.0
#: Seconds until somebody looks again whether others took what was left to them.
GLANCE = 1.0

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


class Rule(Protocol):
    """What may let fewer messages go than a server takes; times in seconds since 1970."""

    @property
    def name(self) -> str:
        """What its row is called; empty if it needs none."""

    @property
    def sentence(self) -> Sentence:
        """What holds somebody back, as part of a sentence."""

    def room(self, taken: Taken, now: float) -> int:
        """Return how many messages may go now; ENDLESS for any number."""

    def room_again_at(self, taken: Taken, now: float) -> float:
        """Return when there is room again; asked when there is none."""

    def after(self, taken: Taken, count: int, now: float) -> Taken:
        """Return what its row holds once so many more are taken."""


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
    def sentence(self) -> Sentence:
        """What holds somebody back."""
        kind, _, name = self.scope.partition(" ")
        message = _SENTENCES[kind, self.span].message
        return Sentence(message, n=f"{self.messages:g}", name=name)

    @property
    def most(self) -> int:
        """How many messages in `seconds`; half a message a second is one in two."""
        return max(1, int(self.messages))

    @property
    def seconds(self) -> float:
        """How long what was taken counts."""
        return self.span.value * self.most / self.messages

    def room(self, taken: Taken, now: float) -> int:
        """Return how many messages may go now."""
        return max(0, self.most - sum(count for _, count in self._counting(taken, now)))

    def room_again_at(self, taken: Taken, now: float) -> float:
        """Return when there is room again."""
        counting = self._counting(taken, now)
        left = sum(count for _, count in counting)
        for until, count in counting:
            left -= count
            # Where the limit was lowered, more than one part has to pass.
            if left < self.most:
                return until
        return now

    def after(self, taken: Taken, count: int, now: float) -> Taken:
        """Return what counts once so many more are taken."""
        part = self.seconds / PARTS
        until = (now // part + 1) * part + self.seconds
        counting = dict(self._counting(taken, now))
        counting[until] = counting.get(until, 0) + count
        return sorted(counting.items())

    def _counting(self, taken: Taken, now: float) -> Taken:
        # What counts for longer than a span was written by a clock that was wrong.
        return [(until, n) for until, n in taken if now < until < now + 2 * self.seconds]


_SENTENCES = {
    ("all", Span.SECOND): Sentence("the limit of {n} messages a second"),
    ("all", Span.HOUR): Sentence("the limit of {n} messages an hour"),
    ("server", Span.SECOND): Sentence(
        "the limit of {n} messages a second for the mail server {name}"
    ),
    ("server", Span.HOUR): Sentence("the limit of {n} messages an hour for the mail server {name}"),
    ("servers", Span.SECOND): Sentence("the limits of all mail servers, {n} messages a second"),
    ("servers", Span.HOUR): Sentence("the limits of all mail servers, {n} messages an hour"),
    ("group", Span.SECOND): Sentence("the limit of {n} messages a second to {name}"),
    ("group", Span.HOUR): Sentence("the limit of {n} messages an hour to {name}"),
}


def of_scope(scope: str, *, per_second: float, per_hour: float) -> tuple[Limit, ...]:
    """Return the limits of one scope; 0 for none."""
    limits = (Limit(scope, Span.SECOND, per_second), Limit(scope, Span.HOUR, per_hour))
    return tuple(limit for limit in limits if limit.messages > 0)


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing goes before this time, and which rule says so."""

    until: datetime
    rule: Rule


class Allowance:
    """What may be taken now under some rules, all of which must agree."""

    def __init__(
        self,
        taken: Mapping[Rule, Taken],
        *,
        now: datetime,
        left: Mapping[Rule, int] | None = None,
    ) -> None:
        """Take what was taken under each rule, as its row says, and what is left to others."""
        self._now = now.timestamp()
        self._taken = taken
        self._left = left or {}

    @property
    def room(self) -> int:
        """How many messages may go now."""
        return min(map(self._room, self._taken), default=ENDLESS)

    @property
    def hold(self) -> Hold | None:
        """Until when nothing may go, by the rule that takes longest; None if something may."""
        holds = [
            Hold(datetime.fromtimestamp(self._room_again_at(rule), UTC), rule)
            for rule in self._taken
            if self._room(rule) < 1
        ]
        return max(holds, key=lambda hold: hold.until, default=None)

    def take(self, count: int) -> dict[Rule, Taken]:
        """Return what is taken under each rule that keeps count, once `count` more are."""
        return {
            rule: rule.after(taken, count, self._now)
            for rule, taken in self._taken.items()
            if rule.name and count
        }

    def _room(self, rule: Rule) -> int:
        return max(0, rule.room(self._taken[rule], self._now) - self._left.get(rule, 0))

    def _room_again_at(self, rule: Rule) -> float:
        taken = self._taken[rule]
        if rule.room(taken, self._now) < 1:
            return rule.room_again_at(taken, self._now)
        return self._now + GLANCE


def allowance(session: Session, rules: Sequence[Rule], *, now: datetime) -> Allowance:
    """Return what may be taken now; nobody else takes meanwhile."""
    return Allowance(locked(session, rules), now=now)


def locked(session: Session, rules: Sequence[Rule]) -> dict[Rule, Taken]:
    """Return what was taken under each rule; nobody else takes before the commit."""
    if not rules:
        return {}
    names = sorted(rule.name for rule in rules if rule.name)
    rows = _rows(session, names, lock=True)
    if len(rows) < len(names):
        _make_rows(session, names)
        rows = _rows(session, names, lock=True)
    return {rule: rows.get(rule.name, []) for rule in rules}


def hold(session: Session, rules: Sequence[Rule], *, now: datetime) -> Hold | None:
    """Return until when nothing may go; None if something may. For looking only."""
    return Allowance(taken(session, rules), now=now).hold


def taken(session: Session, rules: Sequence[Rule]) -> dict[Rule, Taken]:
    """Return what was taken under each rule. For looking only."""
    rows = _rows(session, [rule.name for rule in rules], lock=False)
    return {rule: rows.get(rule.name, []) for rule in rules}


def _rows(session: Session, names: Sequence[str], *, lock: bool) -> dict[str, Taken]:
    # In one order, so that two workers never wait for each other's rows.
    query = sa.select(_LIMITS).where(_LIMITS.c.name.in_(names)).order_by(_LIMITS.c.name)
    rows = session.execute(query.with_for_update() if lock else query)
    return {row.name: [(until, count) for until, count in row.taken] for row in rows}


def _make_rows(session: Session, names: Sequence[str]) -> None:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    missing = dialect.insert(_LIMITS).on_conflict_do_nothing()
    session.execute(missing, [{"name": name, "taken": []} for name in names])


def save(session: Session, taken: Mapping[Rule, Taken]) -> None:
    """Write down what was taken under each rule."""
    if taken:
        rows = [{"its_name": rule.name, "taken": parts} for rule, parts in taken.items()]
        session.connection().execute(_SAVE, rows)
