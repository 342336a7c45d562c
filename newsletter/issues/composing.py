"""Make an issue and choose its first items: what is new since the last one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.errors import NoSuchError, UsageError
from newsletter.issues.section_rules import SectionRules
from newsletter.models import Issue, IssueState, Item, ItemKind, PlacedItem, Section


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The issue that would be made now."""

    #: Counted from 1 every year.
    number: int
    #: The issue before; None for the very first.
    last: Issue | None
    #: What is new since then, newest first.
    items: Sequence[Item]


def upcoming(
    session: Session, newsletter_id: int, *, issued_on: date, since: date | None = None
) -> Upcoming:
    """Return what the next issue of a day would be; `since` replaces the date of the last one."""
    last = latest(session, newsletter_id, before=issued_on)
    highest = session.scalar(
        sa.select(sa.func.max(Issue.number)).where(
            Issue.newsletter_id == newsletter_id, Issue.year == issued_on.year
        )
    )
    if since is None and last is not None:
        since = last.issued_on
    return Upcoming((highest or 0) + 1, last, pool(session, newsletter_id, since=since))


def create(
    session: Session,
    newsletter_id: int,
    *,
    issued_on: date,
    rules: SectionRules,
    now: datetime,
    since: date | None = None,
    with_items: bool = True,
) -> Issue:
    """Make the next issue of its year, with what is new since the last one, in suggested sections.

    `since` replaces the date of the last issue; without `with_items` it begins empty. Signature
    and contact are carried over from the last one, so that house knowledge does not leave with an
    editor. The first story leads.
    """
    coming = upcoming(session, newsletter_id, issued_on=issued_on, since=since)
    last = coming.last
    issue = Issue(
        newsletter_id=newsletter_id,
        year=issued_on.year,
        number=coming.number,
        issued_on=issued_on,
        created_at=now,
        signature_name=last.signature_name if last else "",
        signature_title=last.signature_title if last else "",
        contact=last.contact if last else "",
    )
    issue.sections = [
        Section(name=name, position=position) for position, name in enumerate(rules.names)
    ]
    session.add(issue)
    for item in coming.items if with_items else ():
        place(issue, item, rules=rules)
    leading = next((s for s in issue.sections if s.placed_items), None)
    if leading is not None:
        leading.placed_items[0].is_lead = True
    session.flush()
    return issue


def pool(session: Session, newsletter_id: int, *, since: date | None) -> Sequence[Item]:
    """Return the items to start from, newest first: later than `since`, shown, and never used.

    Items of one date keep the order of their page. Announcements of the newsletter are left out
    even when somebody shows them.
    """
    used = (
        sa.select(PlacedItem.item_id)
        .join(Section, PlacedItem.section_id == Section.id)
        .join(Issue, Section.issue_id == Issue.id)
        .where(Issue.newsletter_id == newsletter_id, Issue.state != IssueState.CANCELLED)
    )
    query = (
        sa.select(Item)
        .where(Item.hidden.is_(False), Item.kind != ItemKind.ANNOUNCEMENT, Item.id.not_in(used))
        .order_by(Item.published_on.desc(), Item.page_order, Item.id)
    )
    if since is not None:
        query = query.where(Item.published_on > since)
    return session.scalars(query).all()


def left_over(session: Session, newsletter_id: int) -> Sequence[Item]:
    """Return the items that are shown and in no issue: older ones, and those without a date."""
    return pool(session, newsletter_id, since=None)


def has_items(session: Session) -> bool:
    """Tell whether there is anything in the store."""
    return session.scalar(sa.select(Item.id).limit(1)) is not None


def place(
    issue: Issue,
    item: Item,
    *,
    rules: SectionRules,
    section: str | None = None,
    position: int | None = None,
) -> PlacedItem:
    """Put an item into an issue: at the end of the suggested section unless told otherwise.

    `position` counts from 1. Raises UsageError: it is in the issue already.
    """
    if item in [placed.item for part in issue.sections for placed in part.placed_items]:
        raise UsageError(
            "The item {id} is in issue {issue} already. Nothing was changed. "
            "To move it: newsletter issues move-item {issue} {id} --section … --position …",
            id=item.id,
            issue=issue.name,
        )
    name = section or rules.suggest(title=item.title, text=item.excerpt, kind=item.kind.value)
    target = section_called(issue, name)
    placed = PlacedItem(item=item, position=0)
    insert_at(target, placed, position)
    return placed


def section_called(issue: Issue, name: str) -> Section:
    """Return a section of the issue by name, whatever its case; a new name makes a new section."""
    for section in issue.sections:
        if section.name.casefold() == name.strip().casefold():
            return section
    section = Section(name=name.strip(), position=len(issue.sections))
    issue.sections.append(section)
    return section


def insert_at(section: Section, placed: PlacedItem, position: int | None) -> None:
    """Put a placed item at a position counted from 1, at the end for None, and renumber."""
    index = len(section.placed_items) if position is None else max(position - 1, 0)
    section.placed_items.insert(index, placed)
    for number, neighbour in enumerate(section.placed_items, start=1):
        neighbour.position = number


def latest(
    session: Session, newsletter_id: int, *, before: date, but: Issue | None = None
) -> Issue | None:
    """Return the newest issue dated on or before a day, whatever its state but cancelled.

    `but` is left out.
    """
    return session.scalars(
        sa.select(Issue)
        .where(
            Issue.newsletter_id == newsletter_id,
            Issue.issued_on <= before,
            Issue.state != IssueState.CANCELLED,
            Issue.id != (but.id if but else 0),
        )
        .order_by(Issue.issued_on.desc(), Issue.number.desc())
        .limit(1)
    ).first()


def find(session: Session, newsletter_id: int, name: str) -> Issue:
    """Return the issue called `2017-02`.

    Raises NoSuchError: there is none, or that is not a name of an issue.
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{1,4}", name):
        year, number = name.split("-")
        issue = session.scalars(
            sa.select(Issue).where(
                Issue.newsletter_id == newsletter_id,
                Issue.year == int(year),
                Issue.number == int(number),
            )
        ).first()
        if issue is not None:
            return issue
    raise NoSuchError(
        "There is no issue {name}. Nothing was changed. See all: newsletter issues list",
        name=name,
    )


def comes_at(session: Session, newsletter_id: int, *, now: datetime) -> datetime | None:
    """Return when the next issue goes out; None: that is not known, since none is scheduled."""
    return session.scalar(
        sa.select(sa.func.min(Issue.scheduled_at)).where(
            Issue.newsletter_id == newsletter_id,
            Issue.state == IssueState.SCHEDULED,
            Issue.scheduled_at > now,
        )
    )


def every(session: Session, newsletter_id: int) -> Sequence[Issue]:
    """Return all issues, newest first."""
    return session.scalars(
        sa.select(Issue)
        .where(Issue.newsletter_id == newsletter_id)
        .order_by(Issue.year.desc(), Issue.number.desc())
    ).all()
