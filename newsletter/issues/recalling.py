"""Recall what the hints compare an issue with: earlier issues, and how words are written here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import IssueContent
from newsletter.issues import link_checking
from newsletter.issues.hints import LinkResult, LinkState, SentIssue
from newsletter.issues.hints.texts import words_of
from newsletter.models import Issue, IssueState, Item, ItemKind, PlacedItem, Section

#: Newest texts that words are counted in; enough for years of news, and quickly read.
MOST_TEXTS = 500
#: States of an issue that readers have, or have begun to get.
_WENT_OUT = (IssueState.SENDING, IssueState.PAUSED, IssueState.SENT)


def titles_in(session: Session, issue: Issue) -> dict[int, str]:
    """Return the titles in an issue as readers see them, by item."""
    rows = session.execute(
        sa.select(Item.id, sa.func.coalesce(PlacedItem.title, Item.title))
        .join(PlacedItem, PlacedItem.item_id == Item.id)
        .join(Section, PlacedItem.section_id == Section.id)
        .where(Section.issue_id == issue.id)
        .order_by(Section.position, PlacedItem.position)
    )
    return dict(rows.all())


def sent_before(session: Session, issue: Issue, item_ids: Iterable[int]) -> dict[int, SentIssue]:
    """Return the last other issue of the newsletter that carried each item to readers.

    A correction says again what its readers have had; that is what it is for.
    """
    rows = session.execute(
        sa.select(PlacedItem.item_id, Issue.number, Issue.issued_on)
        .join(Section, PlacedItem.section_id == Section.id)
        .join(Issue, Section.issue_id == Issue.id)
        .where(
            PlacedItem.item_id.in_(tuple(item_ids)),
            Issue.newsletter_id == issue.newsletter_id,
            Issue.id.not_in((issue.id, issue.corrects_id or issue.id)),
            Issue.state.in_(_WENT_OUT),
        )
        .order_by(Issue.issued_on, Issue.number)
    )
    return {item_id: SentIssue(number, issued_on) for item_id, number, issued_on in rows}


def announcements_among(session: Session, item_ids: Iterable[int]) -> frozenset[int]:
    """Return those of some items that announce our own newsletter."""
    wanted = sa.select(Item.id).where(
        Item.id.in_(tuple(item_ids)), Item.kind == ItemKind.ANNOUNCEMENT
    )
    return frozenset(session.scalars(wanted))


def links(session: Session, content: IssueContent) -> dict[str, LinkState]:
    """Return what was found where the links of an issue lead, by address."""
    zone = ZoneInfo(content.zone)
    return {
        url: LinkState(
            LinkResult(row.result),
            row.checked_at.astimezone(zone).date(),
            row.status,
            row.has_https,
        )
        for url, row in link_checking.known(session, link_checking.links_in(content)).items()
    }


def vocabulary(session: Session, issue: Issue) -> Counter[str]:
    """Return in how many stored texts each word stands, case-folded.

    A text is an item with what editors made of it in other issues: one writer's habit counts once.
    """
    stored = sa.select(Item.id, Item.title, Item.excerpt).order_by(Item.id.desc())
    edited = (
        sa.select(
            PlacedItem.item_id,
            sa.func.coalesce(PlacedItem.title, ""),
            sa.func.coalesce(PlacedItem.text, ""),
        )
        .join(Section, PlacedItem.section_id == Section.id)
        .where(
            Section.issue_id != issue.id,
            PlacedItem.title.is_not(None) | PlacedItem.text.is_not(None),
        )
        .order_by(PlacedItem.id.desc())
    )
    newest = (sa.select(part.limit(MOST_TEXTS).subquery()) for part in (stored, edited))
    said: dict[int, set[str]] = {}
    for item_id, title, text in session.execute(sa.union_all(*newest)):
        said.setdefault(item_id, set()).update(words_of(f"{title} {text}".casefold()))
    return Counter(word for words in said.values() for word in words)
