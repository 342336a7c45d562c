"""`subscribers stats`: how many are on the list."""

from __future__ import annotations

from newsletter.cli.command import Common, Output
from subscribers import stats as counting
from subscribers.listing import STATUS_NAMES, Status
from subscribers.stats import Stats

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
