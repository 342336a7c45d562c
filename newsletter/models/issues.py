"""The tables of issues: what is composed, its versions, and what was approved."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.models.items import Item
from subscribers.models import Base, state_column


class IssueState(enum.Enum):
    """How far an issue has come."""

    #: Being written.
    DRAFT = "draft"
    #: Frozen by hash; any edit makes it a draft again.
    APPROVED = "approved"
    #: Approved, with a time to start.
    SCHEDULED = "scheduled"
    #: The audience is frozen, or being frozen, and messages go out.
    SENDING = "sending"
    #: Stopped on purpose or by trouble; everything waiting still waits.
    PAUSED = "paused"
    #: Nothing waits any more.
    SENT = "sent"
    #: Given up; what had not gone was skipped.
    CANCELLED = "cancelled"


class Issue(Base):
    """One dated, numbered selection of items: what an editor writes and readers receive."""

    __tablename__ = "issues"
    __table_args__ = (UniqueConstraint("newsletter_id", "year", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    year: Mapped[int]
    #: Counted from 1 every year.
    number: Mapped[int]
    issued_on: Mapped[date]
    created_at: Mapped[datetime]
    state: Mapped[IssueState] = mapped_column(state_column(IssueState), default=IssueState.DRAFT)
    subject: Mapped[str] = mapped_column(default="")
    preheader: Mapped[str] = mapped_column(default="")
    #: Markdown (`rendering.markdown`).
    editorial: Mapped[str] = mapped_column(default="")
    #: Who signs the editorial.
    signature_name: Mapped[str] = mapped_column(default="")
    signature_title: Mapped[str] = mapped_column(default="")
    #: Text of the contact block; empty: the standard words.
    contact: Mapped[str] = mapped_column(default="")
    #: Grows with every edit.
    revision: Mapped[int] = mapped_column(default=1)
    tests_sent: Mapped[int] = mapped_column(default=0)
    #: The hash of the rendered issue that was approved; None while a draft.
    approved_sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    scheduled_at: Mapped[datetime | None] = mapped_column(default=None)
    #: The segment it goes to (`subscribers.segments.Description`), as it was described when it was
    #: chosen; None: everybody.
    segment: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    #: The row of the issue it corrects, to whose readers alone it goes; None: of none.
    corrects_id: Mapped[int | None] = mapped_column(default=None)
    #: The audience is everybody mailable up to this subscriber; None: not begun.
    audience_through: Mapped[int | None] = mapped_column(default=None)
    #: Of these everybody up to this subscriber has a row, or is not to have one.
    audience_frozen_through: Mapped[int] = mapped_column(default=0)
    #: All rows of the audience are made.
    audience_frozen_at: Mapped[datetime | None] = mapped_column(default=None)
    #: How many rows the audience has; kept apart from their states, which have to add up to it.
    audience: Mapped[int] = mapped_column(default=0)
    #: Why it is paused, in the words of the server where there are any.
    paused_because: Mapped[str] = mapped_column(default="")
    #: Somebody saw that too many were refused for good, and had it sent all the same.
    refusals_known: Mapped[bool] = mapped_column(default=False)
    sending_since: Mapped[datetime | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    #: The version it shows (`issues.versions`); None until somebody has changed it at the desk.
    version_id: Mapped[int | None] = mapped_column(default=None)

    sections: Mapped[list[Section]] = relationship(
        order_by="Section.position", cascade="all, delete-orphan", default_factory=list
    )

    @property
    def name(self) -> str:
        """Year and number, the way people call it: `2017-02`."""
        return f"{self.year}-{self.number:02d}"


class IssueVersion(Base):
    """An issue as it was at one time: what undoing goes back to."""

    __tablename__ = "issue_versions"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), index=True)
    #: The version it was made from; None for the first.
    previous_id: Mapped[int | None] = mapped_column(
        ForeignKey("issue_versions.id", ondelete="CASCADE"), index=True
    )
    #: Of the issue, when this was kept.
    revision: Mapped[int]
    #: The editor's name.
    by: Mapped[str]
    at: Mapped[datetime]
    #: What was changed: "item 14", "subject"; empty for the order.
    place: Mapped[str] = mapped_column(String(64))
    #: Fields of the issue, its sections and the stories in them.
    content: Mapped[dict[str, Any]]


class Section(Base):
    """A named group of placed items; an empty one is not shown."""

    __tablename__ = "sections"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), init=False)
    name: Mapped[str]
    position: Mapped[int]

    placed_items: Mapped[list[PlacedItem]] = relationship(
        order_by="PlacedItem.position", cascade="all, delete-orphan", default_factory=list
    )


class PlacedItem(Base):
    """An item in an issue, with the editor's own words where they differ from the item's.

    None means "as the item has it"; the stored item is never touched.
    """

    __tablename__ = "placed_items"
    __table_args__ = (UniqueConstraint("section_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    section_id: Mapped[int] = mapped_column(ForeignKey("sections.id"), init=False)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True, init=False)
    item: Mapped[Item] = relationship()
    position: Mapped[int]
    #: The one top story: larger, first to be seen, its link a button.
    is_lead: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str | None] = mapped_column(default=None)
    text: Mapped[str | None] = mapped_column(default=None)
    url: Mapped[str | None] = mapped_column(default=None)
    link_text: Mapped[str | None] = mapped_column(default=None)
    language: Mapped[str | None] = mapped_column(String(8), default=None)
    picture_sha256: Mapped[str | None] = mapped_column(
        ForeignKey("pictures.sha256", ondelete="SET NULL"), default=None
    )
    picture_alt: Mapped[str | None] = mapped_column(default=None)
    picture_caption: Mapped[str | None] = mapped_column(default=None)
    picture_credit: Mapped[str | None] = mapped_column(default=None)


class AcceptedHint(Base):
    """A yellow hint that somebody looked at and let stand, with a reason and a name."""

    __tablename__ = "accepted_hints"
    __table_args__ = (UniqueConstraint("issue_id", "code", "fingerprint"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(32))
    #: Hash of the place and the words the hint is about: other words need a new acceptance.
    fingerprint: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str]
    accepted_by: Mapped[str]
    at: Mapped[datetime]


class RenderedIssueRow(Base):
    """What was approved, frozen: never changed after it is written."""

    __tablename__ = "rendered_issues"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), index=True)
    #: SHA-256, hex, over what was frozen (all below but who and when); checked before sending.
    sha256: Mapped[str] = mapped_column(String(64))
    #: The content as JSON (`newsletter.content.IssueContent`).
    snapshot: Mapped[str]
    subject: Mapped[str]
    #: The From, Reply-To and list identity as JSON (`newsletter.content.Sender`).
    sender: Mapped[str]
    base_url: Mapped[str]
    html: Mapped[str]
    text: Mapped[str]
    #: The issue as an article for the web, without the site around it.
    web_article: Mapped[str]
    #: The Atom content of the issue, HTML.
    feed_entry: Mapped[str]
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]
