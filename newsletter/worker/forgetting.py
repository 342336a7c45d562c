"""Forget what was kept only for a while: changes of address, and how often strangers did something.

Both are also forgotten whenever somebody does the same again; this is for quiet times.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from newsletter.app import App
from newsletter.models import Attempt
from subscribers import address_changes

#: The longest span in which anything is counted.
_COUNTED_FOR = timedelta(days=1)


def forget(app: App) -> None:
    """Forget changes that nobody can confirm or undo any more, and what counts no more."""
    now = app.clock()
    with app.database.writing() as session:
        address_changes.forget_old(session, at=now)
        session.execute(sa.delete(Attempt).where(Attempt.at < now - _COUNTED_FOR))
