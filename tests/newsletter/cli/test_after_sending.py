"""Once an issue is out: who came since gets it too, a correction reaches who got the fault."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.mail_server import MailServer
from tests.newsletter.cli.conftest import Command, Ran
from tests.newsletter.cli.test_sending import EVERYBODY, at_the_server, recipients
from tests.newsletter.cli.test_steering import refuse

__all__ = ["at_the_server"]


def add(subscribers: Command, address: str) -> None:
    added = subscribers("add", address, "--basis", "public-interest", "--source", "test")
    assert added.code == 0, added.err


def send(newsletter: Command, issue: str) -> Ran:
    return newsletter("issues", "send", issue, "--yes", "--json")


def test_who_came_since_gets_it_once_and_nobody_else_again(
    newsletter: Command, subscribers: Command, approved: str, at_the_server: MailServer
) -> None:
    at_the_server.reply_to_rcpt = refuse("lo@example.net", "550 5.1.1 no such user")
    send(newsletter, approved)
    add(subscribers, "new@example.org")
    subscribers("remove", "robin@example.com", "--reason", "test")
    add(subscribers, "left@example.org")
    subscribers("remove", "left@example.org", "--reason", "test")
    before = newsletter("issues", "send-to-new", approved, "--dry-run", "--json")

    again = newsletter("issues", "send-to-new", approved, "--json")
    sent = send(newsletter, approved)

    assert before.json == {"issue": approved, "new": 1, "queued": 0}
    assert again.json == {"issue": approved, "new": 1, "queued": 1}
    assert recipients(at_the_server) == ["kim@example.org", "new@example.org", "robin@example.com"]
    assert (sent.json["state"], sent.json["audience"], sent.json["accepted"]) == ("sent", 4, 3)
    assert newsletter("issues", "send-to-new", approved, "--json").json["queued"] == 0


def test_what_is_not_out_is_sent_to_nobody_new(newsletter: Command, approved: str) -> None:
    refused = newsletter("issues", "send-to-new", approved, "--json")

    assert refused.json["queued"] == 0
    assert newsletter("issues", "show", approved, "--json").json["state"] == "approved"


def test_a_correction_goes_to_who_got_the_faulty_issue_and_to_nobody_else(
    newsletter: Command, subscribers: Command, approved: str, at_the_server: MailServer
) -> None:
    at_the_server.reply_to_rcpt = refuse("lo@example.net", "550 5.1.1 no such user")
    send(newsletter, approved)
    add(subscribers, "new@example.org")

    made = newsletter("issues", "correct", approved, "--json").json
    early = send(newsletter, made["issue"])
    newsletter("issues", "edit", made["issue"], "--item", "1", "--text", "Nu står det rätt.")
    approving = newsletter("issues", "approve", made["issue"])
    counted = newsletter("issues", "send", made["issue"], "--dry-run", "--json").json
    sent = send(newsletter, made["issue"])

    assert made["subject"] == "Rättelse: Film och samtal"
    assert early.code == 4
    assert approving.code == 0, approving.err
    assert (made["audience"], counted["mailable"], sent.json["audience"]) == (2, 2, 2)
    assert Counter(recipients(at_the_server)) == {"kim@example.org": 2, "robin@example.com": 2}
    assert newsletter("issues", "status", approved, "--json").json["audience"] == len(EVERYBODY)


@pytest.mark.usefixtures("at_the_server")
def test_only_what_is_out_can_be_corrected(newsletter: Command, approved: str) -> None:
    refused = newsletter("issues", "correct", approved)

    assert refused.code == 4
    assert "can be edited" in refused.err
    assert len(newsletter("issues", "list", "--json").json) == 1
