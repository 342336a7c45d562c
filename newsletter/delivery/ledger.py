"""The ledger: one row per recipient. Here is how rows are picked, moved and counted.

The rows are the queue; there is no cursor and no counter that is not derived from them. Whoever
moves a row says which state it comes from, and moves the running counts in the same short
transaction, always after the rows, so that two workers never wait for each other in a circle.
The moves themselves are in `claims`, `flights` and `by_hand`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.errors import StorageError
from newsletter.models import Delivery, DeliveryCount, DeliveryState, Issue, IssueState
from subscribers import bulk

Counts = Counter[DeliveryState]

DELIVERIES = cast(sa.Table, Delivery.__table__)
COUNTS = cast(sa.Table, DeliveryCount.__table__)
#: What a row has that nobody holds.
FREE: dict[str, Any] = {"lease_owner": None, "lease_until": None}

_ISSUE, _STATE = (
    sa.bindparam("of_issue", type_=sa.Integer),
    sa.bindparam("in_state", type_=DELIVERIES.c.state.type),
)
#: Rows by id, each with a text, for `run_on`.
GIVEN = bulk.Given("given")
# Built once: building a statement anew takes longer than running it.
_COUNTS = sa.select(COUNTS.c.state, COUNTS.c.count).where(COUNTS.c.issue_id == _ISSUE)
_MOVE_COUNT = (
    sa.update(COUNTS)
    .where(COUNTS.c.issue_id == _ISSUE, COUNTS.c.state == _STATE)
    .values(count=COUNTS.c.count + sa.bindparam("moved", type_=sa.Integer))
)
_ISSUE_STATE = sa.select(Issue.state).where(Issue.id == _ISSUE).with_for_update(read=True)

#: What a session has moved and is to count at the end, in `Session.info`.
_LATER = "newsletter.delivery.ledger.moved"

#: States in which a delivery may still become a message.
WAITING = (
    DeliveryState.QUEUED,
    DeliveryState.IN_FLIGHT,
    DeliveryState.DEFERRED,
    DeliveryState.PARKED,
)


class LedgerError(StorageError):
    """The running counts and the rows disagree: somebody else wrote to the tables."""


def begin_counts(session: Session, issue_id: int) -> None:
    """Make the running counts of an issue, all zero, unless they are there."""
    there = set(session.scalars(sa.select(COUNTS.c.state).where(COUNTS.c.issue_id == issue_id)))
    missing = [state for state in DeliveryState if state not in there]
    if missing:
        session.execute(
            sa.insert(COUNTS),
            [{"issue_id": issue_id, "state": state, "count": 0} for state in missing],
        )


def count_added(session: Session, issue_id: int, number: int) -> None:
    """Count queued deliveries that were added in this transaction."""
    move_counts(session, issue_id, Counter({DeliveryState.QUEUED: number}))


def counts(session: Session, issue_id: int) -> Counts:
    """Return how many deliveries of an issue are in each state, from the running counts."""
    rows = session.connection().execute(_COUNTS, {"of_issue": issue_id})
    return Counter({row[0]: row[1] for row in rows})


def verified_counts(session: Session, issue_id: int) -> Counts:
    """Return the running counts after counting every row and finding that they agree.

    So does the number of the audience, which is kept apart. Raises LedgerError: they do not agree.
    """
    # One statement sees one moment, also on PostgreSQL while others write.
    kept = sa.select(
        COUNTS.c.state, COUNTS.c.count.label("kept"), sa.literal(0).label("counted")
    ).where(COUNTS.c.issue_id == issue_id)
    counted = (
        sa.select(DELIVERIES.c.state, sa.literal(0), sa.func.count())
        .where(DELIVERIES.c.issue_id == issue_id)
        .group_by(DELIVERIES.c.state)
    )
    both = sa.union_all(kept, counted).subquery()
    rows = session.execute(
        sa.select(
            both.c.state,
            sa.func.sum(both.c.kept).label("kept"),
            sa.func.sum(both.c.counted).label("counted"),
            sa.select(Issue.audience)
            .where(Issue.id == issue_id)
            .scalar_subquery()
            .label("audience"),
        ).group_by(both.c.state)
    ).all()
    numbers = sorted((row.state.value, row.kept, row.counted) for row in rows)
    if rows:
        numbers.append(("audience", rows[0].audience, sum(row.counted for row in rows)))
    differences = [
        f"{what} {kept} ≠ {counted}" for what, kept, counted in numbers if kept != counted
    ]
    if differences:
        raise LedgerError(
            "The running counts of an issue do not agree with its deliveries: {differences}. "
            "The issue was not marked as sent. Somebody else wrote to the database; restore a "
            "backup, or report this.",
            differences=", ".join(differences),
        )
    return Counter({row.state: int(row.kept) for row in rows})


def is_due(session: Session, issue_id: int, *, now: datetime) -> bool:
    """Tell whether somebody is to be tried now, or as soon as this clock agrees with the others."""
    of_issue = sa.select(DELIVERIES.c.id).where(DELIVERIES.c.issue_id == issue_id).limit(1)
    state, due_at = DELIVERIES.c.state, DELIVERIES.c.next_attempt_at
    # Two questions, each answered by the index at once.
    return (
        session.scalar(of_issue.where(state == DeliveryState.QUEUED)) is not None
        or session.scalar(of_issue.where(state == DeliveryState.DEFERRED, due_at <= now))
        is not None
    )


def next_due(session: Session, issue_id: int) -> datetime | None:
    """Return when the first of those who were told to come back later is tried again."""
    at: datetime | None = session.scalar(
        sa.select(sa.func.min(DELIVERIES.c.next_attempt_at)).where(
            DELIVERIES.c.issue_id == issue_id, DELIVERIES.c.state == DeliveryState.DEFERRED
        )
    )
    return at


def is_parked(session: Session, issue_id: int) -> bool:
    """Tell whether somebody waits for room in a group of domains."""
    of_issue = sa.select(DELIVERIES.c.id).where(DELIVERIES.c.issue_id == issue_id).limit(1)
    return session.scalar(of_issue.where(DELIVERIES.c.state == DeliveryState.PARKED)) is not None


def parked(session: Session, issue_id: int) -> dict[str, int]:
    """Return how many wait for room, by group of domains."""
    group = DELIVERIES.c.domain_group
    counting = sa.select(group, sa.func.count()).group_by(group)
    of_issue = DELIVERIES.c.issue_id == issue_id
    return {row[0]: row[1] for row in session.execute(counting.where(of_issue, group.is_not(None)))}


def is_sending(session: Session, issue_id: int) -> bool:
    """Tell whether an issue is being sent; nobody pauses it before this transaction is over."""
    state = session.connection().scalar(_ISSUE_STATE, {"of_issue": issue_id})
    return state is IssueState.SENDING


def pick(
    session: Session,
    issue_id: int,
    which: sa.ColumnElement[bool],
    *,
    limit: int | None = None,
    skip_locked: bool = True,
) -> list[sa.Row[Any]]:
    """Return rows, locked, in the order they are served; not those somebody else just moves."""
    return list(
        session.execute(
            sa.select(DELIVERIES)
            .where(DELIVERIES.c.issue_id == issue_id, which)
            .order_by(DELIVERIES.c.next_attempt_at, DELIVERIES.c.id)
            .limit(limit)
            .with_for_update(skip_locked=skip_locked)
        )
    )


def update(
    session: Session,
    ids: Sequence[int],
    *,
    come_from: Iterable[DeliveryState],
    **values: Any,
) -> None:
    """Change rows that are in one of these states; all of them, or it is a fault."""
    statement = (
        sa.update(DELIVERIES)
        .where(DELIVERIES.c.id.in_(GIVEN.ids), DELIVERIES.c.state.in_(list(come_from)))
        .values(values)
    )
    run_on(session, statement, dict.fromkeys(ids, ""))


def run_on(
    session: Session,
    statement: sa.Update,
    rows: Mapping[int, str],
    parameters: Mapping[str, Any] | None = None,
) -> None:
    """Run a statement that changes the rows in `GIVEN`; all of them, or it is a fault."""
    if rows:
        _expect(len(rows), run_on_some(session, statement, rows, parameters or {}))


def run_on_some(
    session: Session, statement: sa.Update, rows: Mapping[int, str], parameters: Mapping[str, Any]
) -> int:
    """Run a statement that changes those rows in `GIVEN` it holds for; return how many."""
    given = {GIVEN.name: bulk.of(rows), **parameters}
    return session.connection().execute(statement, given).rowcount


def update_each(session: Session, statement: sa.Update, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a statement that changes one row, once for each of `rows`; all of them, or a fault."""
    if rows:
        _expect(len(rows), session.connection().execute(statement, rows).rowcount)


