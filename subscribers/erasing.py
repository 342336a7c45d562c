"""The one door through which rows of the consent ledger are deleted.

Triggers in the database refuse every other way, a cascade from `subscribers` included.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers.models import Erasing


@contextmanager
def permitted(session: Session, subscriber_ids: Collection[int]) -> Iterator[None]:
    """Let these people be deleted with their consent, in this transaction and this block alone.

    For erasure, retention, and undoing an import of people who were unknown before it.
    """
    ids = sorted(subscriber_ids)
    if ids:
        session.execute(sa.insert(Erasing), [{"subscriber_id": number} for number in ids])
    yield
    session.flush()
    session.execute(sa.delete(Erasing).where(Erasing.subscriber_id.in_(ids)))
