"""How long a reader waits who unsubscribes while an issue goes out at full speed, on SQLite.

Run as `python -m benchmarks.pages`. `newsletter serve` does both, in one process, as it does where
nothing else is set up; the unsubscriptions come one after the other, each from somebody else.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import databases, readers, servers, sink
from benchmarks.leaving import leave
from benchmarks.measuring import SHORT, say_where, table
from newsletter.database import Database
from newsletter.delivery import issue_states, status
from newsletter.delivery.status import Status

COUNT = 5_000 if SHORT else 30_000
CONNECTIONS = 8
#: Readers who leave, the last ones on the list.
LEAVING = 400


def main() -> None:
    """Print medians with and without a sending beside."""
    say_where()
    with databases.fresh("SQLite") as url, sink.running() as port:
        database = Database(url)
        issue_id = readers.fill(database, COUNT)
        with serving(url, port) as web:
            alone = _leave(web, range(COUNT - 50, COUNT), lambda: True)
            with database.writing() as session:
                issue_states.begin(session, issue_id, readers.FROZEN, now=datetime.now(UTC))

            def goes_out() -> bool:
                return _status(database, issue_id).waiting > 0

            while not _status(database, issue_id).accepted:
                time.sleep(0.05)
            before, began = _status(database, issue_id).accepted, time.perf_counter()
            beside = _leave(web, range(COUNT - LEAVING, COUNT - 50), goes_out)
            sent = _status(database, issue_id).accepted - before
            rate = sent / (time.perf_counter() - began)
        database.close()
    table(
        (
            "unsubscribing from `serve`, SQLite",
            "people",
            "median, ms",
            "95 of 100, ms",
            "messages/s",
        ),
        (
            ("nothing is sent", *_shown(alone), "0"),
            ("it sends an issue meanwhile", *_shown(beside), f"{rate:,.0f}"),
        ),
    )


def _status(database: Database, issue_id: int) -> Status:
    with database.reading() as session:
        return status.of(session, issue_id, now=datetime.now(UTC))


def _shown(seconds: list[float]) -> tuple[str, str, str]:
    return (
        str(len(seconds)),
        f"{statistics.median(seconds) * 1000:.0f}",
        f"{statistics.quantiles(seconds, n=20)[-1] * 1000:.0f}",
    )


def _leave(web: int, people: range, goes_on: Callable[[], bool]) -> list[float]:
    """Let people leave by one press, and return how long each waited."""
    times = []
    for person in people:
        if not goes_on():
            break
        times.append(leave(web, person))
    return times


@contextmanager
def serving(url: str, sink_port: int) -> Iterator[int]:
    """Run `newsletter serve`, which sends, too; gives its port."""
    port = servers.free_port()
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "newsletter.toml"
        settings.write_text(
            f'database_url = "{url}"\n'
            f'base_url = "http://127.0.0.1:{port}"\n'
            f'smtp_url = "smtp+plain://127.0.0.1:{sink_port}"\n'
            f"smtp_connections = {CONNECTIONS}\n"
            f"listen_port = {port}\n"
            f'secret = "{readers.KEYS.current}"\n'
            f'suppression_secret = "{readers.KEYS.suppression}"\n',
            encoding="utf-8",
        )
        command = (sys.executable, "-m", "newsletter", "serve")
        with servers.program(port, *command, "--config", str(settings)):
            yield port


if __name__ == "__main__":
    main()