def _expect(number: int, changed: int) -> None:
    if changed != number:
        raise LedgerError(
            "{n} deliveries were not in the state they should have been in. Nothing was changed. "
            "Run the same command again; if it says so again, report this.",
            n=number - changed,
        )


@contextmanager
def counting_at_the_end(session: Session, issue_id: int) -> Iterator[None]:
    """Let all that is moved meanwhile be counted together, after the last row is locked."""
    moved = session.info[_LATER] = Counts()
    try:
        yield
    finally:
        del session.info[_LATER]
    move_counts(session, issue_id, moved)


def move_counts(session: Session, issue_id: int, moved: Counts) -> None:
    """Add to the running counts; negative numbers take away."""
    if (later := session.info.get(_LATER)) is not None:
        later.update(moved)
        return
    rows = [
        {"of_issue": issue_id, "in_state": state, "moved": number}
        # In one order, so that two workers never wait for each other's rows.
        for state, number in sorted(moved.items(), key=lambda item: item[0].value)
        if number
    ]
    if rows and session.connection().execute(_MOVE_COUNT, rows).rowcount != len(rows):
        raise LedgerError(
            "The running counts of the deliveries of an issue are not complete. Nothing was "
            "changed. Restore a backup, or report this."
        )


def follow_merge(session: Session, kept_id: int, given_up_id: int) -> None:
    """Let what one of two people got be what the other got; what still waits is left to be skipped.

    Issues that both were sent stay with each, and so do those whose audience is being frozen.
    """
    theirs = sa.select(Delivery.issue_id).where(Delivery.subscriber_id == kept_id)
    frozen = sa.select(Issue.id).where(Issue.audience_frozen_at.is_not(None))
    session.execute(
        sa.update(Delivery)
        .where(
            Delivery.subscriber_id == given_up_id,
            Delivery.state.not_in(WAITING),
            Delivery.issue_id.in_(frozen),
            Delivery.issue_id.not_in(theirs),
        )
        .values(subscriber_id=kept_id)
        .execution_options(synchronize_session=False)
    )
