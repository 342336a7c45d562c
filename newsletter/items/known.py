"""The stored items that a page may be speaking of: the same story, or one that resembles it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.items import links, similar
from newsletter.items.drafts import ItemDraft, title_identity, url_identity
from newsletter.models import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Resembling:
    """Another story that a draft may be the same as."""

    title: str
    published_on: date | None
    #: None where it is another draft of the same page.
    item_id: int | None
    #: The addresses are the same, and the titles are not.
    has_same_url: bool = False


class Known:
    """The stored items that a page may be speaking of."""

    def __init__(self, session: Session, drafts: Sequence[ItemDraft]) -> None:
        """Read those known by the address or title of a draft, and those of the days around."""
        identities = {identity for draft in drafts for identity in _identities(draft)}
        days = [draft.published_on for draft in drafts if draft.published_on]
        near = (
            sa.and_(
                Item.published_on >= min(days) - similar.NEAR,
                Item.published_on <= max(days) + similar.NEAR,
            )
            if days
            else sa.false()
        )
        candidates = session.scalars(
            sa.select(Item).where(
                Item.identity.in_(identities)
                | near
                | (Item.published_on.is_(None) if len(days) < len(drafts) else sa.false())
            )
        )
        self._by_identity: dict[str, Item] = {}
        self._others: list[Resembling] = []
        aliases: dict[str, Item] = {}
        for item in candidates:
            self._by_identity[item.identity] = item
            self._others.append(
                Resembling(title=item.title, published_on=item.published_on, item_id=item.id)
            )
            # Another source of the same story may lack the address, or only it may have one.
            aliases[title_identity(item.title, item.published_on)] = item
            if item.url:
                aliases[url_identity(item.url)] = item
        self._by_identity = aliases | self._by_identity

    def find(self, draft: ItemDraft) -> Item | None:
        """Return the item that a draft is about; None: the story is new."""
        for identity in _identities(draft):
            if identity in self._by_identity:
                return self._by_identity[identity]
        return None

    def others(self) -> Sequence[Resembling]:
        """Return the stored items of these days, in the form they are pointed at."""
        return self._others


def resembling(draft: ItemDraft, others: Iterable[Resembling]) -> Resembling | None:
    """Return the first story of nearly the same title and days; None: there is none."""
    for other in others:
        is_near = similar.is_near(draft.published_on, other.published_on)
        if is_near and similar.is_same_title(draft.title, other.title):
            return other
    return None


def under_another_title(draft: ItemDraft, item: Item) -> Resembling | None:
    """Return the item a draft was stored as, if it has the address and a title of its own."""
    is_same = links.is_same(item.url, draft.url) if draft.url else False
    if not is_same or similar.is_same_title(item.title, draft.title):
        return None
    return Resembling(
        title=item.title, published_on=item.published_on, item_id=item.id, has_same_url=True
    )


def _identities(draft: ItemDraft) -> tuple[str, ...]:
    """Return what a draft may be stored under, the surest first."""
    by_title = title_identity(draft.title, draft.published_on)
    return (draft.identity, by_title) if draft.url else (by_title,)
