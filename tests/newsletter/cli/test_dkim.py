"""Making a key, and sending with it."""

from __future__ import annotations

from pathlib import Path

import dkim
import pytest

from tests.mail_server import MailServer
from tests.newsletter.cli.conftest import Command


def test_what_is_sent_with_a_new_key_verifies(
    newsletter: Command,
    approved: str,
    config: Path,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEWSLETTER_SMTP_URL", mail_server.url)
    made = newsletter("dkim", "create-key", "--selector", "nb1", "--json").json
    with config.open("a", encoding="utf-8") as settings:
        settings.write('\n[dkim]\nselector = "nb1"\nkey_file = "dkim-nb1.pem"\n')
    shown = newsletter("dkim", "show", "--json").json
    record = {"name": made["name"], "value": made["value"]}

    tested = newsletter("issues", "test", approved, "--to", "kim@example.net")
    sent = newsletter("issues", "send", approved, "--yes")

    assert (shown, tested.code, sent.code) == ([record], 0, 0)
    assert len(mail_server.received) == 4
    for message in mail_server.received:
        judge = dkim.DKIM(message.content)
        assert judge.verify(dnsfunc=lambda name, **_: {record["name"] + ".": record["value"]}[
            name.decode()].encode())  # fmt: skip


def test_an_open_key_stops_the_sending_before_anybody_is_sent_to(
    newsletter: Command,
    approved: str,
    config: Path,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEWSLETTER_SMTP_URL", mail_server.url)
    newsletter("dkim", "create-key", "--selector", "nb1")
    with config.open("a", encoding="utf-8") as settings:
        settings.write('\n[dkim]\nselector = "nb1"\nkey_file = "dkim-nb1.pem"\n')
    (config.parent / "dkim-nb1.pem").chmod(0o644)

    sent = newsletter("issues", "send", approved, "--yes")

    assert sent.code == 2
    assert "chmod 600" in sent.err
    assert mail_server.received == []
    assert newsletter("issues", "show", approved, "--json").json["state"] == "approved"


def test_a_new_key_is_told_with_all_that_is_to_be_done(newsletter: Command) -> None:
    told = newsletter("dkim", "create-key")

    assert "._domainkey.example.org. IN TXT" in told.out
    assert "key_file = " in told.out
    assert "PRIVATE" not in told.out
    assert newsletter("dkim", "create-key").code == 2
