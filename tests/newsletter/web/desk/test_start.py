"""The start page: what to do next, in one press."""

from __future__ import annotations

from datetime import date

from newsletter import items
from newsletter.app import App
from newsletter.issues import composing
from newsletter.items.drafts import ItemDraft
from newsletter.models import IssueState
from newsletter.web.desk.addresses import DESK
from tests.newsletter.web.conftest import Publish
from tests.newsletter.web.desk.conftest import Editor


def test_an_empty_store_is_welcomed_with_what_to_do(editor: Editor) -> None:
    page = editor.see(DESK)

    assert "Välkommen, Kim" in page
    assert "Hämta nyheter" in page


def test_the_issue_is_made_of_what_is_new_in_one_press(editor: Editor, app: App) -> None:
    store_items(app, "Exempelkontoret satsar på film", "Praktik våren 2027")
    assert "2 nyheter" in editor.see(DESK)

    leads_to = editor.post(DESK)

    assert leads_to == "/redaktion/2026-01/valj"
    with app.database.reading() as session:
        issue = composing.find(session, app.newsletter_id, "2026-01")
        assert sum(len(section.placed_items) for section in issue.sections) == 2
    assert "Nummer 1 är påbörjat" in editor.see(DESK)


def test_the_issue_can_begin_empty(editor: Editor, app: App) -> None:
    store_items(app, "Exempelkontoret satsar på film")

    editor.post(DESK, tomt="ja")

    with app.database.reading() as session:
        issue = composing.find(session, app.newsletter_id, "2026-01")
        assert [section.placed_items for section in issue.sections if section.placed_items] == []


def test_it_says_how_the_last_issue_went(editor: Editor, publish: Publish) -> None:
    content = publish(IssueState.SENT)

    assert content.subject in editor.see(DESK)


def store_items(app: App, *titles: str) -> None:
    drafts = [
        ItemDraft(
            title=title,
            published_on=date(2026, 11, 18),
            excerpt="Hela texten.",
            raw_excerpt="Hela texten.",
            truncated=False,
        )
        for title in titles
    ]
    with app.database.writing() as session:
        items.store.save(session, drafts, now=app.clock())
