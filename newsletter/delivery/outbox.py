"""The outbox: mails about a subscription, one row each, sent before any issue.

How its rows move while they are sent is in `mails_in_flight`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import Sender
from newsletter.delivery.ledger import FREE
from newsletter.delivery.service_mails import KINDS
from newsletter.messages import message_id_for
from newsletter.models import DeliveryState, ServiceMail
from subscribers.addresses import Address
from subscribers.tokens import Keys

MAILS = cast(sa.Table, ServiceMail.__table__)
#: Nothing more can become of these; an uncertain one may be sent again.
DONE = (DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.SKIPPED)


def add(
    session: Session,
    kind: str,
    *,
    to: Address,
    newsletter_id: int,
    language: str,
    sender: Sender,
    keys: Keys,
    now: datetime,
    subscriber_id: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> ServiceMail:
    """Put a service mail into the outbox; it goes once this is committed, within a moment.

    `kind` is one of `service_mails.KINDS`; `fields` are what its function needs beside the person,
    as JSON takes it. Message-ID and envelope sender are fixed here.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind of service mail called {kind}")
    mail = ServiceMail(
        newsletter_id=newsletter_id,
        kind=kind,
        subscriber_id=subscriber_id,
        address=to.wire,
        domain=to.domain,
        address_hash=keys.address_hash(to.key),
        language=language,
        fields=dict(fields or {}),
        created_at=now,
        message_id=message_id_for(secrets.token_hex(16), sender.from_address),
        envelope_sender=sender.envelope_sender or sender.from_address,
        changed_at=now,
    )
    session.add(mail)
    session.flush()
    return mail


def open_mails(session: Session, *, limit: int) -> Sequence[ServiceMail]:
    """Return the mails that are not done with, the uncertain first, then the oldest."""
    return session.scalars(
        sa.select(ServiceMail)
        .where(ServiceMail.state.not_in(DONE))
        .order_by(ServiceMail.state != DeliveryState.UNCERTAIN, ServiceMail.id)
        .limit(limit)
    ).all()


def resend(session: Session, mail_id: int, *, now: datetime) -> bool:
    """Queue an uncertain mail again, on somebody's word; False if there is no such mail."""
    changed = session.scalar(
        sa.update(MAILS)
        .where(MAILS.c.id == mail_id, MAILS.c.state == DeliveryState.UNCERTAIN)
        .values(state=DeliveryState.QUEUED, reason="", next_attempt_at=now, changed_at=now, **FREE)
        .returning(MAILS.c.id)
    )
    return changed is not None
