"""Keep the candidates of one sheet aside until the whole sheet is read, sorted by their key.

They lie in temporary tables of one connection, which end with it, whatever ends it: a list of a
million takes no memory, and no copy of it stays anywhere. Nobody waits for what is written there.
Sorted, they are also written to the list several times as fast, for an index grows at one end only.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import bulk
from subscribers.adding import Candidate
from subscribers.models import UtcDateTime
from subscribers.sessions import OneConnection
from subscribers.tokens import Keys


def columns() -> list[sa.Column[object]]:
    """Return what is known of a candidate from the sheet alone, as columns of a table."""
    return [
        sa.Column("address_key", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("domain", sa.Text),
        sa.Column("needs_smtputf8", sa.Boolean),
        sa.Column("language", sa.Text),
        sa.Column("language_is_stated", sa.Boolean),
        sa.Column("consented_on", sa.Date),
        sa.Column("address_hash", sa.LargeBinary),
        sa.Column("optin_due_at", UtcDateTime),
    ]


COLUMNS = tuple(column.name for column in columns())
# By their place in the sheet.
_ARRIVED = sa.Table(
    "arrived",
    sa.MetaData(),
    *columns(),
    sa.Column("place", sa.Integer),
    prefixes=["TEMPORARY"],
)
#: Everybody once, the first in the sheet; the database gives the places, without gaps, from 1.
STAGED = sa.Table(
    "staged",
    sa.MetaData(),
    sa.Column("place", sa.Integer, primary_key=True),
    *columns(),
    prefixes=["TEMPORARY"],
)


class Staging:
    """The staged candidates of one sheet."""

    def __init__(
        self, database: OneConnection, *, keys: Keys, optins: Iterator[datetime | None]
    ) -> None:
        """Begin with nobody; `optins` are when to ask those to confirm who need to."""
        #: How many stand further up in the same sheet; known once they are sorted.
        self.duplicates = 0
        #: How many are left: the last place.
        self.count = 0
        self._database = database
        self._keys = keys
        self._optins = optins

    def fill(self, candidates: Iterable[Candidate]) -> None:
        """Stage everybody, then put them in the order of their keys, once each."""
        with self._database.aside() as session:
            for table in (_ARRIVED, STAGED):
                session.execute(sa.schema.CreateTable(table))
            places = itertools.count(1)
            _insert(session, map(self._row, candidates, places))
            self._sort(session)
            self.count = session.scalar(sa.select(sa.func.max(STAGED.c.place))) or 0
        self.duplicates = next(places) - 1 - self.count

    def _row(self, candidate: Candidate, place: int) -> tuple[Any, ...]:
        address, day = candidate.address, candidate.consented_on
        return (
            address.key,
            address.written,
            address.domain,
            address.needs_smtputf8,
            candidate.language,
            candidate.language_is_stated,
            day and day.isoformat(),
            self._keys.address_hash(address.key),
            # Whoever says when they said yes need not be asked.
            None if day else next(self._optins),
            place,
        )

    def _sort(self, session: Session) -> None:
        before = sa.func.lag(_ARRIVED.c.address_key).over(
            order_by=[_ARRIVED.c.address_key, _ARRIVED.c.place]
        )
        arrived = sa.select(_ARRIVED, before.label("before")).subquery()
        session.execute(
            # In the order in which the window had to put them: of whom it were another, the
            # import would be slower, and nothing else.
            sa.insert(STAGED).from_select(
                COLUMNS,
                sa.select(*(arrived.c[name] for name in COLUMNS)).where(
                    arrived.c.before.is_distinct_from(arrived.c.address_key)
                ),
            )
        )
        session.execute(sa.schema.DropTable(_ARRIVED))
        bulk.count_anew(session, STAGED.name)


def _insert(session: Session, rows: Iterator[tuple[Any, ...]]) -> None:
    # By hand, since SQLAlchemy would take as long for it as all the rest takes. The database takes
    # each row while the next is read.
    connection = session.connection()
    cursor: Any = connection.connection.cursor()
    names = ", ".join(_ARRIVED.columns.keys())
    if connection.dialect.name == "postgresql":
        with cursor.copy(f"COPY arrived ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join("?" * len(_ARRIVED.columns))
    written = UtcDateTime().bind_processor(connection.dialect) or str
    cursor.executemany(
        f"INSERT INTO arrived ({names}) VALUES ({places})",  # noqa: S608 - our own names
        ((*known, due and written(due), place) for *known, due, place in rows),
    )
