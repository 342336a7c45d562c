"""Take an import back, in chunks: what it changed stands again as it stood before.

What people did themselves since then stays: whoever has left, confirmed or come back is left as
they are. Whoever was unknown before the import is deleted, with their consent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import audit, batches, bulk
from subscribers.chunks import Pace
from subscribers.errors import ExplainedError
from subscribers.fates import UNDONE, Fate, judge
from subscribers.models import (
    BatchState,
    ConsentEvent,
    ConsentKind,
    Erasing,
    ImportBatch,
    ImportChange,
    Subscriber,
    Subscription,
    Suppression,
    UtcDateTime,
    state_column,
)
from subscribers.sessions import Sessions

_U = UNDONE.c


@dataclass(slots=True)
class Undone:
    """What undoing an import did, or in a dry run would do."""

    batch: str
    dry_run: bool
    fates: Counter[Fate] = field(default_factory=Counter)


#: What is looked into for every chunk.
_READ = ("import_changes", "subscriptions", "consent_events")


def undo(
    batch_id: str,
    newsletter_id: int,
    *,
    database: Sessions,
    clock: Callable[[], datetime],
    actor: str,
    dry_run: bool = False,
    progress: Callable[[Undone], None] = lambda _undone: None,
) -> Undone:
    """Take back what an import changed; broken off, it goes on when it is run again.

    Raises UsageError: there is no such import; ExplainedError: it is undone already.
    """
    with database.reading() if dry_run else database.writing() as session:
        batch = batches.find(session, newsletter_id, batch_id)
        if batch.state is BatchState.UNDONE:
            raise ExplainedError(
                "The import {batch} is undone already. Nothing was changed.", batch=batch.id
            )
        if not dry_run:
            # An import that is still running stops at this.
            batch.state = BatchState.UNDOING
        undone = Undone(batch.id, dry_run)
    if not dry_run:
        with database.writing() as session:
            # By itself: it takes a while, and holds up nobody.
            bulk.count_anew(session, *_READ)
    after, pace = 0, Pace()
    while True:
        with database.reading() if dry_run else pace.writing(database) as session:
            last, fates = judge(session, undone.batch, newsletter_id, after=after, limit=pace.size)
            if last is not None and not dry_run:
                _act(session, undone.batch, newsletter_id, at=clock(), actor=actor)
        if last is None:
            break
        undone.fates += fates
        after = last
        pace.wrote(fates.total())
        progress(undone)
    _lift_suppressions(database, undone, progress)
    if not dry_run:
        with database.writing() as session:
            batches.find(session, newsletter_id, undone.batch).state = BatchState.UNDONE
            audit.record(
                session,
                at=clock(),
                actor=actor,
                action="import.undone",
                subject=f"batch:{undone.batch}",
                count=undone.fates.total() - undone.fates[Fate.KEPT],
                details={fate.value: n for fate, n in undone.fates.items()},
            )
    return undone


def changes(session: Session, batch: ImportBatch) -> int:
    """Return how many things an import changed that can be taken back."""
    counts = (
        sa.select(sa.func.count()).where(ImportChange.batch_id == batch.id),
        sa.select(sa.func.count()).where(Suppression.batch_id == batch.id),
    )
    return sum(session.scalar(count) or 0 for count in counts)


def _act(session: Session, batch_id: str, newsletter_id: int, *, at: datetime, actor: str) -> None:
    _delete(session)
    _restore(session, batch_id, newsletter_id, at=at, actor=actor)
    session.execute(
        sa.update(Subscriber)
        .where(
            Subscriber.id == _U.subscriber_id,
            _U.fate == Fate.LANGUAGE.value,
            Subscriber.language == _U.language,
        )
        .values(language=_U.previous_language, language_is_stated=_U.previous_language_is_stated)
        .execution_options(synchronize_session=False)
    )
    looked_at = sa.select(_U.subscriber_id)
    session.execute(
        sa.delete(ImportChange)
        .where(ImportChange.batch_id == batch_id, ImportChange.subscriber_id.in_(looked_at))
        .execution_options(synchronize_session=False)
    )


def _delete(session: Session) -> None:
    gone = sa.select(_U.subscriber_id).where(_U.fate == Fate.DELETED.value)
    session.execute(sa.insert(Erasing).from_select(["subscriber_id"], gone))
    session.execute(
        sa.update(Suppression)
        .where(Suppression.subscriber_id.in_(gone))
        .values(subscriber_id=None)
        .execution_options(synchronize_session=False)
    )
    for column in (
        ConsentEvent.subscriber_id,
        Subscription.subscriber_id,
        Subscriber.id,
        Erasing.subscriber_id,
    ):
        session.execute(
            sa.delete(column.class_)
            .where(column.in_(gone))
            .execution_options(synchronize_session=False)
        )


def _restore(
    session: Session, batch_id: str, newsletter_id: int, *, at: datetime, actor: str
) -> None:
    is_restored = _U.fate == Fate.RESTORED.value
    session.execute(
        sa.insert(ConsentEvent).from_select(
            ["subscriber_id", "newsletter_id", "kind", "at", "source", "batch_id", "actor"],
            sa.select(
                _U.subscriber_id,
                sa.literal(newsletter_id),
                sa.literal(ConsentKind.IMPORT_UNDONE, state_column(ConsentKind)),
                sa.literal(at, UtcDateTime),
                sa.literal(f"batch:{batch_id}"),
                sa.literal(batch_id),
                sa.literal(actor),
            ).where(is_restored),
        )
    )
    ours = Subscription.newsletter_id == newsletter_id
    joined_by_import = sa.select(_U.subscriber_id).where(is_restored, _U.previous_state.is_(None))
    session.execute(
        sa.delete(Subscription)
        .where(ours, Subscription.subscriber_id.in_(joined_by_import))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(Subscription)
        .where(
            ours,
            Subscription.subscriber_id == _U.subscriber_id,
            is_restored,
            _U.previous_state.is_not(None),
        )
        .values(
            state=_U.previous_state,
            since=_U.previous_since,
            source=_U.previous_source,
            optin_due_at=_U.previous_optin_due_at,
        )
        .execution_options(synchronize_session=False)
    )


def _lift_suppressions(
    database: Sessions, undone: Undone, progress: Callable[[Undone], None]
) -> None:
    theirs = Suppression.batch_id == undone.batch
    if undone.dry_run:
        with database.reading() as session:
            n = session.scalar(sa.select(sa.func.count(Suppression.id)).where(theirs)) or 0
        undone.fates[Fate.SUPPRESSION] += n
        return
    pace = Pace()
    while True:
        some = sa.select(Suppression.id).where(theirs).order_by(Suppression.id).limit(pace.size)
        with pace.writing(database) as session:
            gone = session.scalars(
                sa.delete(Suppression).where(Suppression.id.in_(some)).returning(Suppression.id)
            ).all()
        if not gone:
            break
        undone.fates[Fate.SUPPRESSION] += len(gone)
        pace.wrote(len(gone))
        progress(undone)
