"""The tables of sending: the ledger, its running counts, limits, and the outbox."""

from __future__ import annotations

import enum
from datetime import datetime
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
from sqlalchemy.orm import Mapped, mapped_column

from subscribers.models import Base, state_column, where_both


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

    # They are counted for every message, and Enum works its hash out from the name each time.
    __hash__ = object.__hash__


#: Deliveries whose reasons are told one by one: of those that were given up there is but one, and
#: they may be nearly all.
REASON_IS_ITS_OWN = (
    "state IN ('deferred', 'refused', 'skipped', 'uncertain') AND reason <> 'cancelled'"
)


class Delivery(Base):
    """One issue to one recipient, and how it went. The ledger is the queue."""

    __tablename__ = "deliveries"
    __table_args__ = (
        # In this order it also finds what a person was sent, for whoever erases or merges them.
        UniqueConstraint("subscriber_id", "issue_id"),
        Index("ix_deliveries_due", "issue_id", "state", "next_attempt_at", "id"),
        Index(
            "ix_deliveries_parked",
            *("issue_id", "domain_group", "next_attempt_at", "id"),
            **where_both("domain_group IS NOT NULL"),
        ),
        Index("ix_deliveries_reason", "issue_id", "reason", **where_both(REASON_IS_ITS_OWN)),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, init=False
    )
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    #: None after erasure; the counts stay.
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscribers.id", ondelete="SET NULL")
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
