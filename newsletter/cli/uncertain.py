"""`newsletter issues uncertain`: who may or may not have got an issue, and once more to them."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from cyclopts import Parameter

from newsletter.cli.command import Common
from newsletter.delivery import by_hand, issue_states
from newsletter.delivery.reasons import NAMES, Reason
from newsletter.errors import UnsafeError
from newsletter.issues import composing
from newsletter.models import Delivery, DeliveryState
from subscribers import addresses, audit


def uncertain(
    issue: str,
    /,
    *,
    resend: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """List the readers who may or may not have got an issue, with what is known.

    Example: newsletter issues uncertain 2026-02

    Parameters
    ----------
    resend
        Queue them again: the same message, which some of them may then get twice.
    yes
        They may get it twice; needed with --resend.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        rows = session.scalars(
            sa.select(Delivery)
            .where(Delivery.issue_id == found.id, Delivery.state == DeliveryState.UNCERTAIN)
            .order_by(Delivery.id)
        ).all()
    listed = [
        {
            "delivery": row.id,
            "address": addresses.masked(row.address) if row.address else "–",
            "tried_at": row.first_attempt_at,
            "reason": row.reason,
            "last_reply": row.last_reply,
        }
        for row in rows
    ]
    if not resend:
        if rows:
            out.table(
                ["address", "what is known"],
                [
                    (entry["address"], out.language.say(NAMES[Reason(entry["reason"])]))
                    for entry in listed
                ],
            )
            out.say("To send to them again: newsletter issues uncertain {issue} --resend --yes",
                    issue=issue)  # fmt: skip
        else:
            out.say("Nobody is uncertain.")
        out.result(listed)
        return
    if rows and not yes:
        raise UnsafeError(
            "{n} may get issue {issue} twice. Nothing was changed. Add --yes if that is meant.",
            n=len(rows),
            issue=issue,
        )
    with app.database.writing() as session:
        ids = [row.id for row in rows]
        count = by_hand.requeue_uncertain(session, found.id, ids, now=app.clock())
        if count:
            issue_states.reopen(session, found.id)
            audit.record(
                session,
                at=app.clock(),
                actor=app.actor,
                action="issue.resend_uncertain",
                subject=f"issue:{found.name}",
                count=count,
                details={},
            )
    out.say(
        "{n} waits again. Send with: newsletter issues send {issue}",
        plural="{n} wait again. Send with: newsletter issues send {issue}",
        n=count,
        issue=issue,
    )
    out.result({"requeued": count})
