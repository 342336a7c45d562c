"""The order of the stories in an issue: where one stands, and moving it by steps."""

from __future__ import annotations

from sqlalchemy.orm import Session

from newsletter.issues import editing
from newsletter.models import Issue


def in_order(issue: Issue) -> list[int]:
    """Return the items of an issue, by their ids, as readers meet them."""
    return [row.item.id for section in issue.sections for row in section.placed_items]


def home(issue: Issue, item_id: int) -> str:
    """Return the section an item stands in; empty if it is in none."""
    for section in issue.sections:
        if any(row.item.id == item_id for row in section.placed_items):
            return section.name
    return ""


def move(session: Session, issue: Issue, item_id: int, way: str) -> None:
    """Move a story a place up or down ("upp", "ned"), or to the section before or after.

    At the end of a section it goes on into the next one. Raises as `editing.move_item`.
    """
    sections = list(issue.sections)
    at = next(n for n, part in enumerate(sections) if part.name == home(issue, item_id))
    ids = [row.item.id for row in sections[at].placed_items]
    position = ids.index(item_id) + 1
    if way == "upp" and position > 1:
        editing.move_item(session, issue, item_id, section=None, position=position - 1)
    elif way == "ned" and position < len(ids):
        editing.move_item(session, issue, item_id, section=None, position=position + 1)
    elif way in ("upp", "avsnitt_upp") and at > 0:
        editing.move_item(session, issue, item_id, section=sections[at - 1].name, position=None)
    elif way in ("ned", "avsnitt_ned") and at + 1 < len(sections):
        editing.move_item(session, issue, item_id, section=sections[at + 1].name, position=1)
