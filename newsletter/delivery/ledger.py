"""The ledger: one row per recipient. Here is how rows are picked and moved.

The rows are the queue. Whoever moves a row says which state it comes from, and moves the running
counts (`counting`) in the same short transaction. The moves themselves are in `claims`, `flights`,
`holding` and `by_hand`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.errors import StorageError
from newsletter.models import Delivery, DeliveryState, Issue, IssueState
from subscribers import bulk

DELIVERIES = cast(sa.Table, Delivery.__table__)
#: What a row has that nobody holds.
FREE: dict[str, Any] = {"lease_owner": None, "lease_until": None}

#: Rows by id, each with a text, for `run_on`.
GIVEN = bulk.Given("given")
# Built once: building a statement anew takes longer than running it.
_ISSUE_STATE = (
    sa.select(Issue.state)
    .where(Issue.id == sa.bindparam("of_issue", type_=sa.Integer))
    .with_for_update(read=True)
)

#: States in which a delivery may still become a message.
WAITING = (
    DeliveryState.QUEUED,
    DeliveryState.IN_FLIGHT,
    DeliveryState.DEFERRED,
    DeliveryState.PARKED,
)


class LedgerError(StorageError):
    """The running counts and the rows disagree: somebody else wrote to the tables."""


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


def last_subscriber(session: Session, issue_id: int) -> int:
    """Return the highest subscriber who has a row, left from a withdrawal broken off; 0: none."""
    of_issue = DELIVERIES.c.issue_id == issue_id
    return session.scalar(sa.select(sa.func.max(DELIVERIES.c.subscriber_id)).where(of_issue)) or 0


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
