"""One worker serves all issues that are being sent in turns, and waits while it cannot."""

from __future__ import annotations

import asyncio
import email
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from newsletter.app import App
from newsletter.delivery import issue_states
from newsletter.models import Delivery, IssueState
from newsletter.worker import loop
from tests.conftest import run_on
from tests.journeys.scene import APPROVED, HERE, eventually
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import approve_another, approve_issue, issue_state
from tests.newsletter.delivery.test_mails_before_issues import KIM, ask_for_mails

READERS = 24


@pytest.fixture
def app(app: App, mail_server: MailServer) -> App:
    """The program with a mail server on this machine, and not too fast."""
    settings = app.settings.model_copy(
        update={
            "base_url": HERE,
            "smtp_url": SecretStr(mail_server.url),
            "messages_per_second": 40,
        }
    )
    return replace(app, settings=settings, clock=lambda: datetime.now(UTC))


async def test_two_issues_take_turns(app: App, mail_server: MailServer) -> None:
    now = app.clock()
    first = approve_issue(app.database, app.keys, READERS, now=now, frozen=APPROVED)
    second = approve_another(app.database, number=3, now=now, frozen=APPROVED)
    for issue_id in (first, second):
        with app.database.writing() as session:
            issue_states.begin(session, issue_id, APPROVED, now=now)
    stop = asyncio.Event()

    def are_sent() -> bool:
        return all(
            issue_state(app.database, issue_id) is IssueState.SENT for issue_id in (first, second)
        )

    working = asyncio.create_task(loop.work(app, stop, turn=0.1))
    await asyncio.to_thread(eventually, are_sent)
    stop.set()
    await working

    order = issues_in_order(app, mail_server)
    assert len(order) == 2 * READERS
    # Neither was done when the other began, and neither was looked at only once more.
    assert sum(one != other for one, other in pairwise(order)) > 2


async def test_service_mails_are_all_sent_beside_an_issue_that_uses_up_the_limit(
    app: App, mail_server: MailServer
) -> None:
    rates = {"messages_per_second": 0, "messages_per_hour": 10}
    app = replace(app, settings=app.settings.model_copy(update=rates))
    issue_id = approve_issue(app.database, app.keys, READERS, now=app.clock(), frozen=APPROVED)
    with app.database.writing() as session:
        issue_states.begin(session, issue_id, APPROVED, now=app.clock())
    ask_for_mails(app.database, 4, keys=app.keys, now=app.clock())
    stop = asyncio.Event()

    working = asyncio.create_task(loop.work(app, stop))
    await asyncio.to_thread(eventually, lambda: len(mail_server.received) >= 10)
    stop.set()
    await working

    assert len(mail_server.received) == 10
    assert sum(message.rcpt_to == [KIM.wire] for message in mail_server.received) == 4


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_worker_waits_for_a_database_that_is_away(
    app: App, mail_server: MailServer, postgres: sa.URL, caplog: pytest.LogCaptureFixture
) -> None:
    issue_id = approve_issue(app.database, app.keys, 3, now=app.clock(), frozen=APPROVED)
    with app.database.writing() as session:
        issue_states.begin(session, issue_id, APPROVED, now=app.clock())
    app.database.close()
    let_in = f'ALTER DATABASE "{app.database.url.database}" ALLOW_CONNECTIONS'
    stop = asyncio.Event()

    run_on(postgres, f"{let_in} false")
    working = asyncio.create_task(loop.work(app, stop, trouble=0.1))
    await asyncio.to_thread(eventually, lambda: "database_url" in caplog.text)
    run_on(postgres, f"{let_in} true")
    await asyncio.to_thread(
        eventually, lambda: issue_state(app.database, issue_id) is IssueState.SENT
    )
    stop.set()
    await working

    assert len(mail_server.received) == 3


def issues_in_order(app: App, mail_server: MailServer) -> list[int]:
    """Return which issue each message was of that the server took."""
    with app.database.reading() as session:
        rows = session.execute(sa.select(Delivery.message_id, Delivery.issue_id))
        of_message = {row.message_id: row.issue_id for row in rows}
    return [
        of_message[str(email.message_from_bytes(message.content)["Message-ID"])]
        for message in mail_server.received
    ]
