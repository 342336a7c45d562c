"""SQLite as we use it: many readers, one writer that has its lock from the start."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import cast

import sqlalchemy as sa

from newsletter.errors import BusyError, StorageError

#: How long a write waits for another one, seconds.
LOCK_TIMEOUT = 30
#: How often a write that waits looks whether SQLite's lock is free, seconds. SQLite itself looks
#: more and more seldom, at last ten times a second, and may so miss every gap between two others.
_LOOKS_EVERY = 0.005


def engine(url: sa.URL) -> sa.Engine:
    """Return an engine whose transactions read, unless its option `writes` says otherwise."""
    made = sa.create_engine(url, connect_args={"timeout": LOCK_TIMEOUT, "check_same_thread": False})
    sa.event.listen(made, "connect", _prepare)
    sa.event.listen(made, "begin", _begin)
    return made


def make_private(path: str | None) -> None:
    """Make the file of a new database, readable by its owner alone.

    Raises StorageError: it cannot be made.
    """
    if path and path != ":memory:" and not Path(path).exists():
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).touch(mode=0o600)
        except OSError as error:
            raise StorageError(
                "The database file {path} cannot be made ({cause}). Nothing was done. "
                "Check the folder's permissions and free space.",
                path=path,
                cause=error.strerror,
            ) from error


def busy() -> BusyError:
    """Return the error that says that somebody else writes for too long."""
    return BusyError(
        "Another process is writing to the database and did not finish in {n} seconds. "
        "Nothing was changed. Try again in a moment.",
        n=LOCK_TIMEOUT,
    )


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would open transactions of its own, too late and of the wrong kind.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    # A commit is on the disk when it returns: an unsubscription answered with 200 stays.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # KiB. In the default of 2,000 the indexes of a long list are read again for each chunk of it.
    connection.execute("PRAGMA cache_size = -16000")
    # What is deleted is overwritten, not only forgotten.
    connection.execute("PRAGMA secure_delete = ON")


def _begin(connection: sa.Connection) -> None:
    raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    if connection.get_execution_options().get("writes", False):
        _begin_writing(raw)
    else:
        raw.execute("BEGIN")


def _begin_writing(connection: sqlite3.Connection) -> None:
    """Take the write lock, or wait for it.

    Raises BusyError: it was not free for too long; sqlite3.DatabaseError.
    """
    gives_up_at = time.monotonic() + LOCK_TIMEOUT
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                if time.monotonic() > gives_up_at:
                    raise busy() from error
                time.sleep(_LOOKS_EVERY)
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000}")
