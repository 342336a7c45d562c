"""Many rows at a time: values as one parameter, tables for a while, plans for long tables.

An `IN` with a parameter for each value is a new statement for each length, which has to be written
out, parsed and planned every time; JSON in one parameter is read by the database itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _JsonEach(FunctionElement[Any]):
    """The members of a JSON object as a table: `key` and `value`, both text."""

    name = "json_each"
    inherit_cache = True


@compiles(_JsonEach)
def _in_sqlite(function: _JsonEach, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(function.clauses, **options)})"


@compiles(_JsonEach, "postgresql")
def _in_postgresql(function: _JsonEach, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each_text(CAST({compiler.process(function.clauses, **options)} AS json))"


class _NotByIndex(FunctionElement[Any]):
    name = "not_by_index"
    inherit_cache = True


@compiles(_NotByIndex)
def _as_it_is(function: _NotByIndex, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(function.clauses, **options)


@compiles(_NotByIndex, "sqlite")
def _with_plus(function: _NotByIndex, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(function.clauses, **options)}"


def not_by_index(column: InstrumentedAttribute[int]) -> FunctionElement[int]:
    """Return a column that SQLite does not look up in an index over it (optoverview.html, 2).

    PostgreSQL knows how many rows stand behind a value, and chooses well by itself.
    """
    return _NotByIndex(column)


class Given:
    """A table with a row for each id that a parameter holds, and a text beside it."""

    def __init__(self, name: str) -> None:
        """Take the name of the parameter; its value is made by `of`."""
        self.name = name
        self.table = _JsonEach(sa.bindparam(name, type_=sa.Text)).table_valued(
            sa.column("key", sa.Text), sa.column("value", sa.Text), name=name
        )
        self.id = sa.cast(self.table.c.key, sa.BigInteger)
        self.text = self.table.c.value

    @property
    def ids(self) -> sa.Select[int]:
        """A query for all the ids."""
        return sa.select(self.id)


def of(texts: Mapping[int, str]) -> str:
    """Return what the parameter has to be for some ids, each with a text.

    >>> of({5: "250 ok", 7: ""})
    '{"5": "250 ok", "7": ""}'
    """
    return json.dumps(texts)


def clear(session: Session, temporary: sa.Table) -> None:
    """Make a temporary table, or empty the one that this connection has."""
    session.execute(sa.schema.CreateTable(temporary, if_not_exists=True))
    # Deleted rows stay where they are on PostgreSQL, and are read again for every chunk.
    emptying = (
        sa.text(f"TRUNCATE {temporary.name}") if _on_postgresql(session) else temporary.delete()
    )
    session.execute(emptying)


def count_anew(session: Session, *tables: str) -> None:
    """Let PostgreSQL count what stands in tables that many rows were just written to.

    It does so by itself, but a minute later: until then it takes them for short, and reads them
    whole where an index should find a row.
    """
    if _on_postgresql(session):
        session.execute(sa.text(f"ANALYZE {', '.join(tables)}"))


def has_one_writer(session: Session) -> bool:
    """Tell whether whoever writes waits for all others who do: so it is on SQLite."""
    return not _on_postgresql(session)


def _on_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
