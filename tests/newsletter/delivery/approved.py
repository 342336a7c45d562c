"""An approved issue and its readers, as the stages before sending leave them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import ADDRESS_SLOT, TOKEN_SLOT, RenderedIssue
from newsletter.database import Database
from newsletter.delivery import smtp_url
from newsletter.delivery.smtp import SmtpTransport, Timeouts
from newsletter.issues import approval
from newsletter.issues.approval import FrozenIssue
from newsletter.models import Delivery, DeliveryState, Issue, IssueState
from subscribers import addresses
from subscribers.models import Newsletter, Subscriber, Subscription, SubscriptionState
from subscribers.tokens import Keys
from tests.builders import make_issue_content, make_sender

RENDERED = RenderedIssue(
    subject="Årets andra nummer",
    html=f"<p>Till {ADDRESS_SLOT}</p><p>.</p><a href='https://x.example.org/{TOKEN_SLOT}'>Av</a>",
    text=f"Till {ADDRESS_SLOT}\n.\n..\n.en punkt först\nhttps://x.example.org/{TOKEN_SLOT}\n",
    web_article="<article></article>",
    feed_entry="<p></p>",
)
FROZEN = FrozenIssue(content=make_issue_content(), rendered=RENDERED, sender=make_sender())


def reader(number: int) -> str:
    """Return the address of an invented reader; there are three domains."""
    return f"reader{number}@{('example.org', 'example.com', 'example.net')[number % 3]}"


def readers(count: int) -> list[str]:
    return [reader(number) for number in range(1, count + 1)]


def approve_issue(
    database: Database,
    keys: Keys,
    people: Sequence[str] | int,
    *,
    now: datetime,
    frozen: FrozenIssue = FROZEN,
) -> int:
    """Store subscribers and an approved issue; return the issue's row."""
    with database.writing() as session:
        newsletter = Newsletter(slug="nyhetsbrev")
        session.add(newsletter)
        session.flush()
        written = readers(people) if isinstance(people, int) else people
        subscribers = [
            Subscriber(
                address=address.written,
                address_key=address.key,
                address_hash=keys.address_hash(address.key),
                domain=address.domain,
                created_at=now,
            )
            for address in map(addresses.read, written)
        ]
        session.add_all(subscribers)
        session.flush()
        session.add_all(
            Subscription(
                subscriber_id=subscriber.id,
                newsletter_id=newsletter.id,
                state=SubscriptionState.ACTIVE,
                since=now,
                source="test",
            )
            for subscriber in subscribers
        )
        return _approve(session, newsletter, number=2, now=now, frozen=frozen)


def approve_another(
    database: Database, *, number: int, now: datetime, frozen: FrozenIssue = FROZEN
) -> int:
    """Store another approved issue for the same subscribers; return its row."""
    with database.writing() as session:
        newsletter = session.scalars(sa.select(Newsletter)).one()
        return _approve(session, newsletter, number=number, now=now, frozen=frozen)


def _approve(
    session: Session, newsletter: Newsletter, *, number: int, now: datetime, frozen: FrozenIssue
) -> int:
    issue = Issue(
        newsletter_id=newsletter.id,
        year=2026,
        number=number,
        issued_on=date(2026, 11, 20),
        created_at=now,
    )
    session.add(issue)
    session.flush()
    approval.approve(
        session,
        issue,
        content=frozen.content,
        rendered=frozen.rendered,
        sender=frozen.sender,
        open_hints=[],
        approved_by="Robin Exempel",
        now=now,
    )
    return issue.id


def deliveries(database: Database, issue_id: int) -> dict[str, Delivery]:
    """Return every row of an issue by its address."""
    with database.reading() as session:
        rows = session.scalars(
            sa.select(Delivery).where(Delivery.issue_id == issue_id).order_by(Delivery.id)
        )
        return {row.address: row for row in rows}


def states(database: Database, issue_id: int) -> dict[str, DeliveryState]:
    return {address: row.state for address, row in deliveries(database, issue_id).items()}


def issue_state(database: Database, issue_id: int) -> IssueState:
    with database.reading() as session:
        return session.scalars(sa.select(Issue.state).where(Issue.id == issue_id)).one()


def unsubscribe(database: Database, address: str) -> None:
    """Take somebody off the list the way any other part of the program would."""
    with database.writing() as session:
        subscriber_id = session.scalars(
            sa.select(Subscriber.id).where(Subscriber.address == address)
        ).one()
        session.execute(
            sa.update(Subscription)
            .where(Subscription.subscriber_id == subscriber_id)
            .values(state=SubscriptionState.UNSUBSCRIBED)
        )


def smtp(url: str, *, within: float = 5) -> SmtpTransport:
    """Return a transport that is not patient: a test should fail, not wait."""
    return SmtpTransport(
        smtp_url.parse(url),
        timeouts=Timeouts(
            connect=within, command=within, data=within, block=within, final_dot=within, goodbye=1
        ),
    )
