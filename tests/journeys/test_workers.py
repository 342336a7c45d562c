"""Workers share an issue, outlive each other, and stop when told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from newsletter.delivery import issue_states, ledger
from newsletter.models import Delivery, DeliveryState, IssueState
from tests.builders import make_issue_content
from tests.journeys.sender_process import KEYS
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import (
    FROZEN,
    approve_issue,
    issue_state,
    readers,
    states,
)

READERS = 240
#: All workers together; what fits into one window of it may be in doubt.
MESSAGES_PER_SECOND, WINDOW = 80, 64

#: Nobody but this machine is mailed, so nobody else must be able to unsubscribe.
HERE = "http://127.0.0.1:8025"
APPROVED = replace(FROZEN, content=make_issue_content(base_url=HERE))

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Scene:
    """An issue being sent, a mail server, and commands that run beside each other."""

    def __init__(
        self, database: Database, database_url: str, mail_server: MailServer, folder: Path
    ) -> None:
        self.database = database
        self.mail_server = mail_server
        self.issue_id = approve_issue(
            database, KEYS, READERS, now=datetime.now(UTC), frozen=APPROVED
        )
        self.config = folder / "newsletter.toml"
        self.config.write_text(
            f'database_url = "{database_url}"\n'
            f'smtp_url = "{mail_server.url}"\n'
            f'base_url = "{HERE}"\n'
            f"messages_per_second = {MESSAGES_PER_SECOND}\n"
            f'secret = "{KEYS.current}"\n'
            f'suppression_secret = "{KEYS.suppression}"\n',
            encoding="utf-8",
        )

    def begin(self) -> None:
        with self.database.writing() as session:
            issue_states.begin(session, self.issue_id, APPROVED, now=datetime.now(UTC))

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "newsletter", *words, "--config", str(self.config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def running(self, *words: str) -> Iterator[None]:
        """Run a command meanwhile; at the end it is told to stop, and must obey."""
        process = self.start(*words)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors

    def owners(self) -> dict[int, int]:
        """Return how many rows each process holds in flight."""
        with self.database.reading() as session:
            names = session.scalars(
                sa.select(Delivery.lease_owner).where(Delivery.state == DeliveryState.IN_FLIGHT)
            )
            return Counter(int(name.split(":")[1]) for name in names if name)

    def check_nobody_missed_and_nobody_twice(self, *, most_in_doubt: int) -> None:
        by_state = states(self.database, self.issue_id)
        mailbox = Counter(message.rcpt_to[0] for message in self.mail_server.received)
        accepted = {a for a, state in by_state.items() if state is DeliveryState.ACCEPTED}
        uncertain = {a for a, state in by_state.items() if state is DeliveryState.UNCERTAIN}
        assert accepted | uncertain == set(readers(READERS))
        assert accepted <= set(mailbox)
        assert max(mailbox.values()) == 1
        assert len(uncertain) <= most_in_doubt
        with self.database.reading() as session:
            ledger.verified_counts(session, self.issue_id)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds; it is looked for again and again."""
    never = threading.Event()
    for _ in range(600):
        if holds():
            return
        never.wait(0.1)
    raise AssertionError("it never came about")


@pytest.fixture
def scene(database: Database, database_url: str, mail_server: MailServer, tmp_path: Path) -> Scene:
    return Scene(database, database_url, mail_server, tmp_path)


def test_an_issue_is_finished_although_one_of_three_workers_is_killed(scene: Scene) -> None:
    killed: list[int] = []
    seen: set[int] = set()

    def kill_one(_address: str) -> None:
        seen.update(scene.owners())
        if len(scene.mail_server.received) >= READERS // 3 and len(seen) > 1 and not killed:
            killed.append(max(scene.owners()))
            os.kill(killed[0], signal.SIGKILL)

    with scene.running("worker", "--processes", "3"):
        # They are all there before there is anything to do.
        scene.begin()
        scene.mail_server.reply_to_rcpt = kill_one
        eventually(lambda: issue_state(scene.database, scene.issue_id) is IssueState.SENT)

    assert killed
    assert len(seen) > 1
    scene.check_nobody_missed_and_nobody_twice(most_in_doubt=WINDOW)


@SQLITE
def test_a_command_beside_the_pages_shares_the_work_and_outlives_them(scene: Scene) -> None:
    seen: set[int] = set()
    pages = scene.start("serve", "--port", "0")
    scene.begin()

    def kill_the_pages(_address: str) -> None:
        seen.update(scene.owners())
        if {pages.pid, command.pid} <= seen:
            pages.kill()

    command = scene.start("issues", "send", "2026-02", "--yes")
    scene.mail_server.reply_to_rcpt = kill_the_pages
    _, errors = command.communicate(timeout=60)
    pages.communicate(timeout=60)

    assert (seen, errors) == ({pages.pid, command.pid}, "")
    assert pages.returncode == -signal.SIGKILL
    assert issue_state(scene.database, scene.issue_id) is IssueState.SENT
    scene.check_nobody_missed_and_nobody_twice(most_in_doubt=WINDOW)


@SQLITE
def test_a_worker_told_to_stop_leaves_the_issue_to_the_next(scene: Scene) -> None:
    scene.begin()
    enough = threading.Event()

    def count(_address: str) -> None:
        if len(scene.mail_server.received) >= READERS // 4:
            enough.set()

    scene.mail_server.reply_to_rcpt = count
    with scene.running("worker"):
        assert enough.wait(60)

    assert issue_state(scene.database, scene.issue_id) is IssueState.SENDING
    assert scene.owners() == {}

    with scene.running("worker"):
        eventually(lambda: issue_state(scene.database, scene.issue_id) is IssueState.SENT)

    scene.check_nobody_missed_and_nobody_twice(most_in_doubt=0)
