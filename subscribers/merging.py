"""Find people who are on the list twice, and make one of two; the strictest always wins.

The one who is given up stays as a name for the other: an old mail's link to leave still takes both
off, and no import brings the address back. The ledger of consent only grows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import addresses, audit
from subscribers.errors import UnsafeError, UsageError
from subscribers.models import (
    ConsentEvent,
    ConsentKind,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
)

#: Moves what another package keeps about the second of two people to the first.
Follow = Callable[[Session, int, int], None]

#: The strictest last.
_STRICTNESS = (
    SubscriptionState.ACTIVE,
    SubscriptionState.PENDING,
    SubscriptionState.UNSUBSCRIBED,
)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did, or would do."""

    kept: int
    given_up: int
    #: How the kept person stands afterwards, by newsletter.
    states: dict[int, SubscriptionState]
    #: Suppressions of the other address that now hold for the kept one too.
    suppressions: int
    #: Events of the ledger told again for the kept person.
    events: int


def duplicates(session: Session) -> list[list[int]]:
    """Return groups of ids whose addresses are probably one person's, as a hint and no more.

    Alike are addresses that differ in a +tag, in dots at Gmail, or in a slip of a well-known
    domain. Whoever was merged already is left out. First stands the address to keep: the one
    without all that, else the oldest; the group is known by its number.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    plain_ones: set[int] = set()
    rows = session.execute(
        sa.select(Subscriber.id, Subscriber.address_key, Subscriber.domain)
        .where(
            Subscriber.merged_into.is_(None),
            sa.or_(
                Subscriber.address_key.like("%+%"),
                Subscriber.domain.in_(addresses.LOOSE_DOMAINS),
            ),
        )
        .order_by(Subscriber.id)
    )
    for row in rows:
        groups[addresses.likeness(row.address_key)].append(row.id)
    alike = list(groups)
    for start in range(0, len(alike), _SLICE):
        # Written without a tag, an address is its own likeness and was not in the rows above.
        plain = session.execute(
            sa.select(Subscriber.id, Subscriber.address_key).where(
                Subscriber.merged_into.is_(None),
                Subscriber.address_key.in_(alike[start : start + _SLICE]),
            )
        )
        for subscriber_id, key in plain:
            plain_ones.add(subscriber_id)
            if subscriber_id not in groups[key]:
                groups[key].append(subscriber_id)
    return sorted(
        sorted(ids, key=lambda number: (number not in plain_ones, number))
        for ids in groups.values()
        if len(ids) > 1
    )


def others_like(session: Session, subscriber_id: int) -> list[int]:
    """Return the others in the group of `duplicates` that somebody is in.

    Raises UsageError: they are in none.
    """
    for group in duplicates(session):
        if subscriber_id in group:
            return [number for number in group if number != subscriber_id]
    raise UsageError(
        "Nobody on the list seems to be the same person as {id}. Nothing was changed. "
        "See who does: subscribers duplicates",
        id=subscriber_id,
    )


def merge(
    session: Session,
    kept_id: int,
    given_up_id: int,
    *,
    at: datetime,
    actor: str,
    follow: Sequence[Follow] = (),
) -> Merged:
    """Make one person of two, in every newsletter; nobody is lifted.

    Raises UsageError: it is one person, or one of them is nobody; UnsafeError: one of them was
    merged before. Nothing was changed.
    """
    subscriptions = _subscriptions(session, [kept_id, given_up_id])
    kept, given_up = _two(session, kept_id, given_up_id)
    ours, theirs = subscriptions[kept.id], subscriptions[given_up.id]
    states: dict[int, SubscriptionState] = {}
    for newsletter_id, other in theirs.items():
        mine = ours.get(newsletter_id)
        if mine is None:
            mine = Subscription(
                subscriber_id=kept.id,
                newsletter_id=newsletter_id,
                state=other.state,
                since=other.since,
                source=other.source,
                paused_until=other.paused_until,
            )
            session.add(mine)
        elif _STRICTNESS.index(other.state) > _STRICTNESS.index(mine.state):
            mine.state, mine.since = other.state, other.since
        pauses = [at for at in (mine.paused_until, other.paused_until) if at is not None]
        mine.paused_until = max(pauses, default=None)
        states[newsletter_id] = mine.state
        other.state, other.since, other.optin_due_at = SubscriptionState.UNSUBSCRIBED, at, None
    given_up.merged_into = kept.id
    session.flush()
    suppressions = _suppress_as(session, kept, given_up, at=at)
    events = _tell_again(session, kept.id, given_up.id)
    for newsletter_id in theirs:
        for subscriber_id, other_id in ((kept.id, given_up.id), (given_up.id, kept.id)):
            session.add(
                ConsentEvent(
                    subscriber_id=subscriber_id,
                    newsletter_id=newsletter_id,
                    kind=ConsentKind.MERGED,
                    at=at,
                    source=f"subscriber:{other_id}",
                    actor=actor,
                )
            )
    session.flush()
    for one in follow:
        one(session, kept.id, given_up.id)
    audit.record(
        session,
        at=at,
        actor=actor,
        action="subscriber.merged",
        subject=f"subscriber:{kept.id}",
        count=2,
        details={"given_up": given_up.id, "states": [state.value for state in states.values()]},
    )
    standing = {newsletter_id: row.state for newsletter_id, row in ours.items()} | states
    return Merged(kept.id, given_up.id, standing, suppressions, events)


_SLICE = 500


def _two(session: Session, kept_id: int, given_up_id: int) -> tuple[Subscriber, Subscriber]:
    if kept_id == given_up_id:
        raise UsageError("That is one and the same person. Nothing was changed.")
    found = {
        row.id: row
        for row in session.scalars(
            sa.select(Subscriber)
            .where(Subscriber.id.in_([kept_id, given_up_id]))
            .order_by(Subscriber.id)
            # Not the key: whoever leaves just now notes it on these people, and we wait for them.
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    }
    if len(found) < 2:
        raise UsageError("One of the two is not in the list. Nothing was changed.")
    if any(row.merged_into is not None for row in found.values()):
        raise UnsafeError("One of the two was merged with somebody before. Nothing was changed.")
    return found[kept_id], found[given_up_id]


def _subscriptions(session: Session, ids: Sequence[int]) -> dict[int, dict[int, Subscription]]:
    """Return the subscriptions of each person by newsletter."""
    # Locked: whoever leaves just now leaves before or after, never in between.
    rows = session.scalars(
        sa.select(Subscription)
        .where(Subscription.subscriber_id.in_(ids))
        .order_by(Subscription.subscriber_id, Subscription.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: dict[int, dict[int, Subscription]] = {number: {} for number in ids}
    for row in rows:
        found[row.subscriber_id][row.newsletter_id] = row
    return found


def _suppress_as(session: Session, kept: Subscriber, given_up: Subscriber, *, at: datetime) -> int:
    """Let every suppression of the address given up hold for the kept one; return how many."""
    against = {
        subscriber.id: {
            (row.reason, row.newsletter_id): row
            for row in session.scalars(
                sa.select(Suppression).where(Suppression.address_hash == subscriber.address_hash)
            )
        }
        for subscriber in (kept, given_up)
    }
    missing = [row for key, row in against[given_up.id].items() if key not in against[kept.id]]
    session.add_all(
        Suppression(
            reason=row.reason,
            at=at,
            address_hash=kept.address_hash,
            subscriber_id=kept.id,
            newsletter_id=row.newsletter_id,
            note=row.note,
        )
        for row in missing
    )
    session.flush()
    return len(missing)


def _tell_again(session: Session, kept_id: int, given_up_id: int) -> int:
    """Add the events of the one given up to the kept one's history; return how many."""
    events = session.scalars(
        sa.select(ConsentEvent)
        .where(ConsentEvent.subscriber_id == given_up_id)
        .order_by(ConsentEvent.id)
    ).all()
    copied = [
        column.key
        for column in sa.inspect(ConsentEvent).column_attrs
        if column.key not in ("id", "subscriber_id")
    ]
    session.add_all(
        ConsentEvent(subscriber_id=kept_id, **{name: getattr(event, name) for name in copied})
        for event in events
    )
    session.flush()
    return len(events)
