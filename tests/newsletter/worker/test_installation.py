"""A copy of the database sends nothing until somebody says that it may."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.app import App
from newsletter.database import Database
from newsletter.delivery import issue_states
from newsletter.errors import UnsafeError
from newsletter.models import Installation, IssueState
from newsletter.worker import installation
from tests.newsletter.delivery.approved import FROZEN, approve_issue, issue_state

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WORKERS, BEATS = 4, 5
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def file_of(app: App) -> Path:
    return Path(app.database.url.database or "")


def test_a_database_in_use_may_go_on_sending(app: App) -> None:
    for _ in range(3):
        installation.check(app)
        assert installation.beat(app) == "alive"

    with app.database.reading() as session:
        assert session.get_one(Installation, 1).generation == 4


def test_workers_that_begin_and_beat_together_take_nothing_for_a_copy(app: App) -> None:
    together = threading.Barrier(WORKERS)

    def begin_and_beat(_number: int) -> None:
        together.wait()
        for _ in range(BEATS):
            installation.beat(app)

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(begin_and_beat, range(WORKERS)))

    installation.check(app)
    with app.database.reading() as session:
        assert session.get_one(Installation, 1).generation == WORKERS * BEATS + 1


@SQLITE
def test_a_worker_killed_before_it_wrote_the_first_mark_stops_nobody(app: App) -> None:
    installation.check(app)
    Path(f"{file_of(app)}.mark").unlink()

    assert installation.beat(app) == "alive"
    installation.check(app)


@SQLITE
def test_a_file_that_was_copied_elsewhere_is_a_copy(app: App, tmp_path: Path) -> None:
    installation.check(app)
    # Its last connection writes everything into the file.
    app.database.close()
    elsewhere = tmp_path / "elsewhere.db"
    shutil.copy(file_of(app), elsewhere)
    shutil.copy(f"{file_of(app)}.mark", f"{elsewhere}.mark")
    copy = replace(app, database=Database(f"sqlite:///{elsewhere}"))

    with pytest.raises(UnsafeError, match="restored copy"):
        installation.check(copy)
    installation.check(app)
    copy.database.close()


@SQLITE
def test_an_older_state_put_back_into_the_same_file_is_a_copy(app: App, tmp_path: Path) -> None:
    installation.check(app)
    app.database.close()
    older = tmp_path / "older.db"
    shutil.copy(file_of(app), older)
    installation.beat(app)
    app.database.close()

    file_of(app).write_bytes(older.read_bytes())

    with pytest.raises(UnsafeError, match="restored copy"):
        installation.beat(app)


@SQLITE
def test_a_state_older_than_any_mark_is_a_copy(app: App, tmp_path: Path) -> None:
    app.database.close()
    older = tmp_path / "older.db"
    shutil.copy(file_of(app), older)
    installation.check(app)
    app.database.close()

    shutil.copy(older, file_of(app))

    with pytest.raises(UnsafeError, match="restored copy"):
        installation.check(app)


@POSTGRESQL
def test_a_table_that_was_restored_is_a_copy(app: App) -> None:
    installation.check(app)
    with app.database.writing() as session:
        # What a dump and its restoration do.
        session.execute(sa.text("CREATE TABLE dumped AS SELECT * FROM installation"))
        session.execute(sa.text("DROP TABLE installation"))
        session.execute(sa.text("ALTER TABLE dumped RENAME TO installation"))

    with pytest.raises(UnsafeError, match="restored copy"):
        installation.check(app)


def test_an_adopted_copy_sends_only_what_somebody_looks_at(app: App) -> None:
    installation.check(app)
    issue_id = approve_issue(app.database, app.keys, 3, now=app.clock())
    with app.database.writing() as session:
        issue_states.begin(session, issue_id, FROZEN, now=app.clock())
        session.execute(sa.update(Installation).values(place="elsewhere"))
    with pytest.raises(UnsafeError):
        installation.check(app)

    adopted = installation.adopt(app, actor="kim")

    assert adopted == (1, 0)
    installation.check(app)
    assert issue_state(app.database, issue_id) is IssueState.PAUSED
