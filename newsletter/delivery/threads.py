"""Use the database from async code: each unit of work in a thread, and never left half-way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from newsletter.database import Database

Result = TypeVar("Result")


async def write(database: Database, work: Callable[[Session], Result]) -> Result:
    """Do `work` in one transaction of its own.

    A cancelled caller waits until it is committed: what happened to a message must be written
    down whatever else ends.
    """

    def in_transaction() -> Result:
        with database.writing() as session:
            return work(session)

    task = asyncio.ensure_future(asyncio.to_thread(in_transaction))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def read(database: Database, work: Callable[[Session], Result]) -> Result:
    """Do `work` in a session that only reads."""

    def in_session() -> Result:
        with database.reading() as session:
            return work(session)

    return await asyncio.to_thread(in_session)
