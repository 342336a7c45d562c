"""`subscribers stats`: how many are on the list, and how it grows."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.cli.command import Common, Output
from newsletter.delivery import results
from subscribers import stats as counting
from subscribers.listing import STATUS_NAMES, Status
from subscribers.stats import Growth, Stats

#: Months drawn, the current one among them.
_MONTHS = 12
#: Characters of the longest bar.
_WIDTH = 32
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def stats(*, common: Common | None = None) -> None:
    """Count the list: who may be mailed, and who may not.

    Example: subscribers stats --json
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = counting.of(session, app.newsletter_id, at=app.clock())
        growth = counting.growth_by_month(
            session, app.newsletter_id, months=_MONTHS, at=app.clock(), zone=app.settings.zone
        )
        months = {f"{first:%Y-%m}": growth for first, growth in growth.items()}
        last = _last_issue(session, app)
    out.say(
        "Subscribers: {active} active · {pending} pending · {unsubscribed} unsubscribed · "
        "{suppressed} suppressed",
        active=found.active,
        pending=found.pending,
        unsubscribed=found.unsubscribed,
        suppressed=found.suppressed,
    )
    for line in _bars(out, found):
        out.plain(line)
    if found.paused or found.not_supported:
        out.say(
            "Among the active: {paused} paused, {not_supported} with an address no issue can be "
            "sent to yet",
            paused=found.paused,
            not_supported=found.not_supported,
        )
    if last is not None:
        out.say(
            "Latest issue {issue}, {day}: {accepted} accepted by servers, {refused} refused, "
            "{left} unsubscribed within 7 days",
            issue=last["issue"],
            day=last["sent_at"].astimezone(app.settings.zone).date(),
            accepted=out.language.number(last["accepted"]),
            refused=out.language.number(last["refused"]),
            left=out.language.number(last["left_within_7_days"]),
        )
        out.say(
            "Growth since then: {change} ({joined} new, {left} gone)",
            change=f"{last['joined_since'] - last['left_since']:+}",
            joined=out.language.number(last["joined_since"]),
            left=out.language.number(last["left_since"]),
        )
    for line in _chart(out, months):
        out.plain(line)
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
            "months": [
                {"month": month, "joined": growth.joined, "left": growth.left}
                for month, growth in months.items()
            ],
            "latest_issue": last and {**last, "sent_at": last["sent_at"].isoformat()},
        }
    )


def _last_issue(session: Session, app: App) -> dict[str, Any] | None:
    """Return how the latest issue that was sent went, and what happened since then."""
    now = app.clock()
    for result in results.latest(session, app.newsletter_id, now=now, limit=1):
        since = results.growth_since(session, app.newsletter_id, result, now=now)
        return {
            "issue": result.name,
            "sent_at": result.sent_at,
            "accepted": result.accepted,
            "refused": result.refused_for_good + result.refused_softly,
            "left_within_7_days": result.left,
            "joined_since": since.joined,
            "left_since": since.left,
        }
    return None


def _chart(out: Output, months: dict[str, Growth]) -> list[str]:
    """Return a line for each month: who came, who left, and a bar for those who came."""
    number = out.language.number
    came = {month: f"+{number(growth.joined)}" for month, growth in months.items()}
    gone = {month: f"−{number(growth.left)}" for month, growth in months.items()}
    came_width = max(map(len, came.values()), default=0)
    gone_width = max(map(len, gone.values()), default=0)
    longest = max((growth.joined for growth in months.values()), default=0)
    return [
        f"  {month}  {came[month]:>{came_width}}  {gone[month]:>{gone_width}}  "
        f"{bar(growth.joined, longest)}".rstrip()
        for month, growth in months.items()
    ]


def _bars(out: Output, found: Stats) -> list[str]:
    """Return a bar for each status, the longest as long as there is room for."""
    counts = {
        Status.ACTIVE: found.active,
        Status.PENDING: found.pending,
        Status.UNSUBSCRIBED: found.unsubscribed,
        Status.SUPPRESSED: found.suppressed,
    }
    names = {status: out.language.say(STATUS_NAMES[status]) for status in counts}
    numbers = {status: out.language.number(n) for status, n in counts.items()}
    name_width = max(map(len, names.values()))
    number_width = max(map(len, numbers.values()))
    longest = max(counts.values())
    return [
        f"  {names[status]:<{name_width}}  {numbers[status]:>{number_width}}  {bar(n, longest)}"
        for status, n in counts.items()
        if longest
    ]


def bar(value: int, longest: int) -> str:
    """Return a bar of eighths of a character; somebody is never drawn as nobody.

    >>> bar(100, 100) == "█" * 32, bar(1, 1_000_000), bar(0, 100)
    (True, '▏', '')
    """
    eighths = max(round(value / longest * _WIDTH * 8), 1) if value else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8]
