"""The package tells a person all that is held on them, and nothing about anybody else."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import lxml.html
import pytest
import sqlalchemy as sa

from newsletter.app import App
from newsletter.rights import package
from newsletter.rights.package import Package
from subscribers import consent_texts, preferences
from subscribers.models import AuditEntry, Base, ConsentEvent, ConsentKind
from tests.newsletter.rights.conftest import KIM

pytestmark = pytest.mark.usefixtures("issue_id")


def _pack(app: App, number: int = 1) -> Package:
    return package.pack(app, number, actor="robin", received_on=app.today)


def _files(made: Package) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made.zip)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _json(made: Package) -> dict[str, Any]:
    [content] = [file for name, file in _files(made).items() if name.endswith(".json")]
    told: dict[str, Any] = json.loads(content)
    return told


def test_every_table_with_something_about_the_person_is_told(app: App) -> None:
    told = _json(_pack(app))

    held = {
        chapter: len(rows)
        for chapter, rows in told.items()
        if isinstance(rows, list) and chapter not in ("texts", "log")
    }
    assert held == {
        "addresses": 1,
        "address_changes": 1,
        "subscriptions": 1,
        "consent": 3,
        "suppressions": 1,
        "imports": 1,
        "deliveries": 1,
        "service_mails": 1,
    }
    assert told["addresses"][0]["address"] == KIM
    about_people = [table for table in Base.metadata.tables.values() if "subscriber_id" in table.c]
    # Subscriptions, consent, suppressions, imports, deliveries, service mails, changes of address;
    # `erasing` is empty. Whoever adds another makes it be told, and changes this number.
    assert len(about_people) == 8


def test_the_words_agreed_to_are_in_it(app: App) -> None:
    wording = app.consent_wording("sv")
    with app.database.writing() as session:
        text = consent_texts.agreed_to(
            session, app.newsletter_id, wording, shown=wording.mark, at=app.clock()
        )
        session.add(
            ConsentEvent(
                subscriber_id=1,
                newsletter_id=app.newsletter_id,
                kind=ConsentKind.CONFIRMED,
                at=app.clock(),
                source="web form",
                text_id=text.id,
            )
        )

    assert _json(_pack(app))["texts"][0]["text"] == wording.text


def test_the_page_says_the_same_as_the_data_and_speaks_the_persons_language(app: App) -> None:
    swedish = _files(_pack(app))
    with app.database.writing() as session:
        preferences.set_language(session, 1, "en", at=app.clock(), actor="robin")
    english = _files(_pack(app))

    assert list(swedish) == ["mina-uppgifter.html", "mina-uppgifter.json"]
    assert list(english) == ["my-data.html", "my-data.json"]
    page = lxml.html.document_fromstring(swedish["mina-uppgifter.html"].decode())
    assert page.get("lang") == "sv"
    assert KIM in page.text_content()
    assert "G-2026-001" in page.text_content()
    assert len(page.xpath("//h1")) == 1
    # Every list of what is held is named by its heading.
    assert {section.get("aria-labelledby") for section in page.xpath("//section")} == {
        heading.get("id") for heading in page.xpath("//h2")
    }
    assert page.xpath("//script | //link | //img | //@src") == []


def test_what_somebody_wrote_is_text_on_the_page(app: App) -> None:
    with app.database.writing() as session:
        session.execute(sa.text("UPDATE subscriptions SET source = '<script>alert(1)</script>'"))

    assert b"<script" not in _files(_pack(app))["mina-uppgifter.html"]


def test_nobody_else_is_in_it(app: App) -> None:
    content = b"".join(_files(_pack(app)).values())

    assert b"robin" not in content.lower()


def test_that_it_was_made_is_logged_as_a_case(app: App) -> None:
    made = _pack(app)

    with app.database.reading() as session:
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.subject) == ("rights.packaged", "subscriber:1")
    assert entry.details["case"] == made.case.number
    assert KIM not in str(entry.details)
