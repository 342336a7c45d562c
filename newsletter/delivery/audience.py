"""Freeze the audience: one row for everybody who may be mailed now, in chunks.

Whoever subscribes later is not in it; whoever leaves later is skipped when it is their turn. Of an
issue for a segment, only who is in it as the issue remembers it: the segment may change meanwhile.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import Sender
from newsletter.delivery import issue_states, ledger
from newsletter.messages import message_id_for
from newsletter.models import Delivery, DeliveryState
from subscribers import recipients, segments
from subscribers.tokens import Keys

#: Rows made in one transaction: it must be over well within 250 ms.
CHUNK = 500


def freeze_chunk(
    session: Session,
    issue_id: int,
    *,
    sender: Sender,
    keys: Keys,
    now: datetime,
    limit: int = CHUNK,
) -> bool:
    """Add the next rows of the audience; True once it is complete.

    Goes on after the last row there is, so it can be stopped and called again at any time.
    Message-ID and envelope sender are fixed here, for a retry must be the same message.
    """
    issue = issue_states.find(session, issue_id, lock=True)
    if issue.audience_frozen_at is not None:
        return True
    if issue.audience_through is None:
        raise ValueError("the issue is not being sent")
    after = session.scalar(
        sa.select(sa.func.max(Delivery.subscriber_id)).where(Delivery.issue_id == issue_id)
    )
    people = recipients.mailable(
        session,
        issue.newsletter_id,
        after=after or 0,
        through=issue.audience_through,
        limit=limit,
        at=now,
        within=segments.within(issue.segment),
    )
    is_last = len(people) < limit
    people = recipients.held(session, people)
    if people:
        ledger.add(
            session,
            issue_id,
            [
                {
                    "issue_id": issue_id,
                    "subscriber_id": person.subscriber_id,
                    "address": person.address,
                    "domain": person.domain,
                    "address_hash": person.address_hash,
                    "message_id": message_id_for(
                        keys.message_name(issue_id, person.subscriber_id), sender.from_address
                    ),
                    "envelope_sender": sender.envelope_sender or sender.from_address,
                    "state": DeliveryState.QUEUED,
                    "reason": "",
                    "attempts": 0,
                    "last_reply": "",
                    "changed_at": now,
                }
                for person in people
            ],
        )
    if is_last:
        issue.audience_frozen_at = now
        return True
    return False
