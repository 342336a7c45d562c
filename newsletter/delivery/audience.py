"""Freeze the audience: one row for everybody who may be mailed now, in chunks.

Whoever subscribes later is not in it; whoever leaves later is skipped when it is their turn. Of an
issue for a segment, only who is in it as the issue remembers it: the segment may change meanwhile.
Of a correction, only who got what it corrects.
The rows are made inside the database: a million people need not come here and go back.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from newsletter.content import Sender
from newsletter.database import need_not_be_on_disk
from newsletter.delivery import counting, issue_states, readership
from newsletter.delivery.ledger import DELIVERIES
from newsletter.messages import message_id_for
from newsletter.models import DeliveryState, Issue
from subscribers import recipients
from subscribers.models import Subscriber

#: Subscribers looked at in one transaction: it must be over well within 250 ms.
CHUNK = 2_500


class _RandomName(FunctionElement[str]):
    """128 bits in hex that nobody can guess: of a fresh secret, and a number that no row shares."""

    type = sa.Text()
    inherit_cache = True


@compiles(_RandomName)
def _in_sqlite(_name: _RandomName, _compiler: SQLCompiler, **_options: Any) -> str:
    return "lower(hex(randomblob(16)))"


@compiles(_RandomName, "postgresql")
def _in_postgresql(name: _RandomName, compiler: SQLCompiler, **options: Any) -> str:
    # Asking the kernel for random bits again for each row took a quarter of all the time.
    secret, number = (compiler.process(clause, **options) for clause in name.clauses)
    return f"left(encode(sha256(CAST({secret} || {number} AS bytea)), 'hex'), 32)"


def freeze_chunk(
    session: Session,
    issue_id: int,
    *,
    sender: Sender,
    now: datetime,
    limit: int = CHUNK,
) -> datetime | None:
    """Add the next rows of the audience; return when it was complete, once it is.

    Goes on where the last chunk that is stored ended: it can be stopped and called again at any
    time. Message-ID and envelope sender are fixed here, for a retry must be the same message.

    Raises HeaderError: the from address makes no Message-ID.
    """
    issue = issue_states.find(session, issue_id, lock=True)
    if issue.audience_frozen_at is not None:
        return issue.audience_frozen_at
    if issue.audience_through is None:
        raise ValueError("the issue is not being sent")
    _, goes_on = add_page(
        session,
        issue,
        readership.of(issue),
        sender=sender,
        now=now,
        after=issue.audience_frozen_through,
        through=issue.audience_through,
        limit=limit,
    )
    if goes_on is None:
        issue.audience_frozen_at = now
    else:
        issue.audience_frozen_through = goes_on
        # Nobody is sent to before the last of them, and whoever loses one makes it again.
        need_not_be_on_disk(session)
    return issue.audience_frozen_at


def add_page(
    session: Session,
    issue: Issue,
    within: sa.ColumnElement[bool] | None,
    *,
    sender: Sender,
    now: datetime,
    after: int,
    through: int,
    limit: int,
) -> tuple[int, int | None]:
    """Make a row of everybody on a page who may be mailed, and is `within`.

    Returns how many, and after whom to go on, None on the last page. Raises as `freeze_chunk`.
    """
    page = recipients.page(session, issue.newsletter_id, after=after, through=through, limit=limit)
    added = session.connection().execute(
        _adding(issue, within, sender=sender, now=now),
        {
            "newsletter_id": issue.newsletter_id,
            "after": after,
            "through": page.last_id,
            "at": now,
        },
    )
    issue.audience += added.rowcount
    counting.add(session, issue.id, added.rowcount)
    return added.rowcount, page.last_id if page.is_full else None


def _adding(
    issue: Issue, within: sa.ColumnElement[bool] | None, *, sender: Sender, now: datetime
) -> sa.Insert:
    # Checked here, once for all of them.
    domain = message_id_for("anybody", sender.from_address).partition("@")[2]
    same_for_all: dict[str, Any] = {
        "issue_id": issue.id,
        "envelope_sender": sender.envelope_sender or sender.from_address,
        "state": DeliveryState.QUEUED,
        "reason": "",
        "attempts": 0,
        "last_reply": "",
        "changed_at": now,
    }
    people = recipients.mailable_between(within).add_columns(
        ("<" + _RandomName(sa.literal(secrets.token_hex()), Subscriber.id) + f"@{domain}").label(
            "message_id"
        ),
        *(sa.literal(value, DELIVERIES.c[name].type) for name, value in same_for_all.items()),
    )
    columns = ("subscriber_id", "address", "domain", "address_hash", "message_id", *same_for_all)
    adding = sa.insert(DELIVERIES).from_select(list(columns), people)
    return adding.execution_options(preserve_rowcount=True)
