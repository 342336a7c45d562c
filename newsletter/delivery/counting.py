"""The running counts: how many deliveries of an issue are in each state.

Whoever moves rows moves the counts in the same transaction, always after the rows, so that two
workers never wait for each other in a circle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery.ledger import DELIVERIES, LedgerError
from newsletter.models import DeliveryCount, DeliveryState, Issue

Counts = Counter[DeliveryState]

COUNTS = cast(sa.Table, DeliveryCount.__table__)

_ISSUE, _STATE = (
    sa.bindparam("of_issue", type_=sa.Integer),
    sa.bindparam("in_state", type_=COUNTS.c.state.type),
)
# Built once: building a statement anew takes longer than running it.
_COUNTS = sa.select(COUNTS.c.state, COUNTS.c.count).where(COUNTS.c.issue_id == _ISSUE)
_MOVE_COUNT = (
    sa.update(COUNTS)
    .where(COUNTS.c.issue_id == _ISSUE, COUNTS.c.state == _STATE)
    .values(count=COUNTS.c.count + sa.bindparam("moved", type_=sa.Integer))
)
#: What a session has moved and is to count at the end, in `Session.info`.
_LATER = "newsletter.delivery.counting.moved"


def begin(session: Session, issue_id: int) -> None:
    """Make the running counts of an issue, all zero, unless they are there."""
    there = set(session.scalars(sa.select(COUNTS.c.state).where(COUNTS.c.issue_id == issue_id)))
    missing = [state for state in DeliveryState if state not in there]
    if missing:
        session.execute(
            sa.insert(COUNTS),
            [{"issue_id": issue_id, "state": state, "count": 0} for state in missing],
        )


def add(session: Session, issue_id: int, number: int) -> None:
    """Count queued deliveries that were added in this transaction."""
    move(session, issue_id, Counter({DeliveryState.QUEUED: number}))


def of(session: Session, issue_id: int) -> Counts:
    """Return how many deliveries of an issue are in each state, from the running counts."""
    rows = session.connection().execute(_COUNTS, {"of_issue": issue_id})
    return Counter({row[0]: row[1] for row in rows})


def verified(session: Session, issue_id: int) -> Counts:
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


@contextmanager
def at_the_end(session: Session, issue_id: int) -> Iterator[None]:
    """Let all that is moved meanwhile be counted together, after the last row is locked."""
    moved = session.info[_LATER] = Counts()
    try:
        yield
    finally:
        del session.info[_LATER]
    move(session, issue_id, moved)


def move(session: Session, issue_id: int, moved: Counts) -> None:
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
