"""What one lane has in flight: what is not begun, and what became of the rest."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic

from newsletter.delivery.in_flight import AnyFlight
from newsletter.delivery.outcomes import Outcome, Untried
from newsletter.delivery.pacing import Pace, Stretch
from newsletter.delivery.road import Turn


class Window(Generic[AnyFlight]):
    """A lane takes from it, and turns (`turns`) fill it up again."""

    def __init__(self, pace: Pace, *, size: Callable[[], int]) -> None:
        """Take how many its lane may have in flight just now: 0 if it takes nothing."""
        self._size = size
        #: In flight by the ledger, and not begun.
        self.flying: deque[AnyFlight] = deque()
        #: Begun, and nobody knows yet what becomes of it.
        self.on_the_wire: AnyFlight | None = None
        #: What became of others, and is not written down yet.
        self.outcomes: list[tuple[AnyFlight, Outcome]] = []
        #: The turn that it takes part in next, or now.
        self.turn: asyncio.Future[Turn[AnyFlight]] | None = None
        #: How many that may bring.
        self._coming = 0
        #: It is filled up once so few are left.
        self._mark = 1
        self.stretch = Stretch(pace)

    @property
    def room(self) -> int:
        """How many more may be put in flight."""
        taken = len(self.flying) + (self.on_the_wire is not None) + self._coming
        return max(0, self._size() - taken)

    @property
    def is_low(self) -> bool:
        """Whether it is time to fill it up."""
        return len(self.flying) <= self._mark and self.turn is None and self.room > 0

    def brings(
        self, turn: asyncio.Future[Turn[AnyFlight]], *, at_most: float
    ) -> tuple[Sequence[tuple[AnyFlight, Outcome]], int]:
        """Join a turn: return what is to be written down, and how many it asks for."""
        outcomes, self.outcomes = self.outcomes, []
        self._coming = max(0, int(min(self.room, at_most)))
        self.turn = turn
        self.stretch.end()
        return outcomes, self._coming

    def gets(self, flying: Sequence[AnyFlight]) -> None:
        """Take what a turn brought."""
        self.flying += flying
        # If less came than was asked for, there is hardly any more just now.
        is_dry = len(flying) < self._coming
        # Else a commit is made while the last quarter goes, and two go while it is made at least.
        self._mark = 1 if is_dry else max(2, len(self.flying) // 4)
        self._coming, self.turn = 0, None
        self.stretch.end()

    def gets_back(self, outcomes: Sequence[tuple[AnyFlight, Outcome]]) -> None:
        """Keep what a turn could not write down; that turn stays, to be asked why."""
        self.outcomes[:0] = outcomes
        self._coming = 0

    def empty(self, outcome: Outcome) -> None:
        """Give back what is not begun, for it has certainly not gone.

        `outcome` is what became of the one begun, if there is one.
        """
        if self.on_the_wire is not None:
            self.outcomes.append((self.on_the_wire, outcome))
            self.on_the_wire = None
        self.outcomes += [(flight, Untried()) for flight in self.flying]
        self.flying.clear()
        self.stretch.end()
