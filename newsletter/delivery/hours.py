"""The hours in which issues go out; outside them nothing is claimed, and the issue waits.

Mails about a subscription do not wait for them: somebody is sitting there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.delivery.limits import ENDLESS, Taken
from subscribers.wording import Sentence

#: How many days on to look for the next one with sending hours: one more than a week has.
_DAYS = 8


@dataclass(frozen=True, slots=True)
class SendingHours:
    """On some days of the week, from one clock time to another."""

    #: Monday is 0.
    days: frozenset[int]
    opens: time
    #: Not after `opens`: of the next day.
    closes: time
    zone: ZoneInfo

    @property
    def name(self) -> str:
        """Nothing is kept."""
        return ""

    @property
    def sentence(self) -> Sentence:
        """What holds somebody back."""
        return Sentence(
            "the sending hours, {opens} to {closes}",
            opens=f"{self.opens:%H:%M}",
            closes=f"{self.closes:%H:%M}",
        )

    def room(self, taken: Taken, now: float) -> int:
        """Return that anything may go, or nothing."""
        return ENDLESS if self.opens_at(datetime.fromtimestamp(now, UTC)) is None else 0

    def room_again_at(self, taken: Taken, now: float) -> float:
        """Return when the next sending hours begin."""
        opens_at = self.opens_at(datetime.fromtimestamp(now, UTC))
        return now if opens_at is None else opens_at.timestamp()

    def after(self, taken: Taken, count: int, now: float) -> Taken:
        """Return that nothing is kept."""
        return []

    def opens_at(self, now: datetime) -> datetime | None:
        """Return when the next sending hours begin; None within them."""
        opens, _ = self.next_open(now)
        return opens if opens > now else None

    def next_open(self, now: datetime) -> tuple[datetime, datetime]:
        """Return when the sending hours that are not over yet begin and end, in UTC."""
        today = now.astimezone(self.zone).date()
        # Those of yesterday may end today.
        for ahead in range(-1, _DAYS):
            day = today + timedelta(days=ahead)
            opens, closes = self._on(day)
            if day.weekday() in self.days and now < closes:
                return opens, closes
        raise ValueError("there are no sending hours on any day")

    def _on(self, day: date) -> tuple[datetime, datetime]:
        last = day if self.closes > self.opens else day + timedelta(days=1)
        # In UTC: on the day that clocks are put forward or back, an hour is missing or there twice.
        return (
            datetime.combine(day, self.opens, self.zone).astimezone(UTC),
            datetime.combine(last, self.closes, self.zone).astimezone(UTC),
        )
