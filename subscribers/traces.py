"""Look for what is left of a person in every column of every table, whatever they are called.

It asks the database what there is, not the models: a table that somebody adds is looked through
without anybody having to think of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers.addresses import Address
from subscribers.models import Suppression


@dataclass(frozen=True, slots=True)
class Trace:
    """A column in which an address, or its keyed hash, still stands."""

    table: str
    column: str
    rows: int


@dataclass(frozen=True, slots=True)
class Search:
    """What was looked through, and what was found."""

    tables: int
    columns: int
    traces: list[Trace]


def search(session: Session, address: Address, address_hash: bytes) -> Search:
    """Look for an address in every way it may be written, and for its hash.

    The hash may stand on the suppression list, and nowhere else.
    """
    tables = _tables(session)
    texts = _ways_to_write(address)
    hash_may_stand = (Suppression.__tablename__, Suppression.address_hash.key)
    traces: list[Trace] = []
    columns = 0
    for table in tables:
        for column in table.columns:
            columns += 1
            wanted: list[sa.ColumnElement[bool]] = []
            if isinstance(column.type, sa.LargeBinary):
                if (table.name, column.name) != hash_may_stand:
                    wanted.append(column == address_hash)
                wanted += [_in_bytes(session, column, text.encode()) for text in texts]
            else:
                wanted += [_in_text(session, column, text) for text in texts]
            rows = session.scalar(
                sa.select(sa.func.count()).select_from(table).where(sa.or_(*wanted))
            )
            if rows:
                traces.append(Trace(table.name, column.name, rows))
    return Search(len(tables), columns, traces)


def _tables(session: Session) -> list[sa.TableClause]:
    # Names and types alone: of indexes on expressions SQLAlchemy can tell nothing, and warns.
    there = sa.inspect(session.connection())
    return [
        sa.table(name, *(sa.column(each["name"], each["type"]) for each in there.get_columns(name)))
        for name in sorted(there.get_table_names())
    ]


def _ways_to_write(address: Address) -> list[str]:
    local = address.written.rpartition("@")[0]
    forms = {address.written, address.wire, address.key, f"{local}@{address.domain}"}
    forms |= {form.lower() for form in forms} | {form.casefold() for form in forms}
    # In JSON, letters outside ASCII may be escaped.
    forms |= {json.dumps(form)[1:-1] for form in forms}
    return sorted(forms)


def _in_text(session: Session, column: sa.ColumnClause[Any], text: str) -> sa.ColumnElement[bool]:
    position = sa.func.instr if _is_sqlite(session) else sa.func.strpos
    stored = sa.cast(column, sa.Text)
    either: Iterable[sa.ColumnElement[bool]] = (
        position(written, text) > 0 for written in (stored, sa.func.lower(stored))
    )
    return sa.or_(*either)


def _in_bytes(
    session: Session, column: sa.ColumnClause[Any], text: bytes
) -> sa.ColumnElement[bool]:
    wanted = sa.literal(text, sa.LargeBinary)
    if _is_sqlite(session):
        return sa.func.instr(column, wanted) > 0
    return sa.func.position(wanted.op("IN")(column)) > 0


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
