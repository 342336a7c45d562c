"""How long a list of a million takes: imported, exported, searched, counted, taken back.

Run as `python -m benchmarks.lists [--rows N] [--database sqlite|postgresql]`. Every command runs as
an administrator would run it, in a process of its own. While the import and the undoing run,
somebody leaves every tenth of a second, by a POST to `newsletter serve`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import databases, readers, servers
from benchmarks.leaving import leave
from benchmarks.measuring import SHORT, Stopwatch, say_where, table
from newsletter.database import Database
from subscribers import addresses, consent
from subscribers.models import ConsentBasis, Newsletter

MILLION = 1_000_000
GROUNDS = ("--basis", "samtycke", "--source", "Paloma 2026")
#: People who are on the list before the import, and leave while it runs; as many for the undoing.
LEAVERS = 1_000
#: Milliseconds that nobody takes for waiting.
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command took."""

    seconds: float
    cpu_seconds: float
    megabytes: int
    result: Any


def main() -> None:
    """Measure both databases, or the one that is named, and print tables."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=100_000 if SHORT else MILLION)
    words.add_argument("--database", choices=[kind.lower() for kind in databases.KINDS])
    options = words.parse_args()
    say_where()
    for kind in databases.KINDS:
        if options.database in (None, kind.lower()):
            with databases.fresh(kind) as url, tempfile.TemporaryDirectory() as folder:
                _measure(kind, url, Path(folder), options.rows)


def _measure(kind: str, url: str, folder: Path, rows: int) -> None:
    port = servers.free_port()
    config = folder / "newsletter.toml"
    config.write_text(
        f'database_url = "{url}"\nbase_url = "http://127.0.0.1:{port}"\nlisten_port = {port}\n'
        f'secret = "{readers.KEYS.current}"\nsuppression_secret = "{readers.KEYS.suppression}"\n'
    )
    sheet = folder / "list.csv"
    _write(sheet, rows)
    database = Database(url)
    database.upgrade()
    leavers = _leavers(database)
    database.close()

    def run(*command: str) -> Ran:
        return _run(*command, "--config", str(config), "--json")

    def best(*command: str) -> Ran:
        return min((run(*command) for _ in range(3)), key=lambda ran: ran.seconds)

    tried = run("import", str(sheet), *GROUNDS, "--dry-run")
    serve = (sys.executable, "-m", "newsletter", "serve", "--config", str(config))
    with servers.program(port, *serve):
        with _people_leaving(port, iter(leavers[:LEAVERS])) as during_import:
            imported = run("import", str(sheet), *GROUNDS)
        exported = run("export", "--out", str(folder / "out.csv"))
        started = best("show", "1")
        searched = best("list", "--search", "lasare4711", "--limit", "20")
        counted = best("stats")
        with _people_leaving(port, iter(leavers[LEAVERS:])) as during_undo:
            undone = run("import", "--undo", imported.result["batch"])

    share = rows / MILLION
    table(
        (f"{rows:,} on {kind}", "seconds", "aim", "CPU, s", "CPU, µs a row", "MB"),
        [
            _row("import --dry-run", tried, 60 * share, rows),
            _row("import", imported, 60 * share, rows),
            _row("export to CSV", exported, 20 * share, rows),
            _row("import --undo", undone, 60 * share, rows),
        ],
    )
    table(
        (f"{rows:,} on {kind}", "milliseconds", "aim"),
        [
            ("search, beyond the start of any command", _beyond(searched, started), "300"),
            ("stats, beyond the start of any command", _beyond(counted, started), "300"),
            (
                "longest time an import held the lock",
                str(imported.result["longest_write_ms"]),
                "250",
            ),
            *_waits("import", during_import),
            *_waits("undoing", during_undo),
        ],
    )


def _row(what: str, ran: Ran, aim: float, rows: int) -> tuple[str, ...]:
    return (
        what,
        f"{ran.seconds:.1f}",
        f"{aim:.0f}",
        f"{ran.cpu_seconds:.1f}",
        f"{ran.cpu_seconds / rows * 1e6:.0f}",
        str(ran.megabytes),
    )


def _beyond(ran: Ran, started: Ran) -> str:
    return f"{(ran.seconds - started.seconds) * 1000:.0f}"


def _waits(what: str, waited: list[float]) -> Iterator[tuple[str, ...]]:
    who = f"leaving during the {what}"
    yield f"{who}, median of {len(waited)}", f"{statistics.median(waited) * 1000:.0f}", ""
    yield f"{who}, slowest", f"{max(waited) * 1000:.0f}", str(AT_ONCE)


def _write(path: Path, rows: int) -> None:
    numbers = list(range(rows))
    random.Random(1).shuffle(numbers)  # noqa: S311
    with path.open("w", encoding="utf-8") as sheet:
        sheet.write("E-postadress;Språk;Datum samtycke\n")
        for number in numbers:
            domain = readers.DOMAINS[number % len(readers.DOMAINS)]
            day = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}"
            day = min(day, "2026-10-28")
            sheet.write(f"forvaltning.lasare{number}@{domain};sv;{day}\n")


def _leavers(database: Database) -> list[int]:
    with database.writing() as session:
        newsletter = Newsletter(slug="nyhetsbrev")
        session.add(newsletter)
        session.flush()
        added = [
            consent.add(
                session,
                addresses.read(f"leaver{number}@example.org"),
                newsletter.id,
                keys=readers.KEYS,
                basis=ConsentBasis.CONSENT,
                source="benchmark",
                language="sv",
                at=datetime.now(UTC),
                actor="subscriber",
            )
            for number in range(2 * LEAVERS)
        ]
        return [one.subscriber_id or 0 for one in added]


@contextmanager
def _people_leaving(web: int, leavers: Iterator[int]) -> Iterator[list[float]]:
    """Let one person leave every tenth of a second; tell how long each waited."""
    waited: list[float] = []
    stop = threading.Event()

    def go() -> None:
        while not stop.wait(0.1) and (person := next(leavers, None)) is not None:
            waited.append(leave(web, person))

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield waited
    finally:
        stop.set()
        thread.join()


def _run(*words: str) -> Ran:
    watch = Stopwatch()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from newsletter.cli.subscribers import main; main()", *words],
            stdout=out,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        took = watch.run(1).seconds
        if process.returncode:
            raise SystemExit(f"{words} ended with {process.returncode}")
        out.seek(0)
        result = json.loads(out.read())
    return Ran(took, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, result)


if __name__ == "__main__":
    main()
