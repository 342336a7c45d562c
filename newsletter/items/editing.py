"""Add, edit and hide items by hand.

What an editor writes in an item is never overwritten by an import (`items.store`).
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TypedDict, Unpack

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.errors import UsageError
from newsletter.items import links
from newsletter.items.drafts import LONGEST_TITLE, title_identity
from newsletter.items.sources import tidying
from newsletter.items.store import find
from newsletter.models import Item, ItemKind, Picture

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,4})?")


class ItemFields(TypedDict, total=False):
    """What can be written in an item by hand; a field that is left out stays as it is."""

    title: str
    #: Plain text; a blank line parts paragraphs.
    text: str
    url: str
    link_text: str
    published_on: date | None
    kind: ItemKind
    #: Aware. An item that is given a time becomes an event.
    starts_at: datetime | None
    ends_at: datetime | None
    place: str
    language: str


def add(session: Session, *, now: datetime, **fields: Unpack[ItemFields]) -> Item:
    """Store a note or an event that comes from no source, and return it.

    Raises UsageError: an empty title, a bad link, an event without a time, or there is an item
    with this title and date.
    """
    item = Item(
        identity="",
        kind=ItemKind.NOTE,
        title="",
        published_on=None,
        excerpt="",
        raw_excerpt="",
        truncated=False,
        created_at=now,
        updated_at=now,
    )
    fields.setdefault("title", "")
    _write(item, fields)
    # The page may bring the same news later: then it is known by the same words.
    item.identity = title_identity(item.title, item.published_on)
    same = session.scalar(sa.select(Item.id).where(Item.identity == item.identity))
    if same is not None:
        raise UsageError(
            "Item {id} has the same title and date. Nothing was added. "
            "Change that one: newsletter items edit {id}",
            id=same,
        )
    session.add(item)
    session.flush()
    return item


def edit(session: Session, item_id: int, *, now: datetime, **fields: Unpack[ItemFields]) -> Item:
    """Write other words, links or times in an item, and return it.

    An empty text empties a field; only a title cannot be empty. A text that is written anew is
    no longer cut off, unless it ends in a mark of truncation itself.

    Raises NoSuchError: no such item; UsageError: as `add`.
    """
    item = find(session, item_id)
    _write(item, fields)
    item.updated_at = now
    session.flush()
    return item


def hide(session: Session, item_id: int, *, hidden: bool = True, now: datetime) -> Item:
    """Keep an item out of the next issue, or, with `hidden` false, let it in again.

    Raises NoSuchError: no such item.
    """
    item = find(session, item_id)
    if item.hidden != hidden:
        item.hidden, item.updated_at = hidden, now
    session.flush()
    return item


def set_picture(
    session: Session,
    item_id: int,
    picture: Picture,
    *,
    alt: str,
    caption: str = "",
    credit: str = "",
    now: datetime,
) -> Item:
    """Give an item a stored picture, in place of the one it may have.

    `alt` is empty only where the picture says nothing the text does not; `credit` is the
    photographer's name, without "Foto:".

    Raises NoSuchError: no such item.
    """
    item = find(session, item_id)
    item.picture_sha256 = picture.sha256
    item.picture_alt = tidying.line(alt)
    item.picture_caption = tidying.line(caption)
    item.picture_credit = tidying.line(credit)
    item.updated_at = now
    session.flush()
    return item


def _write(item: Item, fields: ItemFields) -> None:
    if "title" in fields:
        item.title = _checked_title(fields["title"])
    if "text" in fields:
        item.excerpt = tidying.paragraphs(fields["text"])
        item.truncated = tidying.uncut(fields["text"])[1]
    if "url" in fields:
        item.url = links.checked(fields["url"])
    if "link_text" in fields:
        item.link_text = tidying.line(fields["link_text"])
    if "published_on" in fields:
        item.published_on = fields["published_on"]
    if "place" in fields:
        item.place = tidying.line(fields["place"])
    if "language" in fields:
        item.language = _checked_language(fields["language"])
    _write_times(item, fields)


def _write_times(item: Item, fields: ItemFields) -> None:
    if "starts_at" in fields:
        item.starts_at = fields["starts_at"]
    if "ends_at" in fields:
        item.ends_at = fields["ends_at"]
    item.kind = fields.get("kind", ItemKind.EVENT if fields.get("starts_at") else item.kind)
    if item.kind is not ItemKind.EVENT and not fields.get("ends_at"):
        item.starts_at = item.ends_at = None
    elif item.starts_at is None:
        raise UsageError(
            "An event needs a time. Nothing was changed. Say when it starts, like 2026-12-01 13:30."
        )
    elif item.ends_at is not None and item.ends_at < item.starts_at:
        raise UsageError("The event ends before it starts. Nothing was changed. Mend the times.")


def _checked_title(text: str) -> str:
    title = tidying.line(text)
    if not title:
        raise UsageError("An item needs a title. Nothing was changed. Write a few words.")
    if len(title) > LONGEST_TITLE:
        raise UsageError(
            "The title is longer than {n} characters. Nothing was changed. "
            "Write a shorter one and put the rest in the text.",
            n=LONGEST_TITLE,
        )
    return title


def _checked_language(code: str) -> str:
    if not _LANGUAGE.fullmatch(code):
        raise UsageError(
            "“{code}” is no code of a language. Nothing was changed. Write it like sv or en.",
            code=code,
        )
    return code
