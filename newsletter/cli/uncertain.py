"""`newsletter issues uncertain`: who may or may not have got an issue, with the evidence."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter.cli.command import Common, Output
from newsletter.delivery.reasons import NAMES, Reason
from newsletter.issues import composing
from newsletter.models import Delivery, DeliveryState
from subscribers import addresses
from subscribers.wording import Sentence


def uncertain(issue: str, /, *, common: Common | None = None) -> None:
    """List the readers who may or may not have got an issue, with what is known.

    The Message-ID is what to ask the mail server's log for; the first attempt is also the mail's
    Date.

    Example: newsletter issues uncertain 2026-02
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        rows = session.scalars(
            sa.select(Delivery)
            .where(Delivery.issue_id == found.id, Delivery.state == DeliveryState.UNCERTAIN)
            .order_by(Delivery.id)
        ).all()
    zone = app.settings.zone
    if rows:
        for row in rows:
            tried_at = row.changed_at or row.first_attempt_at or app.clock()
            out.plain(addresses.masked(row.address) if row.address else "–")
            out.plain(f"  {out.language.moment(tried_at, zone)}: "
                      f"{out.language.say(NAMES[Reason(row.reason)])}")  # fmt: skip
            if row.first_attempt_at is not None:
                out.plain("  " + out.language.say(_attempts(out, row, row.first_attempt_at, zone)))
            out.plain(f"  Message-ID {row.message_id}")
            if row.last_reply:
                out.plain(f"  {row.last_reply}")
        out.say(
            "To send to them again, which some may then get twice: "
            "newsletter issues resend-missing {issue} --uncertain --yes",
            issue=issue,
        )
    else:
        out.say("Nobody is uncertain.")
    out.result(
        [
            {
                "delivery": row.id,
                "address": addresses.masked(row.address) if row.address else "–",
                "tried_at": row.first_attempt_at,
                "changed_at": row.changed_at,
                "attempts": row.attempts,
                "reason": row.reason,
                "message_id": row.message_id,
                "last_reply": row.last_reply,
            }
            for row in rows
        ]
    )


def _attempts(out: Output, row: Delivery, first_at: datetime, zone: ZoneInfo) -> Sentence:
    return Sentence(
        "delivery {id}: {n} attempt, begun {time}",
        plural="delivery {id}: {n} attempts, the first begun {time}",
        id=row.id,
        n=row.attempts,
        time=out.language.moment(first_at, zone),
    )
