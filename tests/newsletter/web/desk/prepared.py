"""An issue brought by the program to where a test begins: by pages it would take a second each."""

from __future__ import annotations

from newsletter.app import App
from newsletter.issues import checking, composing, editing, proof
from newsletter.issues.hints import Severity


def write_to_an_end(
    app: App, name: str = "2026-01", *, subject: str = "Tre nyheter från Exempelregionen"
) -> None:
    """Give every story a whole text and a link, and the letter a subject."""
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        for section in issue.sections:
            for row in section.placed_items:
                number = row.item.id
                changes = {
                    "text": f"Det här är hela texten om nyhet {number}.",
                    "url": f"https://www.example.org/{number}",
                    "link_text": f"Läs om nyhet {number}",
                }
                editing.edit_story(issue, number, changes)
        preheader = "Läs om den första, den andra och den tredje nyheten från Exempelregionen i år."
        editing.edit_issue(session, issue, {"subject": subject, "preheader": preheader})


def accept_all(app: App, name: str = "2026-01") -> None:
    """Let every yellow hint stand."""
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        for hint in proof.pull(session, issue, app.press).open_hints:
            if hint.severity is Severity.YELLOW:
                checking.accept(
                    session, issue, code=hint.code, item_id=hint.place.item_id, found=[hint],
                    reason="Avstämt.", name="Kim Exempel", now=app.clock(),
                )  # fmt: skip


def approve(app: App, name: str = "2026-01") -> None:
    """Write an issue to an end, accept what is yellow, and freeze it."""
    write_to_an_end(app, name)
    accept_all(app, name)
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        proof.approve(
            session, issue, app.press, name="Kim Exempel", actor="tester", now=app.clock()
        )
