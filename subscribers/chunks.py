"""Write many rows in transactions so short, and so far apart, that others never wait long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from subscribers import bulk
from subscribers.sessions import Sessions

#: Seconds a chunk should take: none may take over 250 ms, though the machine turns thrice as busy.
_WANTED = 0.08
#: Seconds between two chunks that belong to others, where all writers share one lock: whoever waits
#: for SQLite's looks in every 5 ms (`newsletter.sqlite`), and without a gap might never find it
#: open. On PostgreSQL a writer waits for the same rows only.
_FOR_OTHERS = 0.01
#: Rows of the first chunk and of the largest. None is smaller than the first: what a transaction
#: costs however small it is would be most of it, and a busy machine would hardly get on.
FIRST, _LARGEST = 500, 8_000


class Pace:
    """How many rows to write next, by how long the last ones kept others from writing."""

    def __init__(self) -> None:
        #: Rows of the next chunk.
        self.size = FIRST
        #: Seconds of the longest transaction that kept others from writing.
        self.longest = 0.0
        self._took = 0.0
        self._begins_at = 0.0

    @contextmanager
    def writing(self, database: Sessions) -> Iterator[Session]:
        """Open a session that is committed at the end, when others have had their time."""
        time.sleep(max(0.0, self._begins_at - time.monotonic()))
        with database.writing() as session:
            # SQLite gives its lock here; waiting for it keeps nobody from anything.
            session.connection()
            began = time.monotonic()
            yield session
        ended = time.monotonic()
        self._begins_at = ended + _FOR_OTHERS if bulk.has_one_writer(session) else ended
        self._took = ended - began
        self.longest = max(self.longest, self._took)

    def wrote(self, rows: int) -> None:
        """Fit the size to the last chunk, of so many rows."""
        self.size = next_size(rows, self._took)


def next_size(rows: int, took: float) -> int:
    """Return the size of the next chunk, after one of so many rows that took so many seconds.

    It changes by no more than half or twice, since one chunk says little.

    >>> next_size(1_000, 0.08), next_size(1_000, 0.4), next_size(1_000, 0.01)
    (1000, 500, 2000)
    """
    fitting = rows * _WANTED / max(took, 0.001)
    careful = min(max(fitting, rows / 2), rows * 2)
    return round(min(max(careful, FIRST), _LARGEST))
