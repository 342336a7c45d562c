"""Once an issue is out, its page leads on: to who came since, and to a correction."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from dataclasses import replace

import pytest
from pydantic import SecretStr

from newsletter.app import App
from newsletter.archive import record
from newsletter.cli import issues_shown
from newsletter.delivery import sending
from newsletter.issues import approval, composing
from newsletter.models import IssueState
from newsletter.worker import starting
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.web.conftest import add_reader
from tests.newsletter.web.desk.conftest import Editor
from tests.newsletter.web.desk.prepared import accept_all
from tests.newsletter.web.desk.test_sending import UNDERWAY, approved, issue_of

__all__ = ["approved"]


@pytest.fixture
def app(app: App, mail_server: MailServer) -> App:
    """The program with a mail server on this machine, and pages on this machine."""
    here = {"base_url": "http://127.0.0.1:8025", "smtp_url": SecretStr(mail_server.url)}
    return replace(app, settings=app.settings.model_copy(update=here))


@pytest.fixture
def sent(approved: Editor, app: App, clock: Clock) -> Editor:
    """An editor whose issue three readers have got."""
    send_out(app)
    clock.forward(days=2)
    approved.come_in()
    return approved


def send_out(app: App, name: str = "2026-01") -> None:
    """Send an approved issue, or go on with one, as a worker would."""
    with app.database.reading() as session:
        issue = composing.find(session, app.newsletter_id, name)
        frozen = approval.thaw(approval.frozen(session, issue))
    if issue.state is IssueState.APPROVED:
        starting.start(app, issue.id, actor="tester")
    asyncio.run(
        sending.send_issue(
            app.database,
            issue_id=issue.id,
            frozen=frozen,
            keys=app.keys,
            clock=app.clock,
            servers=app.mail_servers(),
        )
    )


def test_who_came_since_is_sent_the_issue_by_a_button_with_their_number(
    sent: Editor, app: App, mail_server: MailServer
) -> None:
    assert "nya prenumeranter" not in sent.see(UNDERWAY)
    for number in range(2):
        add_reader(app, f"new{number}@example.org")
    assert "Skicka till 2 nya prenumeranter" in sent.see(UNDERWAY)
    add_reader(app, "new2@example.org")
    sent.post(UNDERWAY, nya="2")
    assert issue_of(app).state is IssueState.SENT

    sent.post(UNDERWAY, nya="3")
    send_out(app)

    received = [message.rcpt_to[0] for message in mail_server.received]
    assert sorted(received) == sorted(
        [*(f"reader{n}@example.org" for n in range(3)), *(f"new{n}@example.org" for n in range(3))]
    )
    assert "Alla 6 är mottagna" in sent.see(UNDERWAY)


def test_a_correction_is_mended_approved_and_sent_to_who_got_the_issue(
    sent: Editor, app: App, mail_server: MailServer
) -> None:
    add_reader(app, "new@example.org")
    begun = sent.post(UNDERWAY, ratta="ja")

    assert begun == "/redaktion/2026-02/skriv"
    page = sent.see(begun)
    assert "Det här är en rättelse av nummer 1." in page
    nu = re.findall(r'name="nu" id="nu" value="(\w+)"', page)[0]
    nyhet = re.findall(r'name="nyhet" value="(\d+)"', page)[0]
    sent.post(begun, nyhet=nyhet, nu=nu, title="Rätt rubrik")
    correction = "/redaktion/2026-02"
    accept_all(app, "2026-02")
    sent.post(f"{correction}/kontrollera", godkann="ja")
    assert "som fick nummer 1 får rättelsen" in sent.see(f"{correction}/skicka")
    faulty, url = "/nyhetsbrev/2026-01", "/nyhetsbrev/2026-02"
    held = sent.client.get(faulty)
    assert 'id="correction"' not in held.text
    mail_server.received.clear()
    send_out(app, "2026-02")

    assert sorted(message.rcpt_to[0] for message in mail_server.received) == [
        f"reader{n}@example.org" for n in range(3)
    ]
    since = {"if-modified-since": held.headers["last-modified"]}
    told = sent.client.get(faulty, headers=since)
    assert f'href="{url}">Läs rättelsen, nummer 2' in told.text.replace("\N{NO-BREAK SPACE}", " ")
    assert f'href="{faulty}">Se vad den rättar' in sent.client.get(url).text
    with app.database.reading() as session:
        issue = composing.find(session, app.newsletter_id, "2026-02")
        packed = record.pack(session, issue, counts={})
        assert issues_shown.as_json(session, issue, app.press)["corrects"] == "2026-01"
    with zipfile.ZipFile(io.BytesIO(packed.zip)) as package:
        assert json.loads(package.read("2026-02/metadata.json"))["corrects"] == "2026-01"
