"""`subscribers consent`, as somebody who has to prove it types it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.app import App, open_app
from subscribers import consent_texts
from subscribers.models import ConsentEvent, ConsentKind
from tests.newsletter.cli.conftest import Command


@pytest.fixture
def opened(config: Path) -> Iterator[App]:
    app = open_app(config)
    yield app
    app.database.close()


def _agree(app: App) -> None:
    """Let Kim press the button of a form that shows the words as they are."""
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


def test_the_history_tells_the_very_words_agreed_to(subscribers: Command, opened: App) -> None:
    subscribers("add", "kim@example.org", "--basis", "consent", "--source", "phone")
    _agree(opened)
    subscribers("remove", "kim@example.org", "--reason", "mail")

    told = subscribers("consent", "show", "kim@example.org")
    shown = subscribers("consent", "show", "1", "--json").json

    assert opened.consent_wording("sv").text in told.out
    assert [row["kind"] for row in shown["consent"]] == ["added", "confirmed", "withdrawn"]
    assert shown["consent"][1]["text"] == "1 (sv)"
    assert shown["texts"][0]["text"] == opened.consent_wording("sv").text
    assert "kim@example.org" not in told.out


def test_changed_words_are_told_beside_the_old_ones(
    subscribers: Command, opened: App, config: Path
) -> None:
    subscribers("add", "kim@example.org", "--basis", "consent", "--source", "phone")
    _agree(opened)
    folder = config.parent / "ours" / "web"
    folder.mkdir(parents=True)
    (folder / "consent.sv.txt").write_text("Nya ord från {{ organisation }}.\n", encoding="utf-8")
    with config.open("a", encoding="utf-8") as file:
        file.write('templates_dir = "ours"\n')

    told = subscribers("consent", "texts")
    [kept] = subscribers("consent", "texts", "--json").json

    assert "Nya ord från Exempelregionen." in told.out
    assert (kept["version"], kept["in_use"]) == (1, False)
    with opened.database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM consent_texts")) == 1


def test_nobody_has_no_history(subscribers: Command) -> None:
    assert subscribers("consent", "show", "nobody@example.org").code == 1
    assert subscribers("consent", "show", "4711").code == 1
