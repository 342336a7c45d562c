"""Whose turn it is: duties are rows with a due time and a lease, so that one worker does each."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.delivery import leases
from newsletter.delivery.threads import read, write
from newsletter.errors import ExplainedError
from newsletter.models import DutyRow
from newsletter.worker.duties import DUTIES, Duty

#: After something went wrong: so long, twice as long after the next time, and so on.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)

#: The duty by which a worker shows that it is alive, and after how long a silence it is not.
HEARTBEAT = "heartbeat"
SILENCE = timedelta(minutes=3)

_DUTIES = cast(sa.Table, DutyRow.__table__)
_log = logging.getLogger("newsletter.worker")


async def do_due(app: App, stop: asyncio.Event, *, duties: Sequence[Duty] = DUTIES) -> None:
    """Do the duties that are due and needed, one after the other; each by one worker only.

    What goes wrong in one is written down, and the others are done all the same.

    Raises BusyError, StorageError: the database does not answer.
    """
    owner = leases.new_owner()
    due = await read(app.database, lambda session: _due(session, duties, now=app.clock()))
    for duty in due:
        if stop.is_set():
            return
        if await asyncio.to_thread(duty.is_needed, app):
            await do(app, duty, owner=owner)


async def do(app: App, duty: Duty, *, owner: str, at_once: bool = False) -> str | None:
    """Do one duty unless another worker is at it, or, without `at_once`, it is not due.

    Returns what it did, or what went wrong; None if it was another's.

    Raises BusyError, StorageError.
    """
    if not await write(
        app.database,
        lambda session: _claim(session, duty, owner=owner, at_once=at_once, now=app.clock()),
    ):
        return None
    renewing = asyncio.create_task(_renew(app, duty, owner))
    failed = False
    try:
        result = str(await asyncio.to_thread(duty.work, app))
    except ExplainedError as error:
        result, failed = error.sentence.in_english(), True
    except Exception as error:
        # Its words may hold an address, so only its kind is kept, and where it arose.
        _log.error("%s", "".join(traceback.format_tb(error.__traceback__)))
        result, failed = type(error).__name__, True
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
    if failed:
        _log.warning("Duty %s went wrong: %s", duty.name, result)
    await write(
        app.database,
        lambda session: _note(session, app, duty, result, owner=owner, failed=failed),
    )
    return result


def is_anybody_at_work(session: Session, *, now: datetime) -> bool:
    """Tell whether a worker has shown itself lately."""
    row = session.get(DutyRow, HEARTBEAT)
    return row is not None and row.done_at is not None and row.done_at > now - SILENCE


def rows(session: Session) -> dict[str, DutyRow]:
    """Return what is known of each duty, by name; those never done have no row."""
    return {row.name: row for row in session.scalars(sa.select(DutyRow))}


def _due(session: Session, duties: Sequence[Duty], *, now: datetime) -> list[Duty]:
    known = rows(session)
    return [duty for duty in duties if duty.name not in known or known[duty.name].due_at <= now]


def _claim(session: Session, duty: Duty, *, owner: str, at_once: bool, now: datetime) -> bool:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(
        dialect.insert(_DUTIES)
        .values(name=duty.name, due_at=now, last_result="", failures=0)
        .on_conflict_do_nothing()
    )
    row = session.get_one(DutyRow, duty.name, with_for_update=True)
    is_held = row.lease_until is not None and row.lease_until > now
    if is_held and not leases.is_dead(row.lease_owner or ""):
        return False
    if row.due_at > now and not at_once:
        return False
    row.lease_owner, row.lease_until = owner, now + leases.LEASE
    return True


def _note(session: Session, app: App, duty: Duty, result: str, *, owner: str, failed: bool) -> None:
    row = session.get_one(DutyRow, duty.name, with_for_update=True)
    if row.lease_owner != owner:
        # Another worker took it over: what it writes counts.
        return
    now = app.clock()
    row.lease_owner = row.lease_until = None
    row.done_at, row.last_result = now, result
    row.failures = row.failures + 1 if failed else 0
    if failed:
        row.due_at = now + min(FIRST_WAIT * 2 ** (row.failures - 1), LONGEST_WAIT)
    else:
        row.due_at = duty.rhythm(now, app.settings.zone)


async def _renew(app: App, duty: Duty, owner: str) -> None:
    while True:
        await asyncio.sleep(leases.LEASE.total_seconds() * leases.RENEWED_AFTER)
        await write(
            app.database,
            lambda session: session.execute(
                sa.update(_DUTIES)
                .where(_DUTIES.c.name == duty.name, _DUTIES.c.lease_owner == owner)
                .values(lease_until=app.clock() + leases.LEASE)
            ),
        )
