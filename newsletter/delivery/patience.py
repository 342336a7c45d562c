"""How long is waited for the next thing to be heard."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable


class Patience:
    """Ends when nothing has been heard for too long.

    A timer for each answer costs the event loop more than the answer: so one is left to run, and
    set again if it turns out to have been too early.
    """

    def __init__(self, at_its_end: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._at_its_end = at_its_end
        self._ends_at = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> None:
        """Last so long from now on."""
        self._ends_at = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._ends_at:
            self.drop()
            self._timer = self._loop.call_at(self._ends_at, self._look)

    def rest(self) -> None:
        """Last for ever: nobody waits."""
        self._ends_at = math.inf

    def drop(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._loop.time() >= self._ends_at:
            self._at_its_end()
        elif self._ends_at < math.inf:
            self._timer = self._loop.call_at(self._ends_at, self._look)
