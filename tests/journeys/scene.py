"""An issue being sent by processes beside each other, and a mail server that keeps what came."""

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

import sqlalchemy as sa

from newsletter.database import Database
from newsletter.delivery import counting, issue_states
from newsletter.models import Delivery, DeliveryState
from tests.builders import make_issue_content
from tests.journeys.sender_process import KEYS
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import FROZEN, approve_issue, readers, states

READERS = 240
#: All workers together; what fits into one window of it may be in doubt.
MESSAGES_PER_SECOND, WINDOW = 80, 64

#: Nobody but this machine is mailed, so nobody else must be able to unsubscribe.
HERE = "http://127.0.0.1:8025"
APPROVED = replace(FROZEN, content=make_issue_content(base_url=HERE))


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
            start_new_session=True,
        )

    @contextmanager
    def running(self, *words: str, ctrl_c: bool = False) -> Iterator[None]:
        """Run a command meanwhile; at the end it is told to stop, and must obey."""
        process = self.start(*words)
        try:
            yield
        finally:
            if ctrl_c:
                # The terminal tells the whole group, children too.
                os.killpg(process.pid, signal.SIGINT)
            else:
                process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors

    def has_received(self, number: int) -> bool:
        """Tell whether the mail server has taken so many messages."""
        return len(self.mail_server.received) >= number

    def check_that_all_is_still(self) -> None:
        """Nobody is in the air or in doubt, and the ledger tells what the mailbox holds."""
        by_state = Counter(states(self.database, self.issue_id).values())
        assert by_state[DeliveryState.IN_FLIGHT] == by_state[DeliveryState.UNCERTAIN] == 0
        assert by_state[DeliveryState.ACCEPTED] == len(self.mail_server.received)

    def owners(self) -> dict[int, int]:
        """Return how many rows each process holds in flight."""
        with self.database.reading() as session:
            names = session.scalars(
                sa.select(Delivery.lease_owner).where(Delivery.state == DeliveryState.IN_FLIGHT)
            )
            return Counter(int(name.split(":")[1]) for name in names if name)

    def tell(self) -> str:
        """Return how the ledger stands, and who holds what."""
        by_state = Counter(state.value for state in states(self.database, self.issue_id).values())
        return f"{dict(by_state)}, in flight by process {dict(self.owners())}"

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
            counting.verified(session, self.issue_id)


def eventually(
    holds: Callable[[], bool], *, seconds: int = 60, tell: Callable[[], str] | None = None
) -> None:
    """Wait until something holds; it is looked for again and again.

    `tell` says how it is instead where it does not within so many seconds.
    """
    never = threading.Event()
    for _ in range(seconds * 10):
        if holds():
            return
        never.wait(0.1)
    raise AssertionError(f"it never came about: {tell()}" if tell else "it never came about")
