"""When a sending will be done, as far as its rules and the rate until now can tell.

The rules are asked as the sending will ask them, from now on, ten minutes of work at a time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from newsletter.delivery import limits
from newsletter.delivery.limits import Allowance, Limit, Rule, Span, Taken
from newsletter.delivery.servers import Server

#: Seconds of work that are looked at as one step.
_STEP = 600.0
#: Steps after which nobody cares any more.
_MOST_STEPS = 5000


@dataclass(frozen=True, slots=True)
class Forecast:
    """When all will have been tried, and what makes it last so long."""

    done_at: datetime
    #: None: the speed at which the servers take them.
    because: Rule | None


def of(
    session: Session,
    counts: Mapping[str, int],
    *,
    rules: Sequence[Rule],
    groups: Mapping[str, Sequence[Limit]],
    servers: Sequence[Server],
    rate: float,
    now: datetime,
) -> Forecast | None:
    """Return when so many will have been sent; None where neither rate nor rules tell.

    `counts` are the messages by group of domains, "" for all others; `rate` is in messages a
    second, 0 if it is not known.
    """
    general = [*rules, *_together(servers)]
    whole = [(sum(counts.values()), general)]
    parts = [(counts.get(name, 0), [*general, *extra]) for name, extra in groups.items()]
    forecasts = []
    for count, of_part in whole + parts:
        taken = limits.taken(session, of_part)
        if forecast := _walk(count, taken, rate=rate, now=now):
            forecasts.append(forecast)
    return max(forecasts, key=lambda forecast: forecast.done_at, default=None)


def _together(servers: Sequence[Server]) -> list[Limit]:
    """Return what all servers allow together, where every one of them has a limit."""
    together = []
    for span in Span:
        each = [[limit for limit in server.limits if limit.span is span] for server in servers]
        if servers and all(each):
            most = sum(limit.messages for limits in each for limit in limits)
            only = each[0][0]
            together.append(only if len(each) == 1 else Limit("servers", span, most))
    return together


def _walk(
    count: int, taken: Mapping[Rule, Taken], *, rate: float, now: datetime
) -> Forecast | None:
    paces = [rule for rule in taken if isinstance(rule, Limit) and rule.span is Span.SECOND]
    pace = min(paces, key=lambda limit: limit.messages, default=None)
    is_paced = pace is not None and (not rate or pace.messages < rate)
    speed = pace.messages if pace and is_paced else rate or math.inf
    if not count or (math.isinf(speed) and not taken):
        return None
    kept = {rule: rows for rule, rows in taken.items() if rule not in paces}
    blame = defaultdict[Rule | None, float](float)
    at, left = now.timestamp(), count
    for _ in range(_MOST_STEPS):
        allowance = Allowance(kept, now=datetime.fromtimestamp(at, UTC))
        if hold := allowance.hold:
            blame[hold.rule] += hold.until.timestamp() - at
            at = hold.until.timestamp()
            continue
        step = min(left, allowance.room, max(1, int(min(speed * _STEP, left))))
        kept = {**kept, **allowance.take(step)}
        blame[pace if is_paced else None] += step / speed
        at += step / speed
        left -= step
        if not left:
            return Forecast(datetime.fromtimestamp(at, UTC), max(blame, key=lambda r: blame[r]))
    return None
