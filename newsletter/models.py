"""The tables of `newsletter`: items, pictures, issues, rendered issues, deliveries, service mails.

The four states and their arrows are drawn in docs/architecture.md; `subscribers.models` has the
tables about people.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from subscribers.models import Base, Newsletter, Subscriber, state_column, where_both

__all__ = [
    "AcceptedHint",
    "Base",
    "Delivery",
    "DeliveryCount",
    "DeliveryState",
    "FailedSignIn",
    "Issue",
    "IssueState",
    "IssueVersion",
    "Item",
    "ItemKind",
    "LinkCheck",
    "Newsletter",
    "Picture",
    "PlacedItem",
    "RenderedIssueRow",
    "Role",
    "Section",
    "SendingLimit",
    "ServiceMail",
    "SignIn",
    "Subscriber",
    "User",
]


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


class DeliveryState(enum.Enum):
    """What became of one issue to one recipient."""

    #: Waiting for its turn.
    QUEUED = "queued"
    #: Leased by a worker, committed before MAIL FROM is written; from here a crash leaves doubt.
    IN_FLIGHT = "in_flight"
    #: A server said 250 to the final dot. Not "delivered": nobody can know that.
    ACCEPTED = "accepted"
    #: Told to come back later (4yz); waits for `next_attempt_at`.
    DEFERRED = "deferred"
    #: Waits until its group of domains has room again.
    PARKED = "parked"
    #: Told no for good (5yz), or the deadline passed.
    REFUSED = "refused"
    #: Crash or silence after the final dot: may have gone. Re-sent only on command.
    UNCERTAIN = "uncertain"
    #: Not sent on purpose: unsubscribed, suppressed or erased meanwhile, or cancelled.
    SKIPPED = "skipped"


class Role(enum.Enum):
    """What a user of the desk may do."""

    #: Composes, checks and tests; approves and sends as well, unless four eyes are asked for.
    EDITOR = "editor"
    #: Also approves and sends what others made, where four eyes are asked for.
    APPROVER = "approver"
    #: Also sees the list in numbers, imports and the audit log.
    ADMIN = "admin"


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
    #: The audience is everybody mailable up to this subscriber; None: not begun.
    audience_through: Mapped[int | None] = mapped_column(default=None)
    #: All rows of the audience are made.
    audience_frozen_at: Mapped[datetime | None] = mapped_column(default=None)
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


class Delivery(Base):
    """One issue to one recipient, and how it went. The ledger is the queue."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("issue_id", "subscriber_id"),
        Index("ix_deliveries_due", "issue_id", "state", "next_attempt_at", "id"),
        Index(
            "ix_deliveries_parked",
            *("issue_id", "domain_group", "next_attempt_at", "id"),
            **where_both("domain_group IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, init=False
    )
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    #: None after erasure; the counts stay.
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscribers.id", ondelete="SET NULL"), index=True
    )
    #: The address it was made for, in wire form; emptied by erasure.
    address: Mapped[str]
    #: As A-labels, for limits and reports per domain.
    domain: Mapped[str] = mapped_column(String(255))
    #: For the suppression check; 32 bytes.
    address_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    #: Fixed when the row is made (RFC 5322, 3.6.4), with its angle brackets.
    message_id: Mapped[str]
    #: Fixed when the row is made: a retry must be byte-identical.
    envelope_sender: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(
        state_column(DeliveryState), default=DeliveryState.QUEUED
    )
    #: Why it was skipped, refused, deferred or is uncertain: a word of `delivery.outcomes.Reason`.
    reason: Mapped[str] = mapped_column(String(32), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    #: The Date header; fixed at the first attempt.
    first_attempt_at: Mapped[datetime | None] = mapped_column(default=None)
    #: Not before this time; None: at once.
    next_attempt_at: Mapped[datetime | None] = mapped_column(default=None)
    #: The group of domains it waits for room in; None unless it is parked.
    domain_group: Mapped[str | None] = mapped_column(String(60), default=None)
    #: Which worker holds it: host, process and a random part.
    lease_owner: Mapped[str | None] = mapped_column(String(64), default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    #: When its state was last changed.
    changed_at: Mapped[datetime | None] = mapped_column(default=None)
    #: The server's last words, its code first, with the address taken out.
    last_reply: Mapped[str] = mapped_column(default="")


class DeliveryCount(Base):
    """Running count of an issue's deliveries by state, kept in the transaction that moves them."""

    __tablename__ = "delivery_counts"

    issue_id: Mapped[int] = mapped_column(
        ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[DeliveryState] = mapped_column(state_column(DeliveryState), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class SendingLimit(Base):
    """What was taken under one limit of sending and still counts; shared by all workers."""

    __tablename__ = "sending_limits"

    #: What the limit holds for, and in which span: "all per hour".
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    #: Pairs: until when it counts, in seconds since 1970, and how many messages it were.
    taken: Mapped[list[Any]] = mapped_column(JSON)


class ServiceMail(Base):
    """One mail about a subscription to one person: a confirmation, a receipt. The outbox.

    Its columns are those of a delivery, and mean the same.
    """

    __tablename__ = "service_mails"
    __table_args__ = (Index("ix_service_mails_due", "state", "next_attempt_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    #: The folder of its templates: "confirmation".
    kind: Mapped[str] = mapped_column(String(32))
    #: Whom it is about; None after erasure, or where it is about nobody on the list.
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscribers.id", ondelete="SET NULL"), index=True
    )
    #: In wire form; emptied once nothing more can become of it.
    address: Mapped[str]
    #: As A-labels.
    domain: Mapped[str] = mapped_column(String(255))
    #: For the suppression check; 32 bytes.
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: "sv" or "en".
    language: Mapped[str] = mapped_column(String(8))
    #: What its template needs that stands nowhere else. No link and no token: those are made when
    #: the mail is composed.
    fields: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    message_id: Mapped[str]
    envelope_sender: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(
        state_column(DeliveryState), default=DeliveryState.QUEUED
    )
    reason: Mapped[str] = mapped_column(String(32), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    first_attempt_at: Mapped[datetime | None] = mapped_column(default=None)
    next_attempt_at: Mapped[datetime | None] = mapped_column(default=None)
    lease_owner: Mapped[str | None] = mapped_column(String(64), default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    changed_at: Mapped[datetime | None] = mapped_column(default=None)
    last_reply: Mapped[str] = mapped_column(default="")


class User(Base):
    """Somebody who may work at the desk; kept by name after removal, for what they approved."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    #: As it was written.
    address: Mapped[str]
    #: Normalised (`subscribers.addresses`).
    address_key: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(state_column(Role))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None] = mapped_column(default=None)
    #: Argon2id, with its parameters; None until the invitation is used.
    password_hash: Mapped[str | None] = mapped_column(default=None)
    #: What the user's app works codes out from (RFC 6238), base32.
    code_secret: Mapped[str | None] = mapped_column(String(64), default=None)
    #: The step of time of the last code that was taken: none is taken twice.
    last_code_step: Mapped[int | None] = mapped_column(default=None)
    #: SHA-256 of the token in the invitation; None where there is none.
    invitation_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None, index=True)
    invited_until: Mapped[datetime | None] = mapped_column(default=None)


class SignIn(Base):
    """One browser in which a user is signed in."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    #: SHA-256 of the token in the cookie.
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    began_at: Mapped[datetime]
    until: Mapped[datetime]


class FailedSignIn(Base):
    """A wrong answer at the door, kept for an hour: by keyed hash, not by address or network."""

    __tablename__ = "failed_sign_ins"
    __table_args__ = (Index("ix_failed_sign_ins_whom", "whom", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    whom: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(index=True)


class DutyRow(Base):
    """When one of the program's duties is due, and how it went last; see `newsletter.worker`."""

    __tablename__ = "duties"

    #: A name of `worker.duties.DUTIES`.
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime]
    #: Which worker is at it.
    lease_owner: Mapped[str | None] = mapped_column(String(64), default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    #: What it did last, or what went wrong; in English, without addresses.
    last_result: Mapped[str] = mapped_column(default="")
    #: How often in a row it went wrong.
    failures: Mapped[int] = mapped_column(default=0)


class Attempt(Base):
    """Something that strangers may do only so often, done once; forgotten after a day."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_key", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    #: Keyed hash of what was done and by whom, or to whom: never an address; 32 bytes.
    key: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(index=True)


class Installation(Base):
    """Which database this is, so that a restored copy can be told; `worker.installation`."""

    __tablename__ = "installation"

    #: There is one row.
    id: Mapped[int] = mapped_column(primary_key=True)
    #: Random; another one after every adoption.
    mark: Mapped[str] = mapped_column(String(64))
    #: Where the database knew itself to be.
    place: Mapped[str]
    #: Grows while the database is in use: an older state of it has a smaller one.
    generation: Mapped[int]
