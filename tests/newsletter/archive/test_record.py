from __future__ import annotations

import email
import email.policy
import hashlib
import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from newsletter.app import App
from newsletter.archive import record
from newsletter.archive.record import Record
from newsletter.errors import IssueStateError
from newsletter.issues import versions
from newsletter.models import Issue, IssueState, Picture
from subscribers.tokens import Purpose
from tests.builders import make_picture, make_story
from tests.newsletter.web.conftest import publish_issue

COUNTS = {"audience": 3, "accepted": 3, "refused": 0, "skipped": 0, "uncertain": 0, "waiting": 0}


@pytest.fixture
def picture(app: App) -> str:
    stream = io.BytesIO()
    Image.new("RGB", (2, 1), "#123456").save(stream, "PNG")
    sha256 = hashlib.sha256(stream.getvalue()).hexdigest()
    with app.database.writing() as session:
        session.add(
            Picture(
                sha256=sha256, media_type="image/png", width=2, height=1,
                content=stream.getvalue(), created_at=app.clock(),
            )
        )  # fmt: skip
    return sha256


def packed(app: App) -> Record:
    with app.database.reading() as session:
        return record.pack(session, session.scalars(sa.select(Issue)).one(), counts=COUNTS)


def test_a_record_is_the_same_byte_for_byte_and_its_checksums_hold(
    app: App, picture: str, tmp_path: Path
) -> None:
    publish_issue(app, stories=[make_story(picture=make_picture(sha256=picture))])

    first, second = packed(app), packed(app)

    assert first.zip == second.zip
    with zipfile.ZipFile(io.BytesIO(first.zip)) as package:
        package.extractall(tmp_path)
        # Of the issue, not of the day the record is made.
        assert {file.date_time for file in package.infolist()} == {(2017, 2, 22, 0, 0, 0)}
    # With the tool that whoever opens it in fifty years has.
    subprocess.run(
        ["/usr/bin/sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"],
        cwd=tmp_path / "2017-02",
        check=True,
    )
    sums = (tmp_path / "2017-02" / "SHA256SUMS").read_text()
    listed = {line.partition("  ")[2] for line in sums.splitlines()}
    files = (file for file in (tmp_path / "2017-02").rglob("*") if file.is_file())
    there = {str(file.relative_to(tmp_path / "2017-02")) for file in files}
    assert there - listed == {"SHA256SUMS"}
    assert f"bilder/{picture}.png" in there


def test_the_mail_in_a_record_went_to_nobody_and_its_links_open_nothing(app: App) -> None:
    publish_issue(app)

    with zipfile.ZipFile(io.BytesIO(packed(app).zip)) as package:
        raw = package.read("2017-02/2017-02.eml")
        texts = [package.read(name).decode() for name in package.namelist() if "bilder" not in name]
    mail = email.message_from_bytes(raw, policy=email.policy.default)

    assert mail["To"] == record.NOBODY
    assert mail["Subject"] == "Regionalpolitik, film och praktik"
    assert all(app.keys.read(record.NO_TOKEN, purpose) is None for purpose in Purpose)
    assert not any("NLSLOT" in text for text in texts)


def test_the_facts_hold_who_made_and_approved_it_and_how_many_got_it(app: App) -> None:
    content = publish_issue(app)
    with app.database.writing() as session:
        issue = session.scalars(sa.select(Issue)).one()
        for name in ("Robin Exempel", "Kim Exempel", "Robin Exempel"):
            issue.preheader = f"Skrivet av {name}"
            versions.keep(session, issue, by=name, at=app.clock())

    with zipfile.ZipFile(io.BytesIO(packed(app).zip)) as package:
        facts = json.loads(package.read("2017-02/metadata.json"))

    assert facts["counts"] == COUNTS
    assert facts["editors"] == ["Kim Exempel", "Robin Exempel"]
    assert facts["approved_by"] == "tester"
    assert facts["subject"] == content.subject
    assert [story["title"] for story in facts["stories"]] == [s.title for s in content.stories]


def test_a_withdrawn_picture_is_named_as_missing(app: App) -> None:
    publish_issue(app, stories=[make_story(picture=make_picture())])

    assert packed(app).withdrawn_pictures == (make_picture().sha256,)


def test_what_has_not_been_sent_has_no_record(app: App) -> None:
    publish_issue(app, IssueState.APPROVED)

    with pytest.raises(IssueStateError, match="no record"):
        packed(app)
