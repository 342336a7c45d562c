"""Change an issue and its placed items; the stored items are never touched.

Every change goes through `opened`: it refuses an issue whose sending has begun, and makes an
approved one a draft again, since approval binds to exactly what was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.errors import IssueStateError, NoSuchError, UsageError
from newsletter.issues.composing import insert_at, place, section_called
from newsletter.issues.section_rules import SectionRules
from newsletter.models import Issue, IssueState, Item, PlacedItem

#: States in which an issue can still be changed.
EDITABLE = (IssueState.DRAFT, IssueState.APPROVED, IssueState.SCHEDULED)
#: Characters of a text and of a line. A whole page pasted by mistake would keep everybody waiting
#: while a letter is made of it.
LONGEST_TEXT, LONGEST_LINE = 20_000, 2_000
_TEXTS = ("editorial", "text")
#: What can be set on an issue.
ISSUE_FIELDS = (
    "subject", "preheader", "editorial", "signature_name", "signature_title", "contact",
    "number", "issued_on",
)  # fmt: skip
#: What can be set on a placed item; None gives back the item's own.
STORY_FIELDS = (
    "title", "text", "url", "link_text", "language",
    "picture_sha256", "picture_alt", "picture_caption", "picture_credit",
)  # fmt: skip


def opened(issue: Issue) -> Issue:
    """Return the issue as a draft of a new revision; an approval there was is void.

    Raises IssueStateError: its sending has begun, or it is over.
    """
    if issue.state not in EDITABLE:
        raise IssueStateError(
            "Issue {issue} cannot be changed any more: its sending has begun. Nothing was changed. "
            "Make a new issue with the correction: newsletter issues create",
            issue=issue.name,
        )
    issue.state = IssueState.DRAFT
    issue.approved_sha256 = None
    issue.scheduled_at = None
    issue.revision += 1
    return issue


def edit_issue(session: Session, issue: Issue, changes: Mapping[str, Any]) -> None:
    """Set fields of an issue (`ISSUE_FIELDS`).

    Raises IssueStateError: sending has begun; UsageError: the number is taken in that year, or
    something is too long.
    """
    _see_that_it_fits(changes)
    opened(issue)
    for name in changes:
        if name not in ISSUE_FIELDS:
            raise AttributeError(name)
    number = changes.get("number", issue.number)
    issued_on: date = changes.get("issued_on", issue.issued_on)
    taken = session.scalar(
        sa.select(Issue.id).where(
            Issue.newsletter_id == issue.newsletter_id,
            Issue.year == issued_on.year,
            Issue.number == number,
            Issue.id != issue.id,
        )
    )
    if taken is not None or number < 1:
        raise UsageError(
            "The number {number} cannot be used in {year}: it is taken or below 1. "
            "Nothing was changed. Choose another number.",
            number=number,
            year=issued_on.year,
        )
    for name, value in changes.items():
        setattr(issue, name, _single_line(value) if name != "editorial" else value)
    issue.year = issued_on.year


def edit_story(issue: Issue, item_id: int, changes: Mapping[str, Any]) -> PlacedItem:
    """Give a placed item the editor's own words (`STORY_FIELDS`).

    Raises IssueStateError: sending has begun; NoSuchError: the item is not in the issue;
    UsageError: something is too long.
    """
    _see_that_it_fits(changes)
    placed = placed_item(issue, item_id)
    opened(issue)
    for name, value in changes.items():
        if name not in STORY_FIELDS:
            raise AttributeError(name)
        setattr(placed, name, value if name == "text" else _single_line(value))
    return placed


def add_item(
    issue: Issue,
    item: Item,
    *,
    rules: SectionRules,
    section: str | None = None,
    position: int | None = None,
) -> PlacedItem:
    """Put an item into the issue. Raises as `opened` and `composing.place`."""
    opened(issue)
    return place(issue, item, rules=rules, section=section, position=position)


def add_section(issue: Issue, name: str) -> None:
    """Add an empty section at the end; readers see it once something stands in it.

    Raises IssueStateError: sending has begun; UsageError: no name, or there is one of that name.
    """
    name = _single_line(name)
    if not name or any(part.name.casefold() == name.casefold() for part in issue.sections):
        raise UsageError(
            "A section needs a name of its own. Nothing was changed. Choose another name."
        )
    opened(issue)
    section_called(issue, name)


def remove_item(issue: Issue, item_id: int) -> None:
    """Take an item out of the issue; the stored item stays. Raises as `edit_story`."""
    placed = placed_item(issue, item_id)
    opened(issue)
    for section in issue.sections:
        if placed in section.placed_items:
            section.placed_items.remove(placed)
            for number, neighbour in enumerate(section.placed_items, start=1):
                neighbour.position = number


def move_item(
    session: Session, issue: Issue, item_id: int, *, section: str | None, position: int | None
) -> PlacedItem:
    """Move a placed item to a position (from 1; None: last) of a section (None: its own).

    Raises as `edit_story`.
    """
    placed = placed_item(issue, item_id)
    opened(issue)
    home = next(part for part in issue.sections if placed in part.placed_items)
    target = home if section is None else section_called(issue, section)
    if target is home:
        home.placed_items.remove(placed)
        insert_at(home, placed, position)
        return placed
    # A row cannot change parents under delete-orphan without a copy in between.
    moved = PlacedItem(item=placed.item, position=0, is_lead=placed.is_lead)
    for name in STORY_FIELDS:
        setattr(moved, name, getattr(placed, name))
    home.placed_items.remove(placed)
    session.flush()
    for number, neighbour in enumerate(home.placed_items, start=1):
        neighbour.position = number
    insert_at(target, moved, position)
    return moved


def set_lead(issue: Issue, item_id: int) -> None:
    """Make one placed item the top story, and the others not. Raises as `edit_story`."""
    chosen = placed_item(issue, item_id)
    opened(issue)
    for section in issue.sections:
        for placed in section.placed_items:
            placed.is_lead = placed is chosen


def placed_item(issue: Issue, item_id: int) -> PlacedItem:
    """Return the placed item of an issue by the id of its item.

    Raises NoSuchError: the item is not in the issue.
    """
    for section in issue.sections:
        for placed in section.placed_items:
            if placed.item.id == item_id:
                return placed
    raise NoSuchError(
        "The item {id} is not in issue {issue}. Nothing was changed. "
        "See what is: newsletter issues show {issue}",
        id=item_id,
        issue=issue.name,
    )


def _see_that_it_fits(changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        most = LONGEST_TEXT if name in _TEXTS else LONGEST_LINE
        if isinstance(value, str) and len(value) > most:
            raise UsageError(
                "This has {n} characters, and {most} are the most. It was not saved. Keep what "
                "readers need, and link to the rest.",
                n=len(value),
                most=most,
            )


def _single_line(value: Any) -> Any:
    """Fold line breaks and runs of blanks; a title with a line break would end up in a header."""
    return " ".join(value.split()) if isinstance(value, str) else value
