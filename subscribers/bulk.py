"""Any number of values as one parameter, for statements that are built once.

An `IN` with a parameter for each value is a new statement for each length, which has to be written
out, parsed and planned every time; JSON in one parameter is read by the database itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
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
