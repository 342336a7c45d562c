"""A process that imports a sheet and kills itself at a chosen moment, as `kill -9` would."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from newsletter.database import Database, OneConnection
from subscribers import columns, importing, sheets
from subscribers.import_reports import Report
from subscribers.models import ConsentBasis
from subscribers.terms import Terms
from subscribers.tokens import Keys

KEYS = Keys(current="a secret for tests", former=(), suppression="another secret for tests")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingConnection:
    """Dies in the middle of a write, before it is committed."""

    def __init__(self, connection: OneConnection, writes: int) -> None:
        self.reading, self.aside = connection.reading, connection.aside
        self.connection, self.left = connection, writes

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.connection.writing() as session:
            yield session
            session.flush()
            self.left -= 1
            if not self.left:
                die()


class Dying(Database):
    """Gives connections that die after some writes."""

    def __init__(self, url: str, writes: int) -> None:
        super().__init__(url)
        self.writes = writes

    @contextmanager
    def on_one_connection(self) -> Iterator[DyingConnection]:  # type: ignore[override]
        with super().on_one_connection() as connection:
            yield DyingConnection(connection, self.writes)


def main(url: str, path: str, newsletter_id: str, moment: str) -> None:
    def progress(report: Report) -> None:
        if moment == "while reading" or (moment == "between chunks" and report.added > 500):
            die()

    sheet = sheets.examine(Path(path))
    importing.import_sheet(
        sheet,
        columns.read(sheet),
        Terms(
            newsletter_id=int(newsletter_id),
            basis=ConsentBasis.PUBLIC_INTEREST,
            source="Paloma",
            language="sv",
            actor="robin",
        ),
        database=Dying(url, writes=4 if moment == "within a chunk" else 0),
        keys=KEYS,
        clock=lambda: datetime.now(UTC),
        today=datetime.now(UTC).date(),
        say=str,
        progress=progress,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
