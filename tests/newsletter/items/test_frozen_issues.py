"""An import may change a stored item; an issue that was approved keeps what it was frozen with."""

from __future__ import annotations

from datetime import date

from newsletter.app import App
from newsletter.issues import approval, composing, proof
from newsletter.items import store
from newsletter.items.store import Outcome
from tests.newsletter.items.pages import draft

URL = "https://www.example.org/film"


def test_what_was_approved_is_not_changed_by_an_import(app: App) -> None:
    assert app.newsletter_id
    with app.database.writing() as session:
        store.save(session, [draft(text="Förr", url=URL)], now=app.clock())
        issue = composing.create(
            session,
            app.newsletter_id,
            issued_on=date(2026, 11, 20),
            rules=app.press.section_rules,
            now=app.clock(),
        )
        before = proof.pull(session, issue, app.press)
        approval.approve(
            session,
            issue,
            content=before.content,
            rendered=before.rendered,
            sender=app.press.sender,
            open_hints=[],
            approved_by="Kim",
            now=app.clock(),
        )

        [imported] = store.save(session, [draft(text="Nu", url=URL)], now=app.clock())

        assert imported.outcome is Outcome.CHANGED
        after = proof.pull(session, issue, app.press)
        assert after.content.stories[0].text == "Förr"
        assert after.rendered == before.rendered


def test_an_empty_page_deletes_nothing(app: App) -> None:
    with app.database.writing() as session:
        store.save(session, [draft()], now=app.clock())

        assert store.save(session, [], now=app.clock()) == []

        assert len(store.search(session)) == 1
