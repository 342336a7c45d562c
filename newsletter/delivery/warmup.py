"""A new server or domain earns its reputation: few messages on the first day, more on every next.

Only days on which something was sent count: whoever sends once a week grows once a week. A day is
one on the calendar of the newsletter. What was taken on each stands in the row of the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.delivery.limits import ENDLESS, Taken
from subscribers.wording import Sentence


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How many messages go on the first day, and how they grow until there is no limit."""

    first: int
    factor: float
    #: A day that would allow so many needs no limit any more.
    full: int
    zone: ZoneInfo

    @property
    def name(self) -> str:
        """What its row is called."""
        return "warm-up"

    @property
    def sentence(self) -> Sentence:
        """What holds somebody back."""
        return Sentence("the warm-up plan")

    def of_day(self, number: int) -> int:
        """Return how many messages may go on a day, counted from 0; ENDLESS once warm.

        >>> plan = WarmUp(50, 2, 300, ZoneInfo("Europe/Stockholm"))
        >>> [plan.of_day(number) for number in range(3)], plan.of_day(3) == ENDLESS
        ([50, 100, 200], True)
        """
        share = float(self.first)
        # Step by step: a power of many days would be too large to be a number.
        for _ in range(number):
            if share >= self.full:
                break
            share *= self.factor
        return int(share) if share < self.full else ENDLESS

    def room(self, taken: Taken, now: float) -> int:
        """Return how many messages may still go today."""
        tomorrow = self.tomorrow(now)
        return max(0, self.of_day(self.day(taken, now)) - dict(taken).get(tomorrow, 0))

    def room_again_at(self, taken: Taken, now: float) -> float:
        """Return when the next day begins."""
        return self.tomorrow(now)

    def after(self, taken: Taken, count: int, now: float) -> Taken:
        """Return what was taken on each day; nothing is added once the plan is over."""
        if self.of_day(self.day(taken, now)) == ENDLESS:
            return taken
        days, tomorrow = dict(taken), self.tomorrow(now)
        days[tomorrow] = days.get(tomorrow, 0) + count
        return sorted(days.items())

    def day(self, taken: Taken, now: float) -> int:
        """Return how many days before today something was sent on."""
        return sum(ends <= now for ends, _ in taken)

    def tomorrow(self, now: float) -> float:
        """Return when today ends."""
        today = datetime.fromtimestamp(now, self.zone).date()
        midnight = datetime.combine(today + timedelta(days=1), time(), self.zone)
        return midnight.astimezone(UTC).timestamp()
