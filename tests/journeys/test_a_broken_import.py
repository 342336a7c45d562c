"""Whatever ends an import, what it did is whole: it can be finished, and it can be undone."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from subscribers import undoing
from subscribers.models import (
    BatchState,
    ConsentEvent,
    ImportBatch,
    ImportChange,
    Newsletter,
    Subscriber,
    Subscription,
)

ROWS = 5_200
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.fixture
def newsletter_id(database: Database) -> int:
    with database.writing() as session:
        newsletter = Newsletter(slug="nyhetsbrev")
        session.add(newsletter)
        session.flush()
        return newsletter.id


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return _sheet(tmp_path / "kontakter.csv", range(ROWS))


def _sheet(path: Path, numbers: range) -> Path:
    rows = "".join(f"reader{number}@example.org\n" for number in numbers)
    path.write_text("e-post\n" + rows, encoding="utf-8")
    return path


def _start(url: str, path: Path, newsletter_id: int, moment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.journeys.importer_process",
            url,
            str(path),
            str(newsletter_id),
            moment,
        ],
        env=ENVIRONMENT,
    )


def _counts(database: Database) -> set[int]:
    """How many people there are, by each of the tables that tell of them."""
    with database.reading() as session:
        return {
            session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (Subscriber, Subscription, ConsentEvent, ImportChange)
        }


@pytest.mark.parametrize("moment", ["while reading", "within a chunk", "between chunks"])
def test_a_killed_import_can_be_finished_and_undone(
    database: Database, database_url: str, path: Path, newsletter_id: int, moment: str
) -> None:
    killed = _start(database_url, path, newsletter_id, moment)

    assert killed.wait() == -signal.SIGKILL

    [done] = _counts(database)
    assert done < ROWS
    assert (done == 0) == (moment == "while reading")
    with database.reading() as session:
        batches = session.scalars(sa.select(ImportBatch)).all()
    assert [batch.counts.get("added") for batch in batches] == ([done] if done else [])

    assert _start(database_url, path, newsletter_id, "never").wait() == 0

    assert _counts(database) == {ROWS}

    with database.reading() as session:
        numbers = session.scalars(sa.select(ImportBatch.id)).all()
    for number in numbers:
        undoing.undo(
            number,
            newsletter_id,
            database=database,
            clock=lambda: datetime.now(UTC),
            actor="robin",
        )
    assert _counts(database) == {0}


def test_two_imports_at_once_lose_nobody_and_add_nobody_twice(
    database: Database, database_url: str, tmp_path: Path, newsletter_id: int
) -> None:
    sheets = [
        _sheet(tmp_path / "a.csv", range(3_000)),
        _sheet(tmp_path / "b.csv", range(1_000, 4_000)),
    ]
    running = [_start(database_url, sheet, newsletter_id, "never") for sheet in sheets]

    assert [process.wait() for process in running] == [0, 0]

    assert _counts(database) == {4_000}
    with database.reading() as session:
        batches = session.scalars(sa.select(ImportBatch)).all()
    assert sum(batch.counts["added"] for batch in batches) == 4_000
    assert {batch.state for batch in batches} == {BatchState.DONE}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("newsletter_id")
def test_a_full_disk_is_told_and_leaves_whole_chunks(
    database: Database, database_url: str, path: Path
) -> None:
    config = path.with_name("newsletter.toml")
    config.write_text(
        f'database_url = "{database_url}"\n'
        'secret = "a secret for tests, never anywhere"\n'
        'suppression_secret = "another secret for tests, and only"\n'
    )
    words = [
        *(sys.executable, "-c", "from newsletter.cli.subscribers import main; main()"),
        *("import", str(path), "--basis", "allmant-intresse", "--source", "Paloma"),
        *("--config", str(config), "--lang", "en"),
    ]

    full = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        # No file may grow further: what the system says is what it says of a full disk.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, 900_000)),
    )

    assert full.returncode == 1
    assert "Error:" in full.stderr
    assert "Traceback" not in full.stderr
    assert "Check free disk space" in full.stderr or "Free some space" in full.stderr
    [done] = _counts(database)
    assert done < ROWS
    assert subprocess.run(words, capture_output=True, check=False, env=ENVIRONMENT).returncode == 0
    assert _counts(database) == {ROWS}
