"""Versions of an issue: every change can be undone and done again, and nothing is ever lost.

A version is the whole composition, small enough to keep: the words, the order, the editor's own
texts. Versions form a tree; the issue points at the one it shows. Undoing goes to the version
before, doing again to the newest one after; a change after undoing begins a branch, and what was
undone is still there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.errors import NoSuchError
from newsletter.issues import editing
from newsletter.models import Issue, IssueVersion, Item, Picture, PlacedItem, Section

#: Changes of one editor that follow each other this quickly are one version.
TOGETHER = timedelta(seconds=20)


def keep(session: Session, issue: Issue, *, by: str, at: datetime, place: str = "") -> None:
    """Keep the issue as it is now, if it differs from the version it shows.

    `place` is what was changed ("item 14"): changes of one place, by one editor, within `TOGETHER`
    of each other become one version, so that a version is a thought and not a keystroke.
    """
    session.flush()
    content = _content(issue)
    shown = _shown(session, issue)
    if shown is not None and shown.content == content:
        return
    if shown is not None and _goes_on(session, shown, by=by, at=at, place=place):
        shown.content, shown.at, shown.revision = content, at, issue.revision
        return
    version = IssueVersion(
        issue_id=issue.id,
        previous_id=shown.id if shown else None,
        revision=issue.revision,
        by=by,
        at=at,
        place=place,
        content=content,
    )
    session.add(version)
    session.flush()
    issue.version_id = version.id


def undo(session: Session, issue: Issue) -> bool:
    """Show the version before; False if there is none. Raises IssueStateError: as `editing`."""
    shown = _shown(session, issue)
    if shown is None or shown.previous_id is None:
        return False
    _show(session, issue, session.get_one(IssueVersion, shown.previous_id))
    return True


def redo(session: Session, issue: Issue) -> bool:
    """Show the newest version after; False if there is none. Raises as `undo`."""
    shown = _shown(session, issue)
    after = _after(session, shown) if shown else None
    if after is None:
        return False
    _show(session, issue, after)
    return True


def restore(session: Session, issue: Issue, version_id: int, *, by: str, at: datetime) -> None:
    """Show an older version again, as a new one. Raises NoSuchError: not one of this issue's."""
    version = session.get(IssueVersion, version_id)
    if version is None or version.issue_id != issue.id:
        raise NoSuchError(
            "Issue {issue} has no such version. Nothing was changed.", issue=issue.name
        )
    showing = issue.version_id
    _show(session, issue, version)
    issue.version_id = showing
    keep(session, issue, by=by, at=at)


def can_undo(session: Session, issue: Issue) -> bool:
    """Tell whether there is a version before the one that is shown."""
    shown = _shown(session, issue)
    return shown is not None and shown.previous_id is not None


def can_redo(session: Session, issue: Issue) -> bool:
    """Tell whether something was undone."""
    shown = _shown(session, issue)
    return shown is not None and _after(session, shown) is not None


def every(session: Session, issue: Issue) -> Sequence[IssueVersion]:
    """Return the versions of an issue, newest first."""
    return session.scalars(
        sa.select(IssueVersion)
        .where(IssueVersion.issue_id == issue.id)
        .order_by(IssueVersion.id.desc())
    ).all()


def _shown(session: Session, issue: Issue) -> IssueVersion | None:
    return session.get(IssueVersion, issue.version_id) if issue.version_id else None


def _after(session: Session, version: IssueVersion) -> IssueVersion | None:
    return session.scalars(
        sa.select(IssueVersion)
        .where(IssueVersion.previous_id == version.id)
        .order_by(IssueVersion.id.desc())
        .limit(1)
    ).first()


def _goes_on(session: Session, shown: IssueVersion, *, by: str, at: datetime, place: str) -> bool:
    """Tell whether a change is part of the thought that the version holds."""
    same = bool(place) and (shown.by, shown.place) == (by, place)
    return same and at - shown.at <= TOGETHER and _after(session, shown) is None


def _content(issue: Issue) -> dict[str, Any]:
    return {
        "issue": {
            name: getattr(issue, name) for name in editing.ISSUE_FIELDS if name != "issued_on"
        }
        | {"issued_on": issue.issued_on.isoformat()},
        "sections": [
            {
                "name": section.name,
                "stories": [
                    {"item": placed.item.id, "is_lead": placed.is_lead}
                    | {name: getattr(placed, name) for name in editing.STORY_FIELDS}
                    for placed in section.placed_items
                ],
            }
            for section in issue.sections
        ],
    }


def _show(session: Session, issue: Issue, version: IssueVersion) -> None:
    editing.opened(issue)
    for name, value in version.content["issue"].items():
        setattr(issue, name, date.fromisoformat(value) if name == "issued_on" else value)
    issue.year = issue.issued_on.year
    # Rows cannot change places under their unique keys: the old ones go first.
    issue.sections = []
    session.flush()
    for position, kept in enumerate(version.content["sections"]):
        section = Section(name=kept["name"], position=position)
        issue.sections.append(section)
        for number, story in enumerate(kept["stories"], start=1):
            item = session.get(Item, story["item"])
            if item is None:
                continue
            placed = PlacedItem(item=item, position=number, is_lead=story["is_lead"])
            for name in editing.STORY_FIELDS:
                setattr(placed, name, story[name])
            if placed.picture_sha256 and session.get(Picture, placed.picture_sha256) is None:
                # Withdrawn since; a version does not bring it back.
                placed.picture_sha256 = None
            section.placed_items.append(placed)
    issue.version_id = version.id
    session.flush()
