"""How many messages at a time, and how fast."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

#: Seconds of sending that may be in flight together: what a crash leaves in doubt.
WINDOW_SECONDS = 0.2
#: Messages in flight together at most.
LARGEST_WINDOW = 64


class Pace:
    """Spreads messages evenly and measures how long one takes."""

    def __init__(
        self, messages_per_second: float, monotonic: Callable[[], float] | None = None
    ) -> None:
        """Take a limit, 0 for none, and a clock in seconds (the event loop's, if None)."""
        self._interval = 1 / messages_per_second if messages_per_second > 0 else 0.0
        self._monotonic = monotonic or asyncio.get_running_loop().time
        self._next_at = self._monotonic()
        self._seconds: float | None = None

    @property
    def window(self) -> int:
        """How many messages fit into one window at the rate they have gone until now.

        One at first, and while each takes longer than a window; never many more than last time.
        """
        if self._seconds is None:
            return 1
        return max(1, min(LARGEST_WINDOW, int(WINDOW_SECONDS / max(self._seconds, 1e-6))))

    @property
    def is_free(self) -> bool:
        """Whether there is no limit, so that the next message never has to wait."""
        return self._interval == 0

    @property
    def wait(self) -> float:
        """Seconds until the next message may go."""
        return max(0.0, self._next_at - self.now)

    @property
    def now(self) -> float:
        """Seconds by the clock of this pace."""
        return self._monotonic()

    def begin(self) -> float:
        """Count one message as begun; return when, by the clock of this pace."""
        now = self._monotonic()
        # After a pause there is nothing to catch up with.
        self._next_at = max(self._next_at, now) + self._interval
        return now

    def took(self, seconds: float, *, messages: int = 1) -> None:
        """Learn how long each message of a window took, its share of the limit included.

        Of a whole window, for its first message takes a round trip more than the others: told one
        by one, that would keep the next window small, where each message is a first one.
        """
        seconds = max(seconds, self._interval)
        if self._seconds is None or seconds > self._seconds:
            # Slow is believed at once, fast little by little.
            self._seconds = seconds
        else:
            self._seconds += (seconds - self._seconds) * (1 - 0.75**messages)


class Stretch:
    """What goes over one connection between two turns, and how long it takes."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._messages, self._seconds = 0, 0.0
        self._begun_at = self._message_begun_at = pace.now

    @property
    def is_late(self) -> bool:
        """Whether it takes so long that it is better broken off."""
        return self._pace.now > self._begun_at + 2 * WINDOW_SECONDS

    def begin(self) -> None:
        """Count a message as begun."""
        self._message_begun_at = self._pace.begin()

    def went(self) -> None:
        """Count the time until it is through."""
        self._messages += 1
        self._seconds += self._pace.now - self._message_begun_at

    def end(self) -> None:
        """Tell the pace, unless there was nothing, and begin the next one."""
        if self._messages:
            self._pace.took(self._seconds / self._messages, messages=self._messages)
        self._messages, self._seconds = 0, 0.0
        self._begun_at = self._pace.now
