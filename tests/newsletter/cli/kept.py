"""Databases in a state that takes many commands, made once and copied from then on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from tests.conftest import run_on


class Kept:
    """What the first test that needed a state made of its database, for those that follow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._values: dict[str, str] = {}

    def bring(self, database_url: str, state: str, make: Callable[[], str]) -> str:
        """Bring a database into a state; return what `make` returned when it made the first."""
        url = sa.make_url(database_url)
        key = f"{state}_{url.get_backend_name()}"
        if key in self._values:
            self._copy(url, key, back=True)
        else:
            self._values[key] = make()
            self._copy(url, key)
        return self._values[key]

    def _copy(self, url: sa.URL, key: str, *, back: bool = False) -> None:
        if url.get_backend_name() == "sqlite":
            files = (Path(url.database or ""), self._folder / f"{key}.db")
            _copy_file(*(reversed(files) if back else files))
            return
        # The server is ours alone, and lives no longer than the tests.
        server = url.set(database="postgres")
        if back:
            run_on(server, f'DROP DATABASE "{url.database}" WITH (FORCE)')
        source, target = (key, url.database) if back else (url.database, key)
        run_on(server, f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


def _copy_file(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)
