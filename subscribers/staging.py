"""Keep the candidates of one sheet aside until the whole sheet is read, sorted by their key.

They lie in a private database that the operating system forgets with the process, whatever ends
it: a list of a million takes no memory, and no copy of it stays anywhere. Sorted, they are also
written several times as fast, for an index grows at one end only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple

from subscribers.adding import Candidate
from subscribers.errors import ExplainedError

#: Rows handed to the database in one call.
_AT_A_TIME = 1_000


class Staged(NamedTuple):
    """One candidate, in the columns of the table `settling.STAGED`."""

    address_key: str
    address: str
    domain: str
    needs_smtputf8: bool
    language: str
    language_is_stated: bool
    #: ISO 8601.
    consented_on: str | None
    address_hash: bytes
    #: When to ask them to confirm, should they need to; None: not at all.
    optin_due_at: datetime | None


class Staging:
    """Use as a context manager."""

    def __init__(self) -> None:
        #: How many are staged, those who stand twice in the sheet counted twice.
        self.count = 0
        #: Of those handed out by `sorted_by_key`: how many stood further up already.
        self.duplicates = 0
        self._waiting: list[tuple[object, ...]] = []
        # No name: on the disk, unlinked at once, and never synchronised.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(
            "CREATE TABLE staged (address_key, address, domain, needs_smtputf8, language, "
            "language_is_stated, consented_on)"
        )
        self._database.execute("BEGIN")

    def add(self, candidate: Candidate) -> None:
        """Stage one candidate.

        Raises ExplainedError: there is no room for temporary files.
        """
        address, day = candidate.address, candidate.consented_on
        self._waiting.append(
            (
                address.key,
                address.written,
                address.domain,
                address.needs_smtputf8,
                candidate.language,
                candidate.language_is_stated,
                day.isoformat() if day else None,
            )
        )
        self.count += 1
        if len(self._waiting) == _AT_A_TIME:
            self._write()

    def sorted_by_key(self) -> Iterator[tuple[Any, ...]]:
        """Yield every candidate once, the first in the sheet, in the order of `Staged`.

        The last two columns are not among them.

        Raises ExplainedError: there is no room for temporary files.
        """
        with _explained():
            self._write()
            rows = self._database.execute("SELECT * FROM staged ORDER BY address_key, rowid")
            last = None
            for row in rows:
                if row[0] == last:
                    self.duplicates += 1
                    continue
                last = row[0]
                yield row

    def _write(self) -> None:
        with _explained():
            self._database.executemany(
                "INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?, ?)", self._waiting
            )
        self._waiting.clear()

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise ExplainedError(
            "There was no room for temporary files ({cause}). What was imported before that is "
            "whole. Free some space, or set TMPDIR to a roomier folder, and run it again.",
            cause=str(error),
        ) from error
