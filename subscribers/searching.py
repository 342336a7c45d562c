"""Find people by a part of their address, in a list of a million."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import addresses
from subscribers.models import (
    IDN,
    Subscriber,
)

#: Of a search that finds more than this, no total is told.
COUNTED = 10_000


def ids(session: Session, search: str) -> Sequence[int]:
    """Return the ids of up to `COUNTED` + 1 people whose address has this in it, rising."""
    # One pass over the index of the keys, which holds nothing but them: 100 ms for a million.
    by_key = sa.select(Subscriber.id).where(_key_matches(search))
    query = by_key.limit(COUNTED + 1)
    found = set(session.scalars(query))
    if len(found) <= COUNTED:
        # A name such as "västra" stands in the key as its A-label; there are few of those.
        found |= set(
            session.scalars(
                sa.select(Subscriber.id)
                .where(sa.text(f"({IDN})"), _written_matches(search))
                .limit(COUNTED + 1)
            )
        )
    return sorted(found)


def _key_matches(search: str) -> sa.ColumnElement[bool]:
    return Subscriber.address_key.contains(addresses.folded(search), autoescape=True)


def _written_matches(search: str) -> sa.ColumnElement[bool]:
    # Lower case on SQLite is for ASCII only, so both ways of writing are tried.
    return sa.or_(
        Subscriber.address.contains(search.lower(), autoescape=True),
        Subscriber.address.icontains(search, autoescape=True),
    )


def matches(search: str) -> sa.ColumnElement[bool]:
    """Return the condition that this stands in somebody's address, however it is written."""
    return sa.or_(_key_matches(search), _written_matches(search))
