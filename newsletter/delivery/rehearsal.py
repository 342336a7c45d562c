"""Send to nobody: test mails to colleagues, and whole issues into a folder.

Neither touches the ledger: a rehearsal must not make the real sending skip anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from newsletter import rendering
from newsletter.content import IssueContent, sha256_of
from newsletter.database import Database
from newsletter.delivery.outcomes import Accepted, Outcome
from newsletter.delivery.transport import Message, Transport, send_one
from newsletter.errors import TransportError
from newsletter.issues.approval import FrozenIssue
from newsletter.issues.proof import Press
from newsletter.messages import MessageRecipient, Signer, Skeleton, message_id_for
from subscribers import recipients
from subscribers.tokens import Claim, Keys, Purpose

#: Recipients read from the database at a time.
CHUNK = 1000


def as_test(content: IssueContent, number: int) -> IssueContent:
    """Return the content of the n-th test mail: marked at the top and in the subject.

    The number keeps mail programs from threading tests together, and then clipping them.
    """
    subject = f"[TEST {number}] {content.subject}"
    return replace(content, subject=subject, test_number=number)


async def send_test(
    content: IssueContent,
    addresses: Sequence[str],
    *,
    press: Press,
    keys: Keys,
    now: datetime,
    transport: Transport,
    signer: Signer | None = None,
) -> list[tuple[str, Outcome]]:
    """Send a test mail to each address (ASCII wire form) and return what became of each.

    Its links lead to a page that says it was a test and changes nothing.

    Raises TransportError: the mail server cannot be used; RenderingError.
    """
    rendered = rendering.render(content, theme=press.theme, templates=press.templates)
    skeleton = Skeleton.of(rendered, content=content, sender=press.sender, signer=signer)
    token = keys.sign(Claim(Purpose.TEST, 0, 0, now))
    outcomes: list[tuple[str, Outcome]] = []
    await transport.connect()
    try:
        for address in addresses:
            name = sha256_of("test", content.name, str(content.test_number), address, str(now))[:32]
            text = skeleton.fill(
                MessageRecipient(
                    address=address,
                    token=token,
                    message_id=message_id_for(name, press.sender.from_address),
                    date=now,
                )
            )
            outcome = await send_one(
                transport, Message(press.sender.envelope_sender, address, text)
            )
            outcomes.append((address, outcome))
    finally:
        await transport.close()
    return outcomes


async def write_all(
    database: Database,
    *,
    issue_id: int,
    newsletter_id: int,
    frozen: FrozenIssue,
    keys: Keys,
    now: datetime,
    transport: Transport,
    on_progress: Callable[[int], None],
    signer: Signer | None = None,
    within: sa.ColumnElement[bool] | None = None,
) -> int:
    """Write the message of everybody who may be mailed now to a folder; return how many.

    `within` is the condition of whom the issue is for (`readership`).

    Raises TransportError: the folder cannot be written to; what was written stays.
    """
    skeleton = Skeleton.of(
        frozen.rendered, content=frozen.content, sender=frozen.sender, signer=signer
    )
    await transport.connect()
    with database.reading() as session:
        through = recipients.last_subscriber(session)
    after = written = 0
    while True:
        with database.reading() as session:
            people = recipients.mailable(
                session,
                newsletter_id,
                after=after,
                through=through,
                limit=CHUNK,
                at=now,
                within=within,
            )
        for person in people:
            name = keys.message_name(issue_id, person.subscriber_id)
            claim = Claim(Purpose.UNSUBSCRIBE, person.subscriber_id, newsletter_id, now)
            text = skeleton.fill(
                MessageRecipient(
                    address=person.address,
                    token=keys.sign(claim),
                    message_id=message_id_for(name, frozen.sender.from_address),
                    date=now,
                )
            )
            outcome = await send_one(
                transport,
                Message(frozen.sender.envelope_sender, person.address, text),
            )
            if not isinstance(outcome, Accepted):
                raise TransportError(
                    "A message could not be written to the folder. {n} were written before it. "
                    "Check free disk space and permissions, then try again.",
                    n=written,
                )
            written += 1
            on_progress(written)
        if len(people) < CHUNK:
            return written
        after = people[-1].subscriber_id
