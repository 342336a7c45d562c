"""Store what sources say: new, changed or unchanged, and never the same story twice.

All drafts of a page are stored in one transaction, the caller's, or none of them. Issues freeze
what they use when they are approved, so a stored item may change under a sent issue.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.errors import NoSuchError
from newsletter.foreign_passages import unmarked
from newsletter.items.drafts import ItemDraft, title_identity
from newsletter.items.known import Known, Resembling, resembling, under_another_title
from newsletter.items.sources import tidying
from newsletter.models import Item, ItemKind

#: Of a source that does not say.
HOME_LANGUAGE = "sv"
#: Two imports at once would both find a story missing; any constant that nothing else uses.
_IMPORT_LOCK = 7_120_218


class Outcome(enum.Enum):
    """What became of a draft."""

    #: Stored for the first time.
    NEW = "new"
    #: Stored before; the source has other words now.
    CHANGED = "changed"
    #: Stored before, with these words.
    UNCHANGED = "unchanged"
    #: New, and announces our own newsletter: stored, but hidden.
    ANNOUNCEMENT = "announcement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One draft and what became of it."""

    draft: ItemDraft
    #: None where nothing was stored yet: a new draft in a preview.
    item: Item | None
    outcome: Outcome
    #: The source changed, but an editor had written their own text: that one stands.
    kept_own_words: bool = False
    #: Stored or above on the page: probably the same story under other words. The editor decides.
    perhaps_same: Resembling | None = None
    #: The text of the source as it was stored before this.
    stored_text: str = ""


def preview(session: Session, drafts: Sequence[ItemDraft]) -> list[Imported]:
    """Return what `save` would do with the drafts, and what each resembles; nothing is stored."""
    known = Known(session, drafts)
    return _with_resembling(_planned(drafts, known), known)


def _planned(drafts: Sequence[ItemDraft], known: Known) -> list[Imported]:
    seen: dict[str, Imported] = {}
    outcomes = []
    for draft in drafts:
        identity = draft.identity
        if identity in seen:
            # Twice on one page: the first stands.
            outcome = Imported(draft=draft, item=seen[identity].item, outcome=Outcome.UNCHANGED)
        else:
            outcome = seen[identity] = _compared(draft, known.find(draft))
        outcomes.append(outcome)
    return outcomes


def save(session: Session, drafts: Sequence[ItemDraft], *, now: datetime) -> list[Imported]:
    """Store the drafts of one page, in its order, and return what became of each.

    An item that an editor has reworded keeps those words; what an editor has hidden stays hidden.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_IMPORT_LOCK)))
    stored: dict[str, Item] = {}
    outcomes = []
    for page_order, planned in enumerate(_planned(drafts, Known(session, drafts))):
        draft = planned.draft
        item = planned.item or stored.get(draft.identity)
        if item is None:
            item = _item_of(draft, now=now)
            session.add(item)
        elif planned.outcome is Outcome.CHANGED:
            _update(item, draft, keep_excerpt=planned.kept_own_words, now=now)
        if draft.identity not in stored:
            item.page_order = page_order
            stored[draft.identity] = item
        outcomes.append(replace(planned, item=item))
    session.flush()
    return outcomes


def find(session: Session, item_id: int) -> Item:
    """Return a stored item.

    Raises NoSuchError: no item has this number.
    """
    item = session.get(Item, item_id) if 0 < item_id < 2**31 else None
    if item is None:
        raise NoSuchError(
            "There is no item {id}. Nothing was done. See which there are: newsletter items list",
            id=item_id,
        )
    return item


def search(
    session: Session,
    *,
    since: date | None = None,
    hidden: bool | None = None,
    kind: ItemKind | None = None,
    text: str = "",
) -> list[Item]:
    """Return items newest first, those of one date in the order of their page.

    `since`: later than or on this date, and undated ones not. `hidden`: None for both. `text`:
    all its words are in title, text or place, whatever their case.
    """
    query = sa.select(Item).order_by(
        Item.published_on.desc().nulls_last(), Item.page_order, Item.id
    )
    if since is not None:
        query = query.where(Item.published_on >= since)
    if hidden is not None:
        query = query.where(Item.hidden == hidden)
    if kind is not None:
        query = query.where(Item.kind == kind)
    # In Python: SQLite folds the case of A to Z only, and Å, Ä and Ö are letters too.
    words = tidying.line(text).casefold().split()
    return [item for item in session.scalars(query) if _has_all(item, words)]


def _has_all(item: Item, words: Iterable[str]) -> bool:
    content = unmarked(f"{item.title}\n{item.excerpt}\n{item.place}").casefold()
    return all(word in content for word in words)


def _with_resembling(outcomes: Sequence[Imported], known: Known) -> list[Imported]:
    """Return outcomes with what each resembles; what was stored before was judged before."""
    pointed: list[Imported] = []
    for imported in outcomes:
        draft, item = imported.draft, imported.item
        other = None
        if item is not None:
            other = under_another_title(draft, item)
        elif imported.outcome is Outcome.NEW:
            above = (
                Resembling(title=one.draft.title, published_on=one.draft.published_on, item_id=None)
                for one in pointed
                if one.draft.identity != draft.identity
            )
            other = resembling(draft, chain(known.others(), above))
        pointed.append(replace(imported, perhaps_same=other))
    return pointed


def _compared(draft: ItemDraft, item: Item | None) -> Imported:
    if item is None:
        new = Outcome.ANNOUNCEMENT if draft.is_announcement else Outcome.NEW
        return Imported(draft=draft, item=None, outcome=new)
    # Other blanks are no other words: the page may have been copied in another way.
    if tidying.paragraphs(item.raw_excerpt) == tidying.paragraphs(draft.raw_excerpt):
        return Imported(draft=draft, item=item, outcome=Outcome.UNCHANGED)
    is_reworded = item.excerpt != tidying.uncut(item.raw_excerpt)[0]
    return Imported(
        draft=draft,
        item=item,
        outcome=Outcome.CHANGED,
        kept_own_words=is_reworded,
        stored_text=item.raw_excerpt,
    )


def _item_of(draft: ItemDraft, *, now: datetime) -> Item:
    return Item(
        identity=draft.identity,
        kind=ItemKind.ANNOUNCEMENT if draft.is_announcement else ItemKind.NEWS,
        title=draft.title,
        published_on=draft.published_on,
        excerpt=draft.excerpt,
        raw_excerpt=draft.raw_excerpt,
        truncated=draft.truncated,
        url=draft.url,
        language=draft.language or HOME_LANGUAGE,
        hidden=draft.is_announcement,
        created_at=now,
        updated_at=now,
    )


def _update(item: Item, draft: ItemDraft, *, keep_excerpt: bool, now: datetime) -> None:
    is_as_stored = item.identity == title_identity(item.title, item.published_on)
    if is_as_stored and item.title == unmarked(item.title):
        # Nobody has edited the title; the source may have changed its quotes or its case.
        item.title = draft.title
    if not keep_excerpt:
        item.excerpt, item.truncated = draft.excerpt, draft.truncated
    item.raw_excerpt = draft.raw_excerpt
    item.updated_at = now
