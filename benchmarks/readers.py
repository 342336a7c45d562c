"""A list of any length and an approved issue, as the stages before sending leave them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa

from benchmarks.messages import CONTENT, RENDERED, SENDER
from newsletter.database import Database
from newsletter.delivery import audience
from newsletter.delivery.books import Books
from newsletter.issues import approval
from newsletter.issues.approval import FrozenIssue
from newsletter.models import Issue
from subscribers.models import Newsletter, Subscriber, Subscription, SubscriptionState
from subscribers.tokens import Keys

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
#: Invented; a benchmark has nothing to hide.
KEYS = Keys(
    current="benchmark, not for use anywhere else",
    former=(),
    suppression="another benchmark, not for use either",
)
FROZEN = FrozenIssue(content=CONTENT, rendered=RENDERED, sender=SENDER)
DOMAINS = tuple(f"kommun{number}.example.org" for number in range(290))
_CHUNK = 20_000


def fill(database: Database, count: int) -> int:
    """Store `count` active subscribers and one approved issue; return the issue's row."""
    database.upgrade()
    with database.writing() as session:
        newsletter = Newsletter(slug="nyhetsbrev")
        session.add(newsletter)
        session.flush()
        newsletter_id = newsletter.id
        issue = Issue(
            newsletter_id=newsletter_id,
            year=2026,
            number=2,
            issued_on=date(2026, 11, 20),
            created_at=NOW,
        )
        session.add(issue)
        session.flush()
        approval.approve(
            session,
            issue,
            content=FROZEN.content,
            rendered=FROZEN.rendered,
            sender=FROZEN.sender,
            open_hints=[],
            approved_by="benchmark",
            now=NOW,
        )
        issue_id = issue.id
    for start in range(1, count + 1, _CHUNK):
        numbers = range(start, min(start + _CHUNK, count + 1))
        with database.writing() as session:
            session.execute(sa.insert(Subscriber), [_subscriber(number) for number in numbers])
            session.execute(
                sa.insert(Subscription),
                [
                    {
                        "subscriber_id": number,
                        "newsletter_id": newsletter_id,
                        "state": SubscriptionState.ACTIVE,
                        "since": NOW,
                        "source": "benchmark",
                    }
                    for number in numbers
                ],
            )
    return issue_id


def _subscriber(number: int) -> dict[str, object]:
    domain = DOMAINS[number % len(DOMAINS)]
    address = f"forvaltning.lasare{number}@{domain}"
    return {
        "id": number,
        "address": address,
        "address_key": address,
        "address_hash": KEYS.address_hash(address),
        "domain": domain,
        "created_at": NOW,
    }


async def freeze(database: Database) -> Books:
    """Freeze the audience of the issue; return the books of who did."""
    books = Books(database, 1, clock=lambda: datetime.now(UTC))
    await books.begin(FROZEN)
    while await books.freeze_chunk(FROZEN, limit=audience.CHUNK) is None:
        pass
    return books
