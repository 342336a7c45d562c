"""A sender that is killed, again and again, misses nobody and mails nobody twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from newsletter.delivery import counting, status
from newsletter.delivery.pacing import LARGEST_WINDOW
from newsletter.models import Delivery, DeliveryState, IssueState
from tests.journeys.sender_process import BROKEN_OFF, KEYS
from tests.mail_server import MailServer, Received
from tests.newsletter.delivery.approved import approve_issue, readers

ROOT = Path(__file__).parent.parent.parent
KILLS = int(os.environ.get("KILLS", "5"))
#: Steps of conversations that a sender gets through at most before it is killed.
STEPS = 20
#: At 100 messages a second, as many as this are in flight together (`pacing.WINDOW_SECONDS`).
MESSAGES_PER_SECOND, IN_FLIGHT_TOGETHER = 100, 20
#: More than all killed senders together can get through or leave in doubt.
READERS = KILLS * (STEPS + LARGEST_WINDOW) + 20
#: Seconds for the sender that is left alone: it has most of them to itself.
PATIENCE = 120 + 2 * KILLS

ACCEPTED, UNCERTAIN = DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN
IN_FLIGHT = DeliveryState.IN_FLIGHT


class Scene:
    """One approved issue, one mail server, and senders one after another."""

    def __init__(self, database: Database, database_url: str, mail_server: MailServer) -> None:
        self.database = database
        self.database_url = database_url
        self.mail_server = mail_server
        self.issue_id = approve_issue(database, KEYS, READERS, now=datetime.now(UTC))

    def start(self, messages_per_second: int = MESSAGES_PER_SECOND) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.journeys.sender_process",
                self.database_url,
                self.mail_server.url,
                str(self.issue_id),
                str(messages_per_second),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self) -> dict[str, Any]:
        """Let a sender run to its end, undisturbed, and return what it says."""
        self.mail_server.reply_to_rcpt = lambda _address: None
        self.mail_server.reply_to_data = lambda _message: None
        return ended(self.start(messages_per_second=0))

    def at_step(self, step: str, nth: int, act: Callable[[], None]) -> None:
        """Do something at the nth RCPT or final dot from now on, before it is answered."""
        countdown = [nth]

        def count(_about: object) -> None:
            countdown[0] -= 1
            if countdown[0] == 0:
                act()

        self.mail_server.reply_to_rcpt = count if step == "RCPT" else lambda _address: None
        self.mail_server.reply_to_data = count if step == "DOT" else lambda _message: None

    def in_state(self, state: DeliveryState) -> set[str]:
        of_issue = sa.select(Delivery.address).where(Delivery.issue_id == self.issue_id)
        with self.database.reading() as session:
            return set(session.scalars(of_issue.where(Delivery.state == state)))

    @property
    def mailbox(self) -> Counter[str]:
        return Counter(message.rcpt_to[0] for message in self.mail_server.received)

    def check_nobody_missed_and_nobody_twice(self, *, in_doubt: set[str]) -> None:
        """Compare the ledger with the mailboxes, address by address."""
        accepted, uncertain = self.in_state(ACCEPTED), self.in_state(UNCERTAIN)
        assert uncertain == in_doubt
        assert accepted | uncertain == set(readers(READERS))
        assert max(self.mailbox.values()) == 1
        assert accepted <= set(self.mailbox)
        with self.database.reading() as session:
            counting.verified(session, self.issue_id)
            stands = status.of(session, self.issue_id, now=datetime.now(UTC))
        assert stands.state is IssueState.SENT
        assert (stands.audience, stands.uncertain) == (READERS, len(in_doubt))


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")
    said: dict[str, Any] = json.loads(out)
    return said


@pytest.fixture
def scene(database: Database, database_url: str, mail_server: MailServer) -> Scene:
    return Scene(database, database_url, mail_server)


@pytest.mark.parametrize(
    ("messages_per_second", "in_flight_together"),
    # Without a limit, a window is taken before the last message of the one before it has gone.
    [(MESSAGES_PER_SECOND, IN_FLIGHT_TOGETHER), (0, LARGEST_WINDOW)],
)
def test_a_sender_killed_at_any_moment_misses_nobody_and_mails_nobody_twice(
    scene: Scene, messages_per_second: int, in_flight_together: int
) -> None:
    moments = random.Random(KILLS)  # noqa: S311 - the same moments every time
    in_doubt: set[str] = set()
    for _ in range(KILLS):
        # Between two steps of a conversation, or a moment later, in the middle of a commit.
        step, nth = moments.choice(["RCPT", "DOT"]), moments.randint(1, STEPS)
        delay = moments.choice([0, 0, 0.001, 0.004, 0.02])
        sender = scene.start(messages_per_second)

        def kill(sender: subprocess.Popen[str] = sender, delay: float = delay) -> None:
            threading.Timer(delay, sender.kill).start() if delay else sender.kill()

        scene.at_step(step, nth, kill)
        sender.communicate(timeout=120)
        assert sender.returncode == -signal.SIGKILL
        in_flight = scene.in_state(IN_FLIGHT)
        assert len(in_flight) <= in_flight_together
        in_doubt |= in_flight

    said = scene.finish()

    assert said == {"state": "sent", "pause": None, "waiting": 0}
    scene.check_nobody_missed_and_nobody_twice(in_doubt=in_doubt)


def test_a_sender_asked_to_stop_leaves_no_doubt(scene: Scene) -> None:
    for signal_number, already_sent in ((signal.SIGINT, 0), (signal.SIGTERM, 30)):
        sender = scene.start()
        scene.at_step("DOT", 30, partial(sender.send_signal, signal_number))

        stopped = ended(sender)

        left = scene.in_state(IN_FLIGHT) | scene.in_state(UNCERTAIN)
        assert left == set()
        assert (stopped["state"], stopped["pause"]) == ("paused", "stopped")
        assert 0 < stopped["waiting"] <= READERS - 30 - already_sent

    said = scene.finish()

    assert said["state"] == "sent"
    scene.check_nobody_missed_and_nobody_twice(in_doubt=set())


def test_a_sender_broken_off_with_ctrl_c_again_and_again_leaves_one_in_doubt(scene: Scene) -> None:
    sender = scene.start()
    broken_off: list[Received] = []

    def press_ctrl_c_until_it_ends(message: Received) -> None:
        if len(scene.mail_server.received) < 30 or broken_off:
            return
        broken_off.append(message)
        while sender.poll() is None:
            sender.send_signal(signal.SIGINT)
            try:
                sender.wait(0.5)
            except subprocess.TimeoutExpired:
                continue

    scene.mail_server.reply_to_data = press_ctrl_c_until_it_ends
    sender.communicate(timeout=120)
    in_doubt = scene.in_state(IN_FLIGHT) | scene.in_state(UNCERTAIN)
    said = scene.finish()

    # Pressed once more, when all is recorded, it ends the process like any other.
    assert sender.returncode in (BROKEN_OFF, -signal.SIGINT)
    assert broken_off[0].rcpt_to[0] in in_doubt
    assert len(in_doubt) <= IN_FLIGHT_TOGETHER
    assert said["state"] == "sent"
    scene.check_nobody_missed_and_nobody_twice(in_doubt=in_doubt)
