"""Workers share an issue, outlive each other, and stop when told to."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.app import open_app
from newsletter.database import Database
from newsletter.models import DeliveryState, IssueState
from newsletter.worker import leftovers, steering
from tests.journeys.scene import READERS, WINDOW, Scene, eventually
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import issue_state, states

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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
        eventually(lambda: scene.has_received(READERS - WINDOW), tell=scene.tell)
        # The others look twice a second whether somebody is dead, and have little else to do.
        eventually(
            lambda: issue_state(scene.database, scene.issue_id) is IssueState.SENT,
            seconds=15,
            tell=lambda: f"{scene.tell()}; killed: {killed}",
        )

    assert killed
    assert len(seen) > 1
    scene.check_nobody_missed_and_nobody_twice(most_in_doubt=WINDOW)


@SQLITE
def test_a_command_beside_the_pages_shares_the_work_and_outlives_them(scene: Scene) -> None:
    seen: set[int] = set()
    processes = [
        pages := scene.start("serve", "--port", "0"),
        command := scene.start("issues", "send", "2026-02", "--yes"),
    ]

    def until_both_have_rows() -> bool:
        seen.update(scene.owners())
        if len(seen) < len(processes):
            return True
        pages.kill()
        return False

    scene.mail_server.holds_back = until_both_have_rows
    scene.begin()
    _, errors = command.communicate(timeout=60)
    pages.communicate(timeout=60)

    assert (seen, errors) == ({process.pid for process in processes}, "")
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


@SQLITE
def test_a_worker_process_that_dies_is_replaced(scene: Scene) -> None:
    seen: set[int] = set()

    def have_been_seen(number: int) -> bool:
        seen.update(scene.owners())
        return len(seen) == number

    # So the issue outlasts the rest before another process is started.
    scene.mail_server.hold_back_after(0)
    with scene.running("worker", "--processes", "2"):
        scene.begin()
        try:
            eventually(lambda: have_been_seen(2))
            os.kill(min(seen), signal.SIGKILL)
            eventually(lambda: have_been_seen(3))
        finally:
            # They finish what is in flight before they stop.
            scene.mail_server.hold_back_after(READERS)


@SQLITE
@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["worker"], IssueState.SENDING),
        (["worker", "--processes", "2"], IssueState.SENDING),
        (["serve", "--port", "0"], IssueState.SENDING),
        (["issues", "send", "2026-02", "--yes"], IssueState.PAUSED),
    ],
)
def test_ctrl_c_finishes_what_is_on_its_way_and_no_more(
    scene: Scene, words: list[str], state: IssueState
) -> None:
    scene.begin()

    with scene.running(*words, ctrl_c=True):
        eventually(lambda: scene.has_received(READERS // 8))

    assert not scene.has_received(READERS)
    assert issue_state(scene.database, scene.issue_id) is state
    scene.check_that_all_is_still()


def test_pausing_and_cancelling_hold_within_a_window(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As fast as can be, so that whoever does not stop is through before anybody looks.
    monkeypatch.setenv("NEWSLETTER_MESSAGES_PER_SECOND", "0")
    monkeypatch.setenv("NEWSLETTER_SMTP_CONNECTIONS", "1")
    received = scene.mail_server.received
    some = READERS // 8
    app = open_app(scene.config)
    scene.begin()
    scene.mail_server.hold_back_after(some)

    with closing(app.database), scene.running("worker"):
        eventually(lambda: scene.has_received(some))
        steering.pause(app, scene.issue_id, actor="kim")
        scene.mail_server.hold_back_after(READERS)
        eventually(lambda: not scene.owners())
        after_pause = len(received)
        scene.check_that_all_is_still()

        scene.mail_server.hold_back_after(after_pause + some)
        steering.resume(app, scene.issue_id, actor="kim")
        eventually(lambda: scene.has_received(after_pause + some))
        steering.cancel(app, scene.issue_id, waiting=0, actor="kim")
        scene.mail_server.hold_back_after(READERS)
        eventually(lambda: not scene.owners())
        # What was laid back after the others were skipped; a duty of the workers, each minute.
        leftovers.tidy_up(app)

    assert some <= after_pause <= some + WINDOW
    assert after_pause + some <= len(received) <= after_pause + some + WINDOW
    scene.check_that_all_is_still()
    assert Counter(states(scene.database, scene.issue_id).values()) == {
        DeliveryState.ACCEPTED: len(received),
        DeliveryState.SKIPPED: READERS - len(received),
    }
