"""The database: SQLite or PostgreSQL, opened for reading or for writing, upgraded under a lock.

Reads never take SQLite's write lock (plain BEGIN); writes take it at once (BEGIN IMMEDIATE), since
a transaction that reads first and then writes would silently lose updates. No write transaction
should last over 250 ms.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter import sqlite
from newsletter.errors import SettingsError, StorageError

#: Guards migrations on PostgreSQL; any constant that nothing else uses.
MIGRATION_LOCK = 7_120_217
_MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """One database; safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Open `url`; a SQLite file is made on first use, readable by its owner alone.

        Raises SettingsError: not the URL of a SQLite or PostgreSQL database.
        """
        try:
            self.url = sa.make_url(url)
        except sa.exc.ArgumentError:
            raise SettingsError(
                "The setting database_url is not an address of a database. Nothing was done. "
                "Write it like sqlite:///newsletter.db or postgresql://user@host/name."
            ) from None
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._engine = sqlite.engine(self.url)
        elif self.url.get_backend_name() == "postgresql":
            self._engine = sa.create_engine(
                self.url.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                # Its default is for discs with arms, and makes it read whole tables.
                connect_args={"options": "-c random_page_cost=1.1"},
            )
        else:
            raise SettingsError(
                "The setting database_url names {name}, which is not supported. Nothing was done. "
                "Use SQLite or PostgreSQL.",
                name=self.url.get_backend_name(),
            )
        self._writer = self._engine.execution_options(writes=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads; nothing it does is kept."""
        with _explained(), Session(self._engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that writes: committed at the end, rolled back on any error.

        Raises BusyError: another process held the database too long; StorageError: disk full,
        read-only, gone.
        """
        with _explained(), Session(self._writer, expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def on_one_connection(self) -> Iterator[OneConnection]:
        """Give sessions that share a connection, and with it what stands in temporary tables.

        It is closed at the end, and nothing of those tables is left. Raises as `writing` does.
        """
        with _explained(), self._engine.connect() as connection:
            if not self.is_sqlite:
                # A plan kept from when a table was short would read it whole when it is long.
                connection.connection.driver_connection.prepare_threshold = None  # type: ignore[union-attr]
            connection.detach()
            yield OneConnection(connection)

    def is_current(self) -> bool:
        """Tell whether the tables have the form this version needs.

        Raises BusyError, StorageError: the database does not answer.
        """
        with _explained(), self._engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return False
            revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return bool(revision == newest_revision())

    def upgrade(self) -> None:
        """Bring the tables to the newest form; one process does it, the others wait."""
        with _explained():
            if self.is_sqlite:
                sqlite.make_private(self.url.database)
            if self.is_current():
                return
            # A quarter of a second to import, and needed once in a database's life.
            import alembic.command
            import alembic.config

            config = alembic.config.Config()
            config.set_main_option("script_location", str(_MIGRATIONS))
            with self._writer.connect() as connection, connection.begin():
                if not self.is_sqlite:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
                config.attributes["connection"] = connection
                alembic.command.upgrade(config, "head")

    def learn_sizes(self, tables: Iterable[sa.Table]) -> None:
        """Let PostgreSQL see how tables are that have just grown; it would within minutes.

        Until then it takes them for small, and reads whole ones to find a few rows. Only columns
        with an index are looked at. Raises BusyError, StorageError.
        """
        if self.is_sqlite:
            return
        with _explained(), self._writer.begin() as connection:
            for table in tables:
                names = ", ".join(_indexed(table))
                connection.execute(sa.text(f"ANALYZE {table.name} ({names})"))

    def scrub(self) -> bool:
        """See to it that nothing deleted can still be read in the database's own files.

        False where we cannot: PostgreSQL overwrites what is dead when it vacuums, and a reader that
        is at work keeps SQLite's journal. Raises BusyError, StorageError.
        """
        if not self.is_sqlite:
            return False
        with _explained(), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None  # noqa: S101 - it is connected
            [(is_blocked, *_)] = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return not is_blocked

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


class OneConnection:
    """Sessions of one connection, one after the other."""

    def __init__(self, connection: sa.Connection) -> None:
        """Take a connection that is closed after the last session."""
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads; see `Database.reading`."""
        with self._session(writes=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that writes; see `Database.writing`."""
        with self._session(writes=True) as session:
            yield session
            session.commit()

    @contextmanager
    def aside(self) -> Iterator[Session]:
        """Open a session that writes to temporary tables alone: SQLite's lock is not taken.

        Raises StorageError: there is no room for them.
        """
        # Whoever writes past SQLAlchemy gets the driver's own.
        drivers_own = self._connection.dialect.loaded_dbapi.OperationalError
        try:
            with self._session(writes=False) as session:
                yield session
                session.commit()
        except (sa.exc.OperationalError, drivers_own) as error:
            raise StorageError(
                "There was no room for temporary files ({cause}). Nothing was changed. "
                "Free some space, or set TMPDIR to a roomier folder, and run it again.",
                cause=str(getattr(error, "orig", error)),
            ) from error

    @contextmanager
    def _session(self, *, writes: bool) -> Iterator[Session]:
        self._connection.execution_options(writes=writes)
        with Session(self._connection, expire_on_commit=False) as session:
            yield session


def need_not_be_on_disk(session: Session) -> None:
    """Let PostgreSQL answer this transaction's commit before it is on the disk.

    A crash of the database may lose it, whole, with all that came later. Once any other commit is
    on the disk, so is this one.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL synchronous_commit TO off"))


def newest_revision() -> str:
    """Return the revision this version needs; the files are numbered in their order."""
    return max(file.name for file in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _indexed(table: sa.Table) -> list[str]:
    names = {column.name for index in table.indexes for column in index.columns}
    for constraint in table.constraints:
        if isinstance(constraint, sa.PrimaryKeyConstraint | sa.UniqueConstraint):
            names.update(constraint.columns.keys())
    return sorted(names)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except (sa.exc.DatabaseError, sqlite3.DatabaseError) as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if "locked" in cause:
            raise sqlite.busy() from error
        raise StorageError(
            "The database did not do as asked: {cause}. What was not finished was undone. "
            "Check free disk space, permissions and the setting database_url, then try again.",
            cause=cause,
        ) from error
