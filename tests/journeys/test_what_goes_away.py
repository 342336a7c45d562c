"""A mail server killed, a database gone, a disk full: nobody is missed, nobody mailed twice."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.delivery import counting
from newsletter.delivery.pauses import PauseKind
from newsletter.delivery.progress import Progress
from newsletter.delivery.sending import Limits, send_issue
from newsletter.delivery.servers import Server
from newsletter.delivery.status import Status
from newsletter.models import DeliveryState, IssueState
from tests.journeys.mail_server_process import HOST
from tests.journeys.sender_process import KEYS
from tests.mail_server import MailServer, Received
from tests.newsletter.delivery.approved import FROZEN, approve_issue, readers, smtp, states

READERS, CONNECTIONS = 300, 4
#: Seconds that something is away: shorter than outcomes are kept in mind, longer than a commit.
AWAY = 0.7

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def issue_id(database: Database) -> int:
    return approve_issue(database, KEYS, READERS, now=datetime.now(UTC))


async def send(
    database: Database,
    issue_id: int,
    url: str,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
) -> Status:
    return await send_issue(
        database,
        issue_id=issue_id,
        frozen=FROZEN,
        keys=KEYS,
        clock=lambda: datetime.now(UTC),
        servers=[Server(transports=[smtp(url) for _ in range(CONNECTIONS)])],
        limits=Limits(back_off=(0.0, 0.0)),
        on_progress=on_progress,
    )


def check_that_all_is_well(database: Database, issue_id: int, mailbox: Counter[str]) -> None:
    """Compare the ledger with the mailboxes, address by address."""
    assert set(states(database, issue_id).values()) == {DeliveryState.ACCEPTED}
    assert mailbox == Counter(readers(READERS))
    with database.reading() as session:
        counting.verified(session, issue_id)


@contextmanager
def mail_server_process(port: int, mailbox: Path) -> Iterator[subprocess.Popen[str]]:
    module = [sys.executable, "-m", "tests.journeys.mail_server_process"]
    server = subprocess.Popen([*module, str(port), str(mailbox)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield server
    finally:
        server.kill()
        server.communicate()


async def test_a_mail_server_killed_in_the_middle_leaves_few_in_doubt_and_nobody_out(
    database: Database, issue_id: int, tmp_path: Path
) -> None:
    mailbox = tmp_path / "mailbox"
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    url = f"smtp+plain://{HOST}:{port}"
    with mail_server_process(port, mailbox) as server:

        def kill(progress: Progress) -> None:
            if progress.accepted >= READERS // 4:
                server.kill()

        paused = await send(database, issue_id, url, kill)
    in_doubt = {
        address
        for address, state in states(database, issue_id).items()
        if state is DeliveryState.UNCERTAIN
    }
    with mail_server_process(port, mailbox):
        resumed = await send(database, issue_id, url)

    got = Counter(mailbox.read_text(encoding="ascii").split())
    is_in = states(database, issue_id)
    assert paused.pause is not None
    assert paused.pause.kind is PauseKind.SERVER
    # Over each connection one message at most was past its final dot.
    assert len(in_doubt) <= CONNECTIONS
    assert resumed.state is IssueState.SENT
    assert {address for address in is_in if is_in[address] is DeliveryState.UNCERTAIN} == in_doubt
    assert set(is_in) - in_doubt <= set(got)
    assert max(got.values()) == 1
    assert set(is_in) == set(readers(READERS))


@POSTGRESQL
async def test_a_database_that_went_away_and_came_back_missed_nothing(
    database: Database, issue_id: int, postgres: sa.URL, mail_server: MailServer
) -> None:
    name = database.url.database
    admin = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")

    def let_in(is_allowed: bool) -> None:
        with admin.connect() as connection:
            connection.execute(sa.text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {is_allowed}'))
            if not is_allowed:
                connection.execute(
                    sa.text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = :name"
                    ),
                    {"name": name},
                )

    back = threading.Timer(AWAY, let_in, [True])

    def go_away(_message: Received) -> None:
        if len(mail_server.received) == READERS // 4:
            let_in(False)
            back.start()

    mail_server.reply_to_data = go_away
    await send(database, issue_id, mail_server.url)
    back.join()
    admin.dispose()

    check_that_all_is_well(database, issue_id, mailbox_of(mail_server))


@SQLITE
async def test_a_database_that_somebody_else_writes_to_for_long_is_waited_for(
    database: Database, issue_id: int, mail_server: MailServer
) -> None:
    other = Database(database.url.render_as_string(hide_password=False))
    may_end = threading.Event()

    def write_for_long(begun: threading.Event) -> None:
        with other.writing() as session:
            session.execute(sa.text("UPDATE newsletters SET slug = 'other'"))
            begun.set()
            may_end.wait(AWAY)

    def lock(_message: Received) -> None:
        if len(mail_server.received) == READERS // 4:
            begun = threading.Event()
            threading.Thread(target=write_for_long, args=[begun]).start()
            begun.wait(5)

    mail_server.reply_to_data = lock
    await send(database, issue_id, mail_server.url)
    other.close()

    check_that_all_is_well(database, issue_id, mailbox_of(mail_server))


@SQLITE
async def test_outcomes_wait_for_room_on_a_full_disk(
    database: Database, issue_id: int, mail_server: MailServer
) -> None:
    class Full(Database):
        """A database whose disk is full for a while, once messages have gone."""

        refusals = 2

        @contextmanager
        def writing(self) -> Iterator[Session]:
            is_full = len(mail_server.received) > READERS // 4 and self.refusals > 0
            self.refusals -= is_full
            with super().writing() as session:
                connection = session.connection()
                # What is not there yet cannot be added: SQLite says that the disk is full.
                most = 1 if is_full else 2**30
                connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")
                if is_full:
                    connection.exec_driver_sql("CREATE TABLE more (room)")
                    connection.exec_driver_sql("INSERT INTO more VALUES (zeroblob(1000000))")
                yield session

    full = Full(database.url.render_as_string(hide_password=False))
    await send(full, issue_id, mail_server.url)
    full.close()

    assert full.refusals == 0
    check_that_all_is_well(database, issue_id, mailbox_of(mail_server))


def mailbox_of(mail_server: MailServer) -> Counter[str]:
    return Counter(message.rcpt_to[0] for message in mail_server.received)
