from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.mail_server import MailServer
from tests.newsletter.cli.conftest import Command

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_an_issue_is_announced_in_three_forms(newsletter: Command, approved: str) -> None:
    plain = newsletter("issues", "announce", approved)
    html = newsletter("issues", "announce", approved, "--form", "html")
    programs = newsletter("issues", "announce", approved, "--json").json

    assert "I novembernumret:\n– Brysselkontoret visar vardagen på film" in plain.out
    assert "The issue is not out yet" in plain.out
    assert html.out.startswith("<p><strong>")
    assert programs["id"] == f"nyhetsbrev:{approved}"
    assert programs["plain"].splitlines()[0] in plain.out


def test_a_draft_is_not_announced(newsletter: Command, draft: str) -> None:
    assert newsletter("issues", "announce", draft).code == 4


def test_a_record_of_what_was_sent_is_written_as_one_file(
    newsletter: Command,
    approved: str,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("NEWSLETTER_SMTP_URL", mail_server.url)
    before = newsletter("archive", "export", approved, "--out", str(tmp_path / "early.zip"))
    newsletter("issues", "send", approved, "--yes")
    first = newsletter("archive", "export", approved, "--out", str(tmp_path / "a.zip"))
    second = newsletter("archive", "export", approved, "--out", str(tmp_path / "b.zip"))

    assert before.code == 4
    assert not (tmp_path / "early.zip").exists()
    assert (first.code, second.code) == (0, 0)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert f"{approved}/metadata.json" in zipfile.ZipFile(tmp_path / "a.zip").namelist()
