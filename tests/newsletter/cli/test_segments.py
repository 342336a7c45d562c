"""An issue for a part of the list: described, counted, warned of, sent to and remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from newsletter.delivery import issue_states
from newsletter.errors import IssueStateError
from newsletter.models import Issue
from subscribers.segments import Description
from tests.newsletter.cli.conftest import Command

ORG = ("segment", "create", "org", "--where", "domain in (example.org, example.com)")


def test_a_segment_is_made_counted_listed_and_deleted(subscribers: Command) -> None:
    for address in ("kim@example.org", "lo@example.com", "bo@example.net"):
        subscribers("add", address, "--basis", "consent", "--source", "test")

    made = subscribers(*ORG)

    assert (made.code, "“org”: 2 active, of them 2 can be mailed" in made.out) == (0, True)
    assert subscribers("segment", "count", "org", "--json").json["mailable"] == 2
    assert subscribers("segment", "count", "domain = example.net", "--json").json["active"] == 1
    assert [row["name"] for row in subscribers("segment", "list", "--json").json] == ["org"]
    assert subscribers(*ORG).code == 2
    assert subscribers("segment", "delete", "org").code == 0
    assert subscribers("segment", "count", "org").code == 2
    assert subscribers("segment", "delete", "org").code == 1


def test_a_condition_that_cannot_be_read_is_drawn_with_its_place(subscribers: Command) -> None:
    ran = subscribers("segment", "count", "language = sv and orgg = x")

    assert ran.code == 2
    assert "language = sv and orgg = x\n                    ^" in ran.err


def test_an_issue_for_a_segment_is_counted_and_written_for_it_alone(
    newsletter: Command, subscribers: Command, approved: str, tmp_path: Path
) -> None:
    subscribers(*ORG)
    to_org = ("issues", "send", approved, "--segment", "org")

    counted = newsletter(*to_org, "--dry-run")
    written = newsletter(*to_org, "--to-folder", str(tmp_path / "out"), "--json")

    assert "constitutionally protected" in counted.out
    assert "2 readers would get the issue." in counted.out
    assert written.json["written"] == 2
    assert newsletter("issues", "send", approved, "--segment", "none", "--dry-run").code == 1
    assert newsletter(*to_org, "--everybody").code == 2


def test_an_issue_whose_audience_is_settled_keeps_its_segment(
    newsletter: Command, subscribers: Command, approved: str, database: Database
) -> None:
    described = Description("org", "domain in (example.org, example.com)", "Europe/Stockholm")
    with database.writing() as session:
        issue = session.scalars(sa.select(Issue)).one()
        issue_states.choose_segment(session, issue.id, described)
        issue.audience_through = 10**6
    subscribers("segment", "create", "all", "--where", "language = sv")

    with database.writing() as session, pytest.raises(IssueStateError):
        issue_states.choose_segment(session, issue.id, None)

    assert "Goes to the segment “org” only" in newsletter("issues", "status", approved).out
    assert newsletter("issues", "status", approved, "--json").json["segment"] == "org"
