"""The tables of the content store: items, their pictures, and where their links lead."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from subscribers.models import Base, state_column


class ItemKind(enum.Enum):
    """What an item is about."""

    #: A piece of news.
    NEWS = "news"
    #: Our own newsletter being announced; kept, but hidden from the next issue.
    ANNOUNCEMENT = "announcement"
    #: Something that takes place at a time; goes to the calendar.
    EVENT = "event"
    #: Written by the editor, from no source.
    NOTE = "note"


class Picture(Base):
    """A picture by its content: every machine sees it, and a withdrawn one is gone everywhere."""

    __tablename__ = "pictures"

    #: SHA-256 of the bytes, hex; also its address on the web.
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: "image/jpeg", "image/png" or "image/gif".
    media_type: Mapped[str] = mapped_column(String(32))
    #: Pixels.
    width: Mapped[int]
    #: Pixels.
    height: Mapped[int]
    content: Mapped[bytes]
    created_at: Mapped[datetime]


class Item(Base):
    """One piece of news in the content store."""

    __tablename__ = "items"
    __table_args__ = (Index("ix_items_pool", "published_on", "page_order"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    #: Canonical URL, else normalised title and date; the same story is never stored twice.
    identity: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[ItemKind] = mapped_column(state_column(ItemKind))
    title: Mapped[str]
    #: None where the source gave none.
    published_on: Mapped[date | None]
    #: The text as the editor may use it: blanks tidied, marks of truncation taken off.
    excerpt: Mapped[str]
    #: The text as the source had it.
    raw_excerpt: Mapped[str]
    #: The source cut the text off.
    truncated: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    url: Mapped[str] = mapped_column(default="")
    link_text: Mapped[str] = mapped_column(default="")
    hidden: Mapped[bool] = mapped_column(default=False)
    #: Where it stood on its page; items of one date keep the page's order.
    page_order: Mapped[int] = mapped_column(default=0)
    #: "sv", "en", …
    language: Mapped[str] = mapped_column(String(8), default="sv")
    #: Only for events.
    starts_at: Mapped[datetime | None] = mapped_column(default=None)
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    place: Mapped[str] = mapped_column(default="")
    picture_sha256: Mapped[str | None] = mapped_column(
        ForeignKey("pictures.sha256", ondelete="SET NULL"), default=None
    )
    picture_alt: Mapped[str] = mapped_column(default="")
    picture_caption: Mapped[str] = mapped_column(default="")
    picture_credit: Mapped[str] = mapped_column(default="")


class LinkCheck(Base):
    """What a link led to when somebody last looked: a cache, which may be emptied at any time."""

    __tablename__ = "link_checks"

    #: SHA-256 of the address, hex: addresses are too long for an index.
    url_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: A word of `issues.hints.LinkResult`.
    result: Mapped[str] = mapped_column(String(32))
    #: As HTTP has it, like 404; None where nobody answered.
    status: Mapped[int | None]
    #: Of an http:// address: whether the same page is under https://; None: not known.
    has_https: Mapped[bool | None]
    checked_at: Mapped[datetime]
