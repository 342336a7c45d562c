"""A sending is steered by hand: with the true numbers, and only where it does no harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from newsletter.models import Delivery, DeliveryState, IssueState
from newsletter.worker import leftovers
from tests.mail_server import MailServer
from tests.newsletter.cli.conftest import Command
from tests.newsletter.cli.test_sending import EVERYBODY, at_the_server, recipients

__all__ = ["at_the_server"]


def refuse(address: str, reply: str) -> Callable[[str], str | None]:
    return lambda recipient: reply if recipient == address else None


def state(newsletter: Command, issue: str) -> str:
    return str(newsletter("issues", "show", issue, "--json").json["state"])


def test_a_paused_issue_goes_on_where_it_stopped(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    at_the_server.reply_to_rcpt = refuse("lo@example.net", "451 4.2.1 later")
    newsletter("issues", "send", approved, "--yes")

    paused = newsletter("issues", "pause", approved)
    again = newsletter("issues", "pause", approved)
    shown = newsletter("issues", "status", approved)
    resumed = newsletter("issues", "resume", approved, "--json")

    for said in (paused, shown):
        assert "Paused after 2 of 3" in said.out
        assert f"newsletter issues resume {approved}" in said.out
    assert (paused.code, again.code, resumed.code) == (0, 4, 0)
    assert (resumed.json["state"], resumed.json["waiting"]) == ("sending", 1)


def test_a_cancelled_issue_is_spared_those_who_wait(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    at_the_server.reply_to_rcpt = refuse("lo@example.net", "451 4.2.1 later")
    newsletter("issues", "send", approved, "--yes")

    counted = newsletter("issues", "cancel", approved, "--dry-run")
    refused = newsletter("issues", "cancel", approved)
    cancelled = newsletter("issues", "cancel", approved, "--yes", "--json")
    sent = newsletter("issues", "send", approved, "--yes")

    assert "2 have got issue" in counted.out
    assert (counted.code, refused.code, cancelled.code, sent.code) == (0, 4, 0, 4)
    assert cancelled.json["reasons"] == {"cancelled": 1}
    assert (cancelled.json["accepted"], cancelled.json["skipped"]) == (2, 1)
    assert recipients(at_the_server) == ["kim@example.org", "robin@example.com"]


def test_an_issue_whose_sender_was_refused_can_be_taken_back_and_edited(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    at_the_server.reply_to_rcpt = lambda _address: "550 5.1.8 bad sender"
    stuck = newsletter("issues", "send", approved, "--yes")
    in_the_way = newsletter("issues", "edit", approved, "--subject", "Annat ämne")

    withdrawn = newsletter("issues", "withdraw", approved, "--json")
    edited = newsletter("issues", "edit", approved, "--subject", "Annat ämne")

    assert (stuck.code, in_the_way.code, withdrawn.code, edited.code) == (1, 4, 0, 0)
    assert (withdrawn.json["state"], withdrawn.json["audience"]) == ("approved", 0)


@pytest.mark.usefixtures("at_the_server")
def test_an_issue_that_somebody_has_cannot_be_taken_back(
    newsletter: Command, approved: str
) -> None:
    newsletter("issues", "send", approved, "--yes")

    refused = newsletter("issues", "withdraw", approved)

    assert refused.code == 4
    assert state(newsletter, approved) == "sent"


def test_only_those_who_lack_it_for_a_passing_reason_get_it_again(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    replies = {
        "lo@example.net": "552 5.2.2 mailbox full",
        "robin@example.com": "550 5.1.1 no such user",
    }
    at_the_server.reply_to_rcpt = replies.get
    newsletter("issues", "send", approved, "--yes")
    at_the_server.reply_to_rcpt = lambda _address: None

    counted = newsletter("issues", "resend-missing", approved, "--dry-run", "--json")
    requeued = newsletter("issues", "resend-missing", approved)
    during = state(newsletter, approved)
    newsletter("issues", "send", approved, "--yes")

    assert (counted.json["softly"], counted.json["for_good"]) == (1, 1)
    assert requeued.code == 3
    assert (during, state(newsletter, approved)) == ("sending", "sent")
    assert recipients(at_the_server) == ["kim@example.org", "lo@example.net"]


def test_who_was_in_the_air_when_an_issue_was_cancelled_is_not_forgotten(
    newsletter: Command, approved: str, at_the_server: MailServer, database: Database
) -> None:
    at_the_server.reply_to_rcpt = refuse("lo@example.net", "451 4.2.1 later")
    newsletter("issues", "send", approved, "--yes")
    newsletter("issues", "cancel", approved, "--yes")
    from newsletter.app import open_app

    with database.writing() as session:
        # What a worker records after the others were skipped.
        session.execute(
            sa.update(Delivery)
            .where(Delivery.address == "lo@example.net")
            .values(state=DeliveryState.QUEUED)
        )
        session.execute(
            sa.text(
                "UPDATE delivery_counts SET count = CASE state WHEN 'queued' THEN 1 ELSE 0 END "
                "WHERE state IN ('queued', 'skipped')"
            )
        )
    app = open_app()

    assert leftovers.is_any(app)
    assert leftovers.tidy_up(app) == 1
    assert not leftovers.is_any(app)
    app.database.close()
    assert newsletter("issues", "status", approved, "--json").json["skipped"] == 1


# Later


def in_two_years(text: str) -> str:
    """Return a date with a time, in a year that has not passed when this is run."""
    return f"{datetime.now(UTC).year + 2}-{text}"


def test_a_scheduled_issue_says_when_to_how_many_and_what_speaks_against_it(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    scheduled = newsletter("issues", "schedule", approved, "--at", in_two_years("12-24 19:00"))
    as_json = newsletter(
        "issues", "schedule", approved, "--at", in_two_years("12-24 19:00"), "--json"
    ).json

    assert "December" in scheduled.out
    assert "19:00 (Europe/Stockholm) to 3 subscribers" in scheduled.out
    assert "holiday: Christmas Eve" in scheduled.out
    assert "not at work" in scheduled.out
    assert "No worker is running now" in scheduled.out
    assert as_json["scheduled_at"].endswith("19:00:00+01:00")
    assert state(newsletter, approved) == IssueState.SCHEDULED.value
    assert at_the_server.received == []


def test_an_undo_window_is_a_schedule_that_can_be_withdrawn(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    before = datetime.now(UTC)
    later = newsletter("issues", "send", approved, "--in", "10", "--yes", "--json").json
    during = state(newsletter, approved)
    withdrawn = newsletter("issues", "withdraw", approved)

    at = datetime.fromisoformat(later["scheduled_at"])
    assert timedelta(minutes=10) <= at - before < timedelta(minutes=15)
    assert (during, withdrawn.code) == ("scheduled", 0)
    assert state(newsletter, approved) == "approved"
    assert at_the_server.received == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--at", "2027-03-28 02:30"], "does not exist"),
        (["--at", "2027-10-31 02:30"], "2027-10-31 02:30+0200 or 2027-10-31 02:30+0100"),
        (["--at", "2020-02-24 09:00"], "has passed"),
        (["--at", "tomorrow"], "no date with a time"),
        ([], "Say when"),
        (["--at", "2027-02-24 09:00", "--in", "5"], "Say when"),
    ],
)
def test_a_time_that_is_none_is_refused(
    newsletter: Command, approved: str, words: list[str], problem: str
) -> None:
    refused = newsletter("issues", "schedule", approved, *words)

    assert refused.code == 2
    assert problem in refused.err
    assert state(newsletter, approved) == "approved"


def test_a_time_that_comes_twice_is_taken_with_its_offset(
    newsletter: Command, approved: str
) -> None:
    taken = newsletter("issues", "schedule", approved, "--at", "2027-10-31 02:30+0100", "--json")

    assert taken.json["scheduled_at"] == "2027-10-31T02:30:00+01:00"


def test_everybody_is_still_reached_once_after_all_this(
    newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    newsletter("issues", "schedule", approved, "--in", "60")
    newsletter("issues", "withdraw", approved)

    sent = newsletter("issues", "send", approved, "--yes")

    assert sent.code == 0
    assert recipients(at_the_server) == EVERYBODY
