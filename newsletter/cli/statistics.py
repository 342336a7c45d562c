"""`subscribers stats`: how many are on the list."""

from __future__ import annotations

from newsletter.cli.command import Common
from subscribers import stats as counting


def stats(*, common: Common | None = None) -> None:
    """Count the list: who may be mailed, and who may not.

    Example: subscribers stats --json
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = counting.of(session, app.newsletter_id, at=app.clock())
    out.say(
        "Subscribers: {active} active · {pending} pending · {unsubscribed} unsubscribed · "
        "{suppressed} suppressed",
        active=found.active,
        pending=found.pending,
        unsubscribed=found.unsubscribed,
        suppressed=found.suppressed,
    )
    if found.paused or found.not_supported:
        out.say(
            "Among the active: {paused} paused, {not_supported} with an address no issue can be "
            "sent to yet",
            paused=found.paused,
            not_supported=found.not_supported,
        )
    out.say(
        "On the suppression list: {n} entry",
        plural="On the suppression list: {n} entries",
        n=found.suppression_list,
    )
    out.result(
        {
            "active": found.active,
            "pending": found.pending,
            "unsubscribed": found.unsubscribed,
            "suppressed": found.suppressed,
            "paused": found.paused,
            "not_supported": found.not_supported,
            "suppression_list": found.suppression_list,
        }
    )
