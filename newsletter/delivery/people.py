"""What sending keeps about people: told to them, and made anonymous when they are erased."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery.reasons import NAMES, Reason
from newsletter.foreign_passages import unmarked
from newsletter.models import Delivery, DeliveryState, Issue, IssueState, ServiceMail, Subscriber
from subscribers.chapters import Chapter, Word
from subscribers.wording import Sentence

#: What a state is called.
STATE_NAMES = {
    DeliveryState.QUEUED: Sentence("waiting"),
    DeliveryState.IN_FLIGHT: Sentence("being sent"),
    DeliveryState.ACCEPTED: Sentence("accepted by the receiving server"),
    DeliveryState.DEFERRED: Sentence("will be tried again"),
    DeliveryState.PARKED: Sentence("waiting"),
    DeliveryState.REFUSED: Sentence("refused by the receiving server"),
    DeliveryState.UNCERTAIN: Sentence("perhaps sent"),
    DeliveryState.SKIPPED: Sentence("not sent"),
}
#: States in which nothing more can become of a delivery.
_OVER = (DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.SKIPPED)
#: What a delivery has that leads to a person, as it is when nothing does. The Message-ID stands
#: beside the address in the logs of mail servers.
_ANONYMOUS = {
    "subscriber_id": None,
    "address": "",
    "domain": "",
    "address_hash": None,
    "message_id": "",
    "envelope_sender": "",
    "last_reply": "",
}


def deliveries(session: Session, numbers: Sequence[int]) -> Chapter:
    """Tell which issues went to a person, and how that went."""
    rows = session.execute(
        sa.select(Delivery, Issue)
        .join(Issue, Issue.id == Delivery.issue_id)
        .where(Delivery.subscriber_id.in_(numbers))
        .order_by(Delivery.id)
    )
    return Chapter(
        "deliveries",
        Sentence("Issues to you"),
        {
            "issue": Sentence("issue"),
            "subject": Sentence("subject"),
            "address": Sentence("address"),
            "state": Sentence("status"),
            "reason": Sentence("reason"),
            "first_attempt_at": Sentence("sent"),
            "attempts": Sentence("attempts"),
            "reply": Sentence("the server's words"),
        },
        [
            (
                issue.name,
                unmarked(issue.subject),
                delivery.address,
                Word(delivery.state.value, STATE_NAMES[delivery.state]),
                Word(delivery.reason, NAMES[Reason(delivery.reason)]) if delivery.reason else None,
                delivery.first_attempt_at,
                delivery.attempts,
                delivery.last_reply,
            )
            for delivery, issue in rows
        ],
    )


def service_mails(session: Session, numbers: Sequence[int]) -> Chapter:
    """Tell which mails about their subscription went to a person."""
    rows = session.scalars(
        sa.select(ServiceMail)
        .where(ServiceMail.subscriber_id.in_(numbers))
        .order_by(ServiceMail.id)
    )
    return Chapter(
        "service_mails",
        Sentence("Mails about your subscription"),
        {
            "kind": Sentence("kind"),
            "created_at": Sentence("time"),
            "address": Sentence("address"),
            "state": Sentence("status"),
        },
        [
            (
                mail.kind,
                mail.created_at,
                mail.address,
                Word(mail.state.value, STATE_NAMES[mail.state]),
            )
            for mail in rows
        ],
    )


def hold_audiences(session: Session) -> None:
    """Keep audiences from growing until the commit: nobody is added who is being erased.

    Do it first in a transaction that erases.
    """
    being_frozen = sa.and_(Issue.state == IssueState.SENDING, Issue.audience_frozen_at.is_(None))
    session.execute(sa.select(Issue.id).where(being_frozen).order_by(Issue.id).with_for_update())


def anonymise(session: Session, numbers: Sequence[int]) -> tuple[str, int]:
    """Take people out of their deliveries; every count stays, and what waits will be skipped."""
    ids = session.scalars(
        sa.update(Delivery)
        .where(_concerns(Delivery, numbers))
        .values(_ANONYMOUS)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).all()
    return "deliveries", len(ids)


def forget_service_mails(session: Session, numbers: Sequence[int]) -> tuple[str, int]:
    """Delete the mails about somebody's subscription, sent or not."""
    ids = session.scalars(
        sa.delete(ServiceMail)
        .where(_concerns(ServiceMail, numbers))
        .returning(ServiceMail.id)
        .execution_options(synchronize_session=False)
    ).all()
    return "service_mails", len(ids)


def settled(before: datetime) -> sa.Select[int]:
    """Return which deliveries that still name somebody have been over since before a time."""
    return (
        sa.select(Delivery.id)
        .where(Delivery.state.in_(_OVER), Delivery.changed_at < before, Delivery.message_id != "")
        .order_by(Delivery.id)
    )


def blank(session: Session, ids: Sequence[int]) -> None:
    """Take the address out of deliveries; that an issue went to the person, and how, stays."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_(ids))
        .values({name: value for name, value in _ANONYMOUS.items() if name != "subscriber_id"})
        .execution_options(synchronize_session=False)
    )


def settled_service_mails(before: datetime) -> sa.Select[int]:
    """Return which mails about subscriptions have been over since before a time."""
    return (
        sa.select(ServiceMail.id)
        .where(ServiceMail.state.in_(_OVER), ServiceMail.created_at < before)
        .order_by(ServiceMail.id)
    )


def delete_service_mails(session: Session, ids: Sequence[int]) -> None:
    """Delete these mails."""
    session.execute(sa.delete(ServiceMail).where(ServiceMail.id.in_(ids)))


def _concerns(
    table: type[Delivery] | type[ServiceMail], numbers: Sequence[int]
) -> sa.ColumnElement[bool]:
    """Return the condition that a row is about these people, or about nobody but their address."""
    hashes = sa.select(Subscriber.address_hash).where(Subscriber.id.in_(numbers))
    return sa.or_(
        table.subscriber_id.in_(numbers),
        sa.and_(table.subscriber_id.is_(None), table.address_hash.in_(hashes)),
    )
