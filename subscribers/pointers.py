"""Let a suppression name who has its address, by number, so that counts find it in a long list.

It only helps to find them: whether somebody is suppressed is decided by the hash (`why_not`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import audit
from subscribers.models import Subscriber, Suppression


def point_at(session: Session, people: sa.Select[int, bytes]) -> None:
    """Let what stands against the addresses of some people name them.

    `people` gives number and hash. For whoever gives somebody an address: a suppression of it may
    have been there before.
    """
    whose = people.subquery()
    session.execute(
        sa.update(Suppression)
        .where(Suppression.address_hash == whose.c[1])
        .values(subscriber_id=whose.c[0])
        .execution_options(synchronize_session=False)
    )


def missed(session: Session) -> Sequence[int]:
    """Return who is suppressed by a row that does not name them.

    On PostgreSQL an address can be given and suppressed at the same moment, neither seeing the
    other; a lock against that would let everybody wait for everybody.
    """
    return session.scalars(
        sa.select(Subscriber.id)
        .join(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(Suppression.subscriber_id.is_(None))
        .distinct()
    ).all()


def mend(session: Session, people: Sequence[int], *, at: datetime, actor: str) -> None:
    """Point at people who were missed, with a line in the audit log."""
    theirs = sa.select(Subscriber.id, Subscriber.address_hash).where(Subscriber.id.in_(people))
    point_at(session, theirs)
    audit.record(
        session,
        at=at,
        actor=actor,
        action="suppression.pointed",
        subject="suppressions",
        count=len(people),
        details={"subscribers": list(people)},
    )
