"""PostgreSQL with one, two and four workers: what they send together, and whether one starves.

Run as `python -m benchmarks.workers`. Each worker is a process with a connection of its own.
"""

from __future__ import annotations

import os
import threading

from benchmarks import databases, readers, sink
from benchmarks.measuring import SHORT, Run, run_module, say_where, table
from newsletter.database import Database

WORKERS = (1, 2, 4)
#: Readers, all workers together.
COUNT = 4_000 if SHORT else 20_000
CONNECTIONS = 2


def main() -> None:
    """Print a row for each number of workers."""
    say_where()
    table(
        (
            f"workers, PostgreSQL, {CONNECTIONS} connections each",
            "messages/s",
            "µs of CPU each",
            "least share",
            "largest share",
        ),
        (_row(number) for number in WORKERS),
    )
    print(f"{os.cpu_count()} cores for workers, PostgreSQL and our sink")


def _row(number: int) -> tuple[str, ...]:
    with databases.fresh("PostgreSQL") as url, sink.running() as port:
        readers.fill(Database(url), COUNT)
        runs: list[Run] = []

        def work() -> None:
            runs.append(
                run_module("benchmarks.senders", "ours_together", port, COUNT, CONNECTIONS, url)
            )

        threads = [threading.Thread(target=work) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sent = sum(run.messages for run in runs)
    return (
        str(number),
        f"{sent / max(run.seconds for run in runs):,.0f}",
        f"{sum(run.cpu_seconds for run in runs) / sent * 1e6:,.0f}",
        f"{min(run.messages for run in runs) / sent:.0%}",
        f"{max(run.messages for run in runs) / sent:.0%}",
    )


if __name__ == "__main__":
    main()
