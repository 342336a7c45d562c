"""Sending from the command line: counted, confirmed, once, and never to nobody's benefit."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import stat
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from newsletter.app import open_app
from newsletter.database import Database
from newsletter.delivery import counting
from newsletter.delivery.reasons import Reason
from newsletter.models import Delivery, DeliveryState
from newsletter.worker import spool
from subscribers import addresses, consent
from subscribers.tokens import Claim, Purpose
from tests.mail_server import MailServer
from tests.newsletter.cli.conftest import Command

EVERYBODY = ["kim@example.org", "lo@example.net", "robin@example.com"]


@pytest.fixture
def at_the_server(monkeypatch: pytest.MonkeyPatch, mail_server: MailServer) -> MailServer:
    monkeypatch.setenv("NEWSLETTER_SMTP_URL", mail_server.url)
    return mail_server


def recipients(server: MailServer) -> list[str]:
    return sorted(address for message in server.received for address in message.rcpt_to)


def first_message_id(content: bytes) -> str:
    return str(email.message_from_bytes(content)["Message-ID"])


def test_everybody_gets_it_once_however_often_it_is_sent(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    first = newsletter("issues", "send", approved, "--yes", "--json")
    second = newsletter("issues", "send", approved, "--yes", "--json")

    assert (first.code, second.code) == (0, 0)
    assert recipients(at_the_server) == EVERYBODY
    for ran in (first, second):
        assert ran.json["state"] == "sent"
        assert (ran.json["audience"], ran.json["accepted"], ran.json["waiting"]) == (3, 3, 0)


def test_who_left_while_the_database_was_away_gets_nothing(
    newsletter: Command, approved: str, at_the_server: MailServer, config: Path
) -> None:
    app = open_app(config)
    with app.database.reading() as session:
        leaving = consent.find(session, addresses.read("kim@example.org")).id
    claim = Claim(Purpose.UNSUBSCRIBE, leaving, app.newsletter_id, app.clock())
    spool.keep(app, claim, source="one-click")
    app.database.close()

    newsletter("issues", "send", approved, "--yes")

    assert recipients(at_the_server) == ["lo@example.net", "robin@example.com"]


def test_a_dry_run_counts_and_sends_nothing(
    newsletter: Command, subscribers: Command, approved: str, at_the_server: MailServer
) -> None:
    subscribers("remove", "kim@example.org", "--reason", "test")
    subscribers("suppress", "add", "lo@example.net", "--reason", "test")

    counted = newsletter("issues", "send", approved, "--dry-run", "--json").json

    assert (counted["mailable"], counted["unsubscribed"]) == (1, 1)
    assert counted["suppressed"] == {"manual": 1}
    assert at_the_server.received == []


def test_nothing_is_sent_when_nobody_can_confirm(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    refused = newsletter("issues", "send", approved)

    assert refused.code == 4
    assert "--yes" in refused.err
    assert at_the_server.received == []


def test_a_folder_gets_the_messages_and_the_readers_still_get_theirs(
    newsletter: Command, approved: str, at_the_server: MailServer, tmp_path: Path
) -> None:
    written = newsletter("issues", "send", approved, "--to-folder", str(tmp_path / "out"), "--json")

    messages = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in (tmp_path / "out").glob("*.eml")
    ]
    assert written.json["written"] == 3
    assert sorted(str(message["To"]) for message in messages) == EVERYBODY
    assert at_the_server.received == []
    assert newsletter("issues", "send", approved, "--yes").code == 0
    assert recipients(at_the_server) == EVERYBODY


def test_a_test_mail_is_numbered_and_marked_and_reaches_only_whom_it_is_for(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    for _ in range(2):
        assert newsletter("issues", "test", approved, "--to", "boss@example.org").code == 0

    subjects = [
        str(email.message_from_bytes(m.content, policy=email.policy.default)["Subject"])
        for m in at_the_server.received
    ]
    assert recipients(at_the_server) == ["boss@example.org"] * 2
    assert subjects == ["[TEST 1] Film och samtal", "[TEST 2] Film och samtal"]
    assert newsletter("issues", "show", approved, "--json").json["state"] == "approved"


def test_a_missing_mail_server_is_explained_and_nothing_is_sent(
    newsletter: Command, approved: str
) -> None:
    refused = newsletter("issues", "send", approved, "--yes")

    assert refused.code == 2
    assert "smtp_url" in refused.err


def test_readers_who_could_not_leave_get_nothing(
    newsletter: Command, approved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_SMTP_URL", "smtp://smtp.example.org")

    refused = newsletter("issues", "send", approved, "--yes")

    assert refused.code == 4
    assert "base_url" in refused.err
    assert newsletter("issues", "status", approved, "--json").json["state"] == "approved"


def test_a_draft_is_not_sent(newsletter: Command, draft: str, at_the_server: MailServer) -> None:
    refused = newsletter("issues", "send", draft, "--yes")

    assert refused.code == 4
    assert at_the_server.received == []


def test_an_issue_approved_with_another_address_is_not_sent(
    newsletter: Command, approved: str, at_the_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_BASE_URL", "https://nyhetsbrev.example.org")

    refused = newsletter("issues", "send", approved, "--yes")

    assert refused.code == 4
    assert "Approve the issue again" in refused.err
    assert at_the_server.received == []


@pytest.mark.usefixtures("at_the_server")
def test_a_dry_run_of_a_sent_issue_promises_it_to_nobody(
    newsletter: Command, approved: str
) -> None:
    newsletter("issues", "send", approved, "--yes")

    counted = newsletter("issues", "send", approved, "--dry-run")

    assert "would get the issue" not in counted.out
    assert "3 accepted" in counted.out


def test_messages_in_a_folder_are_for_their_owner_alone(
    newsletter: Command, approved: str, tmp_path: Path
) -> None:
    newsletter("issues", "send", approved, "--to-folder", str(tmp_path / "out"))

    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    for file in (tmp_path / "out").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_links_of_a_test_mail_lead_to_a_page_that_says_so(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    newsletter("issues", "test", approved, "--to", "boss@example.org")

    message = email.message_from_bytes(
        at_the_server.received[0].content, policy=email.policy.default
    )
    text = message.get_body(("plain",))
    assert text is not None
    links = set(re.findall(r"http://127\.0\.0\.1:8025/\S+", text.get_content()))
    assert "http://127.0.0.1:8025/test" in links
    # Only the form to join is the same page for everybody.
    of_nobody = {"http://127.0.0.1:8025/nyhetsbrev/prenumerera"}
    assert {link for link in links if "/nyhetsbrev/" in link} == of_nobody


def test_a_server_that_cannot_be_reached_leaves_the_issue_as_it_was(
    newsletter: Command, approved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"smtp+plain://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("NEWSLETTER_SMTP_URL", url)

    refused = newsletter("issues", "send", approved, "--yes")

    assert refused.code == 1
    assert newsletter("issues", "show", approved, "--json").json["state"] == "approved"
    assert newsletter("issues", "edit", approved, "--subject", "Kan ändras").code == 0


def test_the_uncertain_are_listed_masked_and_sent_to_again_only_on_command(
    newsletter: Command, approved: str, at_the_server: MailServer, database: Database
) -> None:
    newsletter("issues", "send", approved, "--yes")
    first = next(m for m in at_the_server.received if m.rcpt_to == ["kim@example.org"])
    with database.writing() as session:
        row = session.scalars(
            sa.select(Delivery).where(Delivery.address == "kim@example.org")
        ).one()
        row.state, row.reason = DeliveryState.UNCERTAIN, Reason.CRASHED.value
        counting.move(
            session,
            row.issue_id,
            Counter({DeliveryState.ACCEPTED: -1, DeliveryState.UNCERTAIN: 1}),
        )

    again = newsletter("issues", "send", approved, "--yes")
    listed = newsletter("issues", "uncertain", approved)
    left_alone = newsletter("issues", "resend-missing", approved)
    refused = newsletter("issues", "resend-missing", approved, "--uncertain")
    requeued = newsletter("issues", "resend-missing", approved, "--uncertain", "--yes")
    sent = newsletter("issues", "send", approved, "--yes", "--json")

    assert again.code == 3
    assert "k…m@example.org" in listed.out
    assert "kim@example.org" not in listed.out
    assert first_message_id(first.content) in listed.out
    assert "1 attempt, begun" in listed.out
    assert (left_alone.code, refused.code, requeued.code, sent.code) == (3, 4, 0, 0)
    assert recipients(at_the_server) == sorted([*EVERYBODY, "kim@example.org"])
    assert at_the_server.received[-1].content == first.content
    assert sent.json["accepted"] == 3


def test_a_dry_run_says_when_it_would_be_done_and_what_decides_that(
    newsletter: Command, approved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlimited = newsletter("issues", "send", approved, "--dry-run", "--json").json
    monkeypatch.setenv("NEWSLETTER_MESSAGES_PER_HOUR", "1")
    limited = newsletter("issues", "send", approved, "--dry-run", "--json").json
    said = newsletter("issues", "send", approved, "--dry-run").out

    assert (unlimited["done_at"], unlimited["decided_by"]) == (None, None)
    assert limited["done_at"] is not None
    assert limited["decided_by"] == "the limit of 1 messages an hour"
    assert "Done by about" in said


def test_outside_the_sending_hours_the_issue_waits_and_status_says_until_when(
    newsletter: Command,
    approved: str,
    at_the_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Two days from now, whenever this is run.
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[
        (datetime.now(ZoneInfo("Europe/Stockholm")) + timedelta(days=2)).weekday()
    ]
    monkeypatch.setenv("NEWSLETTER_SENDING_HOURS__DAYS", f'["{day}"]')
    monkeypatch.setenv("NEWSLETTER_SENDING_HOURS__OPENS", "07:00")
    monkeypatch.setenv("NEWSLETTER_SENDING_HOURS__CLOSES", "18:00")

    sent = newsletter("issues", "send", approved, "--yes", "--json")
    status = newsletter("issues", "status", approved, "--json").json

    assert sent.code == 3
    assert at_the_server.received == []
    assert (status["state"], status["waiting"]) == ("sending", 3)
    assert status["held_by"] == "the sending hours, 07:00 to 18:00"
    assert status["held_until"] is not None
    assert status["done_at"] == status["held_until"]
