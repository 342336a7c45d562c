"""Choose what goes into an issue: what is on offer, and making the issue hold what was ticked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.issues import editing
from newsletter.issues.composing import latest, pool
from newsletter.issues.section_rules import SectionRules
from newsletter.models import Issue, Item, ItemKind, PlacedItem


@dataclass(frozen=True, slots=True)
class Offer:
    """An item that can be ticked."""

    item: Item
    #: Where it stands, or would stand.
    section: str
    #: It is in the issue, with the editor's own words where there are any.
    placed: PlacedItem | None = None

    @property
    def title(self) -> str:
        """The title readers would see."""
        own = self.placed.title if self.placed else None
        return self.item.title if own is None else own


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything on offer for an issue, newest first."""

    #: In the issue, or new since the last one.
    new: Sequence[Offer]
    #: Older, or undated, and never used.
    older: Sequence[Offer]
    #: Announcements of the newsletter itself, kept out.
    hidden: int


def offers(session: Session, issue: Issue, *, rules: SectionRules) -> Offers:
    """Return what can be chosen for an issue."""
    placed = {
        row.item.id: Offer(row.item, section.name, row)
        for section in issue.sections
        for row in section.placed_items
    }
    last = latest(session, issue.newsletter_id, before=issue.issued_on, but=issue)
    since = last.issued_on if last else None
    unused = [
        Offer(item, rules.suggest(title=item.title, text=item.excerpt, kind=item.kind.value))
        for item in pool(session, issue.newsletter_id, since=None)
    ]
    new: list[Offer] = [*placed.values()]
    older: list[Offer] = []
    for offer in unused:
        day = offer.item.published_on
        is_new = since is None or (day is not None and day > since)
        (new if is_new else older).append(offer)
    announcements = sa.select(sa.func.count(Item.id)).where(Item.kind == ItemKind.ANNOUNCEMENT)
    return Offers(_by_date(new), _by_date(older), session.scalar(announcements) or 0)


def choose(
    session: Session,
    issue: Issue,
    chosen: Mapping[int, str],
    *,
    offered: Collection[int],
    lead: int | None,
    rules: SectionRules,
) -> bool:
    """Let the issue hold, of the items offered, exactly those chosen, each in its section.

    Items that were not offered stay as they are: somebody else may have added them meanwhile.
    `lead` is the top story; None, or one that is not chosen, leaves it as it is. Returns whether
    anything changed; if nothing did, an approval stands.

    Raises IssueStateError: the sending has begun.
    """
    before = _arranged(issue)
    home = {row.item.id: section for section in issue.sections for row in section.placed_items}
    for item_id in offered:
        section = chosen.get(item_id)
        if section is None and item_id in home:
            editing.remove_item(issue, item_id)
        elif section is not None and item_id not in home:
            item = session.get(Item, item_id)
            if item is not None:
                editing.add_item(issue, item, rules=rules, section=section)
        elif section is not None and home[item_id].name != section:
            editing.move_item(session, issue, item_id, section=section, position=None)
    placed = [row for section in issue.sections for row in section.placed_items]
    leading = [row.item.id for row in placed if row.is_lead]
    if lead is not None and lead in {row.item.id for row in placed} and leading != [lead]:
        editing.set_lead(issue, lead)
    elif not leading and placed:
        editing.set_lead(issue, placed[0].item.id)
    session.flush()
    return _arranged(issue) != before


def _arranged(issue: Issue) -> list[tuple[str, int, bool]]:
    return [
        (section.name, row.item.id, row.is_lead)
        for section in issue.sections
        for row in section.placed_items
    ]


def _by_date(found: Sequence[Offer]) -> list[Offer]:
    """Newest first; undated last; items of one date as their page had them."""

    def key(offer: Offer) -> tuple[bool, int, int, int]:
        day = offer.item.published_on
        return (day is None, -day.toordinal() if day else 0, offer.item.page_order, offer.item.id)

    return sorted(found, key=key)
